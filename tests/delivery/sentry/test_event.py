import json
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from errorkit.delivery.channels.base import DeliveryContext, IncidentFacts, Result
from errorkit.delivery.channels.sentry import SentryChannel
from errorkit.delivery.channels.sentry.event import build_event
from errorkit.reports.parts import Frame, RaisedException
from tests.delivery.factories import make_report
from tests.servers.receiver import Reply
from tests.servers.sentry import Sentry

CONTEXT = DeliveryContext(
    key="forward:sentry:1",
    alias="sentry",
    purpose="forward",
    transition="opened",
    light_before=4,
    incident=IncidentFacts(
        id=3,
        title="t",
        location="l",
        level="error",
        environment="production",
        status="open",
        generation=1,
        times_seen=9,
        times_light=4,
        first_seen=timezone.now(),
        last_seen=timezone.now(),
        url="https://shop.example/admin/3/",
    ),
)


def test_every_field_arrives_when_a_report_is_forwarded(sentry: Sentry) -> None:
    report = make_report()

    outcome = SentryChannel("sentry", dsn=sentry.dsn).send(report, CONTEXT)

    [envelope] = sentry.accepted
    event = envelope.event
    assert outcome.upstream_id == report.id.hex == event["event_id"]
    assert envelope.headers["event_id"] == report.id.hex
    sent_at = datetime.fromisoformat(envelope.headers["sent_at"])
    assert abs((datetime.now(UTC) - sent_at).total_seconds()) < 60, "now, not when it failed"
    assert event["timestamp"] == "2026-11-20T12:00:00.000000Z"
    assert event["platform"] == "python"
    assert event["level"] == "error"
    assert event["logger"] == "errorkit"
    assert event["transaction"] == "pay/<int:pk>/"
    assert event["server_name"] == "web-1"
    assert event["release"] == "1.4.2"
    assert event["environment"] == "production"
    assert event["user"] == {"id": "7"}
    assert event["sdk"]["name"] == "errorkit.python"
    assert event["tags"]["tenant"] == "north"
    assert event["tags"]["errorkit.incident"] == "3"
    assert event["tags"]["errorkit.reference"] == report.reference
    assert event["tags"]["request_id"] == "0199a0b0c0d0"
    assert event["contexts"]["trace"] == {"trace_id": "a" * 32, "span_id": "b" * 16}
    assert event["contexts"]["response"] == {"status_code": 500}
    assert event["contexts"]["errorkit"]["occurrences_without_details_before"] == 4
    assert event["request"] == {
        "url": "https://shop.example/pay/7/",
        "method": "POST",
        "query_string": "page=2",
        "headers": {"User-Agent": "test"},
        "data": {"amount": "12"},
        "env": {"REMOTE_ADDR": "192.0.2.1"},
    }
    [value] = event["exception"]["values"]
    assert (value["type"], value["value"], value["module"]) == (
        "ZeroDivisionError",
        "division by zero",
        "builtins",
    )
    assert value["mechanism"] == {"type": "errorkit", "handled": False, "exception_id": 0}
    [frame] = value["stacktrace"]["frames"]
    assert frame == {
        "filename": "shop/views.py",
        "abs_path": "/srv/shop/views.py",
        "module": "shop.views",
        "function": "pay",
        "lineno": 12,
        "in_app": True,
        "context_line": "    return total / count",
        "pre_context": ["def pay(request):", "    count = 0"],
        "post_context": [""],
        "vars": {"count": "0", "total": "12"},
    }


def test_oldest_cause_comes_first_when_exceptions_are_chained() -> None:
    report = make_report(
        exceptions=(
            RaisedException(type="A", module="m", message="raised", notes=("a note",)),
            RaisedException(type="B", module="m", message="cause", relation="cause", parent=0),
            RaisedException(type="C", module="m", message="context", relation="context", parent=1),
        )
    )

    values = build_event(report, CONTEXT)["exception"]["values"]

    assert [value["type"] for value in values] == ["C", "B", "A"]
    assert values[2]["value"] == "raised\na note"
    assert values[1]["mechanism"] == {
        "type": "chained",
        "handled": False,
        "exception_id": 1,
        "parent_id": 0,
        "source": "__cause__",
    }


def test_group_is_marked_when_it_has_members() -> None:
    member = RaisedException(type="B", module="m", message="", relation="member", parent=0)
    group = RaisedException(type="ExceptionGroup", module="builtins", message="")
    values = build_event(make_report(exceptions=(group, member)), CONTEXT)["exception"]["values"]

    assert values[1]["mechanism"]["is_exception_group"] is True


def test_both_ends_are_kept_when_a_recursion_has_many_frames() -> None:
    frames = tuple(
        Frame(filename="a.py", module="a", function=f"f{n}", lineno=n, in_app=True)
        for n in range(300)
    )
    raised = RaisedException(type="RecursionError", module="b", message="", frames=frames)
    [value] = build_event(make_report(exceptions=(raised,)), CONTEXT)["exception"]["values"]

    names = [frame["function"] for frame in value["stacktrace"]["frames"]]
    assert (len(names), names[0], names[-1]) == (100, "f0", "f299")


def test_less_is_in_it_when_it_is_trimmed() -> None:
    def text(trim: int) -> str:
        return json.dumps(build_event(make_report(), CONTEXT, trim=trim))

    assert "count" in text(0)
    assert '"vars"' not in text(1)
    assert '"amount"' in text(1)
    assert '"amount"' not in text(2)
    assert "context_line" in text(2)
    assert "context_line" not in text(3)


def test_report_is_trimmed_before_it_leaves_when_it_is_larger_than_sentry_takes(
    sentry: Sentry,
) -> None:
    report = make_report()
    [raised] = report.exceptions
    frame = Frame(
        filename="a.py",
        module="a",
        function="f",
        lineno=1,
        in_app=True,
        locals={"blob": "x" * 1_200_000},
    )
    big = RaisedException(type=raised.type, module="m", message="m", frames=(frame,))

    outcome = SentryChannel("sentry", dsn=sentry.dsn).send(make_report(exceptions=(big,)), CONTEXT)

    assert outcome.result is Result.ACCEPTED
    assert "vars" not in json.dumps(sentry.accepted[0].event)


def test_report_leaves_with_less_when_the_server_said_that_it_was_too_large(
    sentry: Sentry,
) -> None:
    sentry.plan = [Reply(status=413)]
    channel = SentryChannel("sentry", dsn=sentry.dsn)

    assert channel.send(make_report(), CONTEXT).result is Result.TOO_LARGE
    trimmed = DeliveryContext(key="k", alias="sentry", purpose="forward", trim=1)
    channel.send(make_report(), trimmed)

    assert "vars" not in json.dumps(sentry.accepted[0].event)


@pytest.mark.parametrize("text", ["\x00\ud800", "x" * 100_000, "{{ default }}", "\u2028"])
def test_event_is_json_when_text_is_hostile(sentry: Sentry, text: str) -> None:
    raised = RaisedException(type=text[:50], module="m", message=text)
    report = make_report(exceptions=(raised,), tags={text: text}, title=text)

    assert SentryChannel("s", dsn=sentry.dsn).send(report, CONTEXT).result is Result.ACCEPTED
