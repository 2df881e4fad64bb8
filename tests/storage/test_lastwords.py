from django.test import override_settings

from errorkit.models.occurrence import columns_of
from errorkit.storage.lastwords import LIMIT, line_of, read
from tests.factories import make_report, make_request


def test_line_is_read_back_when_a_log_has_prefixed_it() -> None:
    report = make_report(title="Größe: 😀")
    line = line_of(columns_of(report)).decode()

    [row] = read(
        ["unrelated\n", f"2026-11-20T12:00:00Z web-1 | {line}", 'errorkit-report {"id": 1}']
    )

    assert (row.id, row.title, row.full) == (report.id, report.title, False)
    assert row.occurred_at == report.occurred_at
    assert row.request_id == report.request_id


def test_line_is_one_short_write_when_every_text_is_as_long_as_can_be() -> None:
    letters = "😀" * 1000
    report = make_report(
        title=letters,
        location=letters,
        user_label=letters,
        request=make_request(path=letters, route=letters),
    )

    line = line_of(columns_of(report))

    assert len(line) <= LIMIT
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert [row.id for row in read([line.decode()])] == [report.id]


@override_settings(USE_TZ=False)
def test_time_is_naive_when_the_site_has_no_time_zones() -> None:
    line = line_of(columns_of(make_report())).decode()

    [row] = read([line])

    assert row.occurred_at.tzinfo is None
