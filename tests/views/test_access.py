from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["ack/x/", "shifts/x.ics", "feedback/", "health/", "metrics/", "api/incidents/"]
)
def test_nobody_is_sent_to_a_login_page_when_the_site_wants_everybody_logged_in(
    settings: Any, path: str
) -> None:
    settings.ROOT_URLCONF = "tests.views.urls"
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert Client().get("/fine/").status_code == 302
    assert not 300 <= Client().get(f"/errors/{path}").status_code < 400
