import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import errorkit.guard
from errorkit.models import Occurrence
from errorkit.sweep import sweep
from tests.middleware.views import SECRET

OURS = "errorkit.middleware.ErrorkitMiddleware"


class Answer:
    """What a server would send."""

    def __init__(self, application: Any, path: str = "/fine/", **environ: Any) -> None:
        meta: dict[str, Any] = {"PATH_INFO": path, "HTTP_ACCEPT": "application/json", **environ}
        setup_testing_defaults(meta)
        meta["wsgi.input"] = io.BytesIO()
        self.started: list[Any] = []
        body = application(meta, self.start)
        self.content = b"".join(body)
        body.close()

    def start(self, status: str, headers: list[Any], exc_info: Any = None) -> Any:
        if self.started and exc_info:
            raise exc_info[1]
        assert not self.started
        self.started.append((status, headers))
        return lambda data: None

    @property
    def status(self) -> str:
        return self.started[0][0]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.started[0][1])

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.content)


def guarded() -> Any:
    return errorkit.guard.wsgi(WSGIHandler())


def occurrences() -> int:
    sweep(deliver=False)
    return Occurrence.objects.count()


def test_guard_changes_nothing_when_all_is_well() -> None:
    answer = Answer(guarded())

    assert answer.status == "200 OK"
    assert answer.content.startswith(b"fine ")
    assert occurrences() == 0


@pytest.mark.trap("T1", "T2")
@pytest.mark.parametrize("middleware", [[], [OURS]])
@pytest.mark.parametrize("urlconf", ["tests.no_such_urls", "tests.guard.outside"])
def test_guard_answers_when_urlconf_or_handler500_is_broken(
    settings: Any, urlconf: str, middleware: list[str]
) -> None:
    settings.ROOT_URLCONF = urlconf
    settings.MIDDLEWARE = middleware
    answer = Answer(guarded(), "/fail/")

    assert answer.status == "500 Internal Server Error"
    assert answer.json["reference"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert SECRET.encode() not in answer.content
    assert 1 <= occurrences() <= 2


@pytest.mark.trap("T31")
def test_guard_answers_when_middleware_outside_of_ours_fails(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "tests.guard.outside.sets_a_cookie",
        "tests.guard.outside.fails",
        OURS,
    ]
    answer = Answer(guarded())

    assert answer.status == "500 Internal Server Error"
    assert answer.json["reference"]
    assert answer.headers["X-Outer"] == "kept"
    assert "outer=kept" in answer.headers["Set-Cookie"]
    assert occurrences() == 1


@pytest.mark.trap("T5")
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_guard_answers_400_without_an_incident_when_the_content_type_is_malformed(
    accept: str,
) -> None:
    answer = Answer(guarded(), CONTENT_TYPE="text/html; x*=bogus''%76", HTTP_ACCEPT=accept)

    assert answer.status == "400 Bad Request"
    assert answer.headers["Content-Type"].startswith(accept)
    assert answer.headers["X-Request-ID"]
    assert occurrences() == 0


@pytest.mark.trap("T5")
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(max_codepoint=255), max_size=80) | st.text("text/hml;x*='%=u8 ,\""))
def test_guard_answers_when_the_content_type_is_any_text(content_type: str) -> None:
    answer = Answer(guarded(), CONTENT_TYPE=content_type)

    assert answer.status in {"200 OK", "400 Bad Request"}


@pytest.mark.trap("T12")
def test_guard_ends_the_request_when_it_answers(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.no_such_urls"
    settings.MIDDLEWARE = []
    ended: list[object] = []

    def remember(sender: object, **_: object) -> None:
        ended.append(sender)

    request_finished.connect(remember)
    Answer(guarded())
    request_finished.disconnect(remember)

    assert ended == [WSGIHandler]


def test_guard_lets_the_exception_through_when_the_host_wants_it_to(settings: Any) -> None:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True

    with pytest.raises(ValueError, match=SECRET):
        Answer(guarded(), "/fail/")


@pytest.mark.trap("T20")
def test_guard_lets_exits_through_when_the_process_ends() -> None:
    with pytest.raises(SystemExit):
        Answer(guarded(), "/exits/")


def test_guard_answers_when_the_application_fails_after_it_has_started() -> None:
    def application(environ: Any, start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        raise ValueError(SECRET)

    assert Answer(errorkit.guard.wsgi(application)).json["reference"]


def test_guard_lets_the_exception_through_when_bytes_have_been_sent() -> None:
    def application(environ: Any, start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])(b"half")
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        Answer(errorkit.guard.wsgi(application))


def test_guard_lets_an_application_start_late_when_it_is_a_generator() -> None:
    class Late:
        def __init__(self, environ: Any, start: Any) -> None:
            self.start = start

        def __iter__(self) -> Iterator[bytes]:
            self.start("200 OK", [("Content-Type", "text/plain")])
            yield b"late"

        def close(self) -> None: ...

    answer = Answer(errorkit.guard.wsgi(Late))
    assert (answer.status, answer.content) == ("200 OK", b"late")


def test_guard_keeps_to_the_standard_when_it_is_validated(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.no_such_urls"

    assert Answer(validator(guarded()), QUERY_STRING="", SCRIPT_NAME="").json["reference"]


def test_answer_is_whole_when_the_page_is_asked_for(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.no_such_urls"
    answer = Answer(guarded(), HTTP_ACCEPT="text/html")

    assert re.search(rb'id="errorkit-reference"[^>]*>[0-9A-Z]{5}-[0-9A-Z]{5}<', answer.content)
