import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errorkit.reports.parts import Frame, RaisedException, RequestSnapshot
from errorkit.reports.report import Report

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FRAMES = st.builds(
    Frame,
    filename=TEXT,
    module=TEXT,
    function=TEXT,
    lineno=st.integers(0, 10**6),
    in_app=st.booleans(),
    context_line=TEXT,
    pre_context=st.lists(TEXT, max_size=2).map(tuple),
    locals=st.none() | st.dictionaries(TEXT, TEXT, max_size=3),
)
EXCEPTIONS = st.builds(
    RaisedException,
    type=TEXT,
    module=TEXT,
    message=TEXT,
    parent=st.none() | st.integers(0, 9),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    frames=st.lists(FRAMES, max_size=3).map(tuple),
)
REPORTS = st.builds(
    Report,
    id=st.uuids(),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
    kind=st.sampled_from(["request", "task"]),
    fingerprint=TEXT,
    title=TEXT,
    location=TEXT,
    environment=TEXT,
    status=st.none() | st.integers(400, 599),
    fingerprint_parts=st.lists(TEXT, max_size=3).map(tuple),
    exceptions=st.lists(EXCEPTIONS, max_size=2).map(tuple),
    request=st.none()
    | st.builds(
        RequestSnapshot, method=TEXT, path=TEXT, headers=st.dictionaries(TEXT, TEXT), body=JSON
    ),
    context=st.dictionaries(TEXT, JSON, max_size=3),
    tags=st.dictionaries(TEXT, TEXT, max_size=3),
)
OLDEST = {
    "id": "0190163d-8694-739b-aea5-966c26f8ad91",
    "occurred_at": "2026-01-02T03:04:05+00:00",
    "kind": "request",
    "fingerprint": "v1:00",
    "title": "ValueError: no",
    "location": "shop.views.buy",
    "environment": "production",
}


@given(REPORTS)
def test_report_comes_back_the_same_when_read_from_json(report: Report) -> None:
    text = report.to_json()

    assert text.isascii()
    assert Report.from_json(text) == report


def test_report_gets_defaults_when_an_older_version_wrote_less() -> None:
    report = Report.from_json(json.dumps(OLDEST))

    assert report.id == UUID(str(OLDEST["id"]))
    assert report.occurred_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (report.exceptions, report.request, report.tags, report.v) == ((), None, {}, 1)


def test_report_is_read_as_far_as_understood_when_a_newer_version_wrote_more() -> None:
    frame = {
        "filename": "a.py",
        "module": "a",
        "function": "f",
        "lineno": 1,
        "in_app": True,
        "column": 3,
    }
    raised = {"type": "E", "module": "m", "message": "x", "frames": [frame], "code": 7}
    newer = {
        **OLDEST,
        "v": 2,
        "exceptions": [raised],
        "request": {"method": "GET", "path": "/", "http": 3},
        "mood": "bad",
    }

    report = Report.from_json(json.dumps(newer))

    assert report.v == 2
    assert report.exceptions[0].frames[0].function == "f"
    assert report.request == RequestSnapshot(method="GET", path="/")


@pytest.mark.parametrize(
    "newer",
    [
        {"locals": {"total": {"type": "int", "text": "80"}}},
        {"locals": ["total", "80"]},
        {"locals": {"total": 80}},
        {"filename": {"path": "a.py"}},
        {"pre_context": [["def f():", "keyword"]]},
    ],
    ids=["nested", "list", "number", "filename", "coloured"],
)
def test_report_is_written_again_when_a_newer_version_wrote_more_than_texts(
    newer: dict[str, object],
) -> None:
    frame = {"filename": "a.py", "module": "a", "function": "f", "lineno": 1, "in_app": True}
    raised = {"type": "E", "module": "m", "message": "x", "frames": [{**frame, **newer}]}
    report = Report.from_json(json.dumps({**OLDEST, "exceptions": [raised]}))

    [again] = report.to_plain()["exceptions"][0]["frames"]

    assert {name: again[name] for name in newer} == newer
    assert Report.from_json(report.to_json()).exceptions[0].frames[0].function == "f"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "7",
        '{"id": "x"}',
        json.dumps({**OLDEST, "exceptions": 7}),
        json.dumps({**OLDEST, "request": [1]}),
    ],
    ids=["empty", "null", "list", "none", "number", "id", "exceptions", "request"],
)
def test_value_error_is_raised_when_the_text_is_no_report(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Report.from_json(text)
