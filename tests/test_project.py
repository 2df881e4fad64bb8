import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command


@pytest.mark.django_db
def test_site_passes_the_checks_when_errorkit_is_installed() -> None:
    call_command("check", fail_level="WARNING")


@pytest.mark.django_db(transaction=True)
def test_database_answers_when_the_run_has_chosen_it() -> None:
    get_user_model().objects.create_user("ada", email="ada@example.com")

    assert get_user_model().objects.get().username == "ada"
