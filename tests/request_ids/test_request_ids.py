import contextvars
import logging
import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import RequestFactory, override_settings

from errorkit import request_ids
from errorkit.request_ids import RequestIDFilter, choose_request_id, is_request_id, make_request_id

SENT = "edge-7f0c2b6e9d1a"


def choose(peer: str, sent: str = SENT) -> str:
    return choose_request_id(RequestFactory().get("/", HTTP_X_REQUEST_ID=sent, REMOTE_ADDR=peer))


def test_request_id_is_ours_when_no_peer_is_trusted() -> None:
    chosen = choose("127.0.0.1")

    assert chosen != SENT
    assert len(chosen) == 32
    assert int(chosen, 16)


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [
        (["10.0.0.0/8"], "10.1.2.3"),
        (["10.1.2.3"], "10.1.2.3"),
        (["10.1.2.3/8"], "10.9.9.9"),
        (["2001:db8::/32"], "2001:db8::1"),
        (["10.0.0.0/8"], "::ffff:10.1.2.3"),
        (["*"], "203.0.113.9"),
        (["*"], ""),
        (["unix"], ""),
        (["typo", "10.0.0.0/8"], "10.1.2.3"),
    ],
)
def test_request_id_is_the_peers_when_it_is_trusted(trusted: list[str], peer: str) -> None:
    with override_settings(ERRORKIT={"TRUSTED_REQUEST_ID_PROXIES": trusted}):
        assert choose(peer) == SENT


@pytest.mark.trap("T42")
@pytest.mark.parametrize(
    ("trusted", "peer"),
    [
        (["10.0.0.0/8"], "203.0.113.9"),
        (["10.0.0.0/8"], ""),
        (["10.0.0.0/8"], "not an address"),
        (["unix"], "10.0.0.1"),
        (["typo"], "10.0.0.1"),
    ],
)
def test_request_id_is_ours_when_the_peer_is_not_trusted(trusted: list[str], peer: str) -> None:
    with override_settings(ERRORKIT={"TRUSTED_REQUEST_ID_PROXIES": trusted}):
        assert choose(peer) != SENT


@pytest.mark.trap("T40", "T41")
@pytest.mark.parametrize(
    "sent",
    [
        "",
        "short",
        "a" * 129,
        "two,joined-headers",
        "line\r\nSet-Cookie: a=b",
        "trailing-newline\n",
        "nul\x00in-the-middle",
        "escape\x1b[31m-red",
        "ünïcödé-identifier",
        "-starts-with-a-hyphen",
        "sp ace-in-the-middle",
        "٣٣٣٣٣٣٣٣٣",
    ],
)
def test_request_id_is_ours_when_the_trusted_peers_is_malformed(sent: str) -> None:
    with override_settings(ERRORKIT={"TRUSTED_REQUEST_ID_PROXIES": ["*"]}):
        chosen = choose("127.0.0.1", sent)

    assert chosen != sent
    assert is_request_id(chosen)


def test_request_id_reads_no_header_when_it_is_switched_off() -> None:
    with override_settings(
        ERRORKIT={"TRUSTED_REQUEST_ID_PROXIES": ["*"], "REQUEST_ID_HEADER": None}
    ):
        assert choose("127.0.0.1") != SENT


def record(**extra: object) -> logging.LogRecord:
    line = logging.LogRecord("app", logging.INFO, __file__, 1, "hello", None, None)
    line.__dict__.update(extra)
    assert RequestIDFilter().filter(line)
    return line


@pytest.mark.trap("T45")
def test_filter_writes_placeholders_when_no_request_is_running() -> None:
    line = contextvars.Context().run(record)

    assert (line.request_id, line.reference) == ("-", "-")  # type: ignore[attr-defined]


def test_filter_writes_both_ids_when_a_failed_request_is_running() -> None:
    token = request_ids.bind(SENT)
    # As capture does it from a thread that runs in a copy of the context.
    contextvars.copy_context().run(request_ids.set_reference, "ABCDE-12345")
    line = record()
    request_ids.unbind(token)

    assert (line.request_id, line.reference) == (SENT, "ABCDE-12345")  # type: ignore[attr-defined]


def test_filter_takes_the_id_from_the_records_request_when_django_logs_after_the_middleware() -> (
    None
):
    request = RequestFactory().get("/")
    request.request_id = SENT  # type: ignore[attr-defined]

    assert record(request=request).request_id == SENT  # type: ignore[attr-defined]


def test_filter_leaves_the_hosts_own_value_when_the_record_has_one() -> None:
    assert record(request_id="theirs").request_id == "theirs"  # type: ignore[attr-defined]


def test_unbind_restores_the_outer_id_when_bindings_are_nested() -> None:
    outer = request_ids.bind("outer-request")
    inner = request_ids.bind("inner-task")
    request_ids.unbind(inner)
    restored = request_ids.get_request_id()
    request_ids.unbind(outer)

    assert restored == "outer-request"


def test_unbind_forgets_the_id_when_the_token_is_of_another_context() -> None:
    token = contextvars.copy_context().run(request_ids.bind, "other-context")
    request_ids.unbind(token)

    assert request_ids.get_request_id() is None


def test_set_reference_does_nothing_when_no_request_is_running() -> None:
    contextvars.Context().run(request_ids.set_reference, "ABCDE-12345")


def test_no_request_id_is_given_twice_when_threads_take_many_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = [
            each
            for some in pool.map(lambda _: [make_request_id() for _ in range(1_000)], range(8))
            for each in some
        ]

    assert len(set(found)) == 8_000
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_request_ids_differ_when_a_process_was_forked() -> None:
    make_request_id()  # the block is there, as it is after a preload
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, make_request_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        os.close(write)
        theirs = said.read()

    assert len(theirs) == 32
    assert theirs not in {make_request_id() for _ in range(300)}
