"""Whatever a report holds, the event keeps to the schema and the sizes."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from errorkit.delivery.channels.base import DeliveryContext
from errorkit.delivery.channels.sentry.event import TRIM_LEVELS, build_event
from errorkit.reports.parts import Frame, RaisedException
from tests.delivery.factories import make_report
from tests.delivery.sentry.relay import complaints
from tests.delivery.sentry.schema import EVENT

CONTEXT = DeliveryContext(key="k", alias="sentry", purpose="forward", transition="opened")
VALIDATOR = jsonschema.Draft7Validator(EVENT)
text = st.text(max_size=60)
frames = st.builds(
    Frame,
    filename=text,
    module=text,
    function=text,
    lineno=st.integers(0, 10_000),
    in_app=st.booleans(),
    context_line=text,
    pre_context=st.tuples(text),
    post_context=st.tuples(text),
    locals=st.none() | st.dictionaries(text, text, max_size=3),
)
exceptions = st.builds(
    RaisedException,
    type=text,
    module=text,
    message=text,
    relation=st.sampled_from(["cause", "context", "member"]),
    parent=st.just(0),
    notes=st.tuples(text),
    frames=st.lists(frames, max_size=3).map(tuple),
)


@given(
    values=st.fixed_dictionaries(
        {
            "title": text,
            "location": text,
            "release": text,
            "environment": text,
            "server": text,
            "request_id": text,
            "user_id": text,
            "level": st.sampled_from(["fatal", "error", "warning", "info"]),
            "tags": st.dictionaries(text, text, max_size=4),
            "context": st.dictionaries(
                text, st.none() | text | st.dictionaries(text, text, max_size=2), max_size=3
            ),
            "exceptions": st.lists(exceptions, max_size=3).map(tuple),
        }
    ),
    trim=st.integers(0, TRIM_LEVELS),
)
# Not shrunk: validating is slow, and what was found is small anyway.
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_event_keeps_to_the_schema_when_texts_are_arbitrary(
    values: dict[str, Any], trim: int
) -> None:
    event = build_event(make_report(**values), CONTEXT, trim=trim)

    VALIDATOR.validate(event)
    assert complaints(event) == []
    json.dumps(event, allow_nan=False)


@pytest.mark.parametrize("request_", [None, "a request"])
def test_event_keeps_to_the_schema_when_there_is_a_request_or_none(request_: str | None) -> None:
    report = make_report() if request_ else make_report(request=None, trace_id="", span_id="")

    event = build_event(report, CONTEXT)

    VALIDATOR.validate(event)
    assert complaints(event) == []
