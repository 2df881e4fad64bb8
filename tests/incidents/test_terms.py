import pytest

from errorkit.incidents.terms import narrow, person_in, read_terms
from errorkit.models import Incident
from tests.factories import make_exception, make_frame, make_incident, make_report, make_request

BASE = make_frame(module="django.core.handlers.base", function="respond")
OTHER = make_frame(module="shop.other", function="other", filename="x.py", context_line="aXbYc")


def found(text: str) -> list[str]:
    return sorted(narrow(Incident.objects.all(), text).values_list("title", flat=True))


def make(title: str, **values) -> Incident:
    return make_incident(report=make_report(title=title, **values), occurrences=1, title=title)


@pytest.mark.parametrize(
    ("text", "named", "words"),
    [
        ("no basket", (), ("no", "basket")),
        ("type:KeyError basket", (("type", "KeyError"),), ("basket",)),
        ('path:"/a b/" user:7', (("path", "/a b/"), ("user", "7")), ()),
        ("TYPE:KeyError", (("type", "KeyError"),), ()),
        ("KeyError: 'x'", (), ("KeyError:", "'x'")),
        ("http://x", (), ("http://x",)),
        ('type:""', (), ()),
        ("\x00type:\x00", (), ("type:",)),
    ],
    ids=range(8),
)
def test_search_is_taken_apart(text, named, words) -> None:
    terms = read_terms(text)

    assert (terms.named, terms.words) == (named, words)


@pytest.mark.django_db
def test_incident_is_found_by_each_term(django_user_model) -> None:
    ada = django_user_model.objects.create_user("ada")
    make(
        "KeyError: 'cake'",
        user_id=str(ada.pk),
        trace_id="a" * 32,
        request=make_request(path="/orders/7/", route="orders/<int:pk>/"),
    )
    make("ValueError: cake", user_id="999", trace_id="b" * 32)
    Incident.objects.filter(title__startswith="KeyError").update(
        environment="staging", last_release="2.0"
    )

    for text in (
        "type:KeyError",
        "type:keyerror cake",
        "path:/orders/",
        'path:"<int:pk>"',
        "user:ada",
        f"user:{ada.pk}",
        "release:2.0",
        "env:staging",
        f"trace:{'A' * 32}",
    ):
        assert found(text) == ["KeyError: 'cake'"], text
    assert found("cake") == ["KeyError: 'cake'", "ValueError: cake"]
    assert found("type:KeyError user:999") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["total = basket.total", 'print("grün")', "GRÜN", "a_b%c", "bask", "checkout", "handlers.base"],
)
def test_words_are_found_in_the_newest_traceback_by_whoever_sees_the_incident(text) -> None:
    line = '    total = basket.total; print("grün", a_b%c)'
    make("KeyError", exceptions=(make_exception(frames=(make_frame(context_line=line), BASE)),))
    make("ValueError", exceptions=(make_exception(frames=(OTHER,)),), location="shop.other")

    assert found(text) == ["KeyError"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["hunter2", "secret", "asket"])
def test_words_are_not_found_in_local_variables_headers_or_the_middle_of_words(text) -> None:
    frame = make_frame(locals={"secret": "hunter2"})
    request = make_request(headers={"X-Secret": "hunter2"}, body={"secret": "hunter2"})
    make("KeyError", exceptions=(make_exception(frames=(frame,)),), request=request)

    assert found(text) == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["%", "\\", "'", '"', "type:%", "user:\\", "path:'", "trace:x"])
def test_search_finds_nothing_it_should_not_when_the_text_is_odd(text) -> None:
    make("KeyError")

    assert found(text) == []


@pytest.mark.django_db
def test_search_asks_few_questions(django_assert_max_num_queries) -> None:
    make("KeyError")

    with django_assert_max_num_queries(8):
        found("type:KeyError path:/ user:ada trace:x basket")


@pytest.mark.django_db
def test_person_is_found_by_id_when_people_log_in_by_a_number(
    monkeypatch, django_user_model
) -> None:
    monkeypatch.setattr(django_user_model, "USERNAME_FIELD", "id")
    make("KeyError", user_id="ada")

    assert found("user:ada") == ["KeyError"]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("user:ada", "ada"),
        ('user:"ada lovelace"', "ada lovelace"),
        ("ada@example.com", "ada@example.com"),
        ("user:ada type:KeyError", ""),
        ("user:ada cake", ""),
        ("type:KeyError", ""),
        ("cake", ""),
        ("", ""),
    ],
)
def test_person_is_known_when_a_search_asks_for_nothing_else(text, person) -> None:
    assert person_in(text) == person
