from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from errorkit.incidents import overview
from errorkit.incidents.history import whole_hour
from errorkit.incidents.overview import look_over
from errorkit.models import HourlyCount
from tests.factories import make_incident

HOURS = st.dictionaries(
    st.integers(0, 23), st.sampled_from([1, 1, 1, 2, 3, 40]), min_size=1, max_size=24
)


class TestTop(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(HOURS, min_size=1, max_size=20), st.integers(10, 14))
    def test_the_ten_seen_most_are_shown_whatever_their_hours(
        self, histories: list[dict[int, int]], candidates: int
    ) -> None:
        now = timezone.now()
        sums: Counter[int] = Counter()
        for hours in histories:
            incident = make_incident()
            sums[incident.pk] = sum(hours.values())
            HourlyCount.objects.bulk_create(
                HourlyCount(
                    incident=incident, hour=whole_hour(now) - timedelta(hours=back), count=count
                )
                for back, count in hours.items()
            )

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(overview, "CANDIDATES", candidates)
            top = look_over(now=now).top

        expected = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:10]
        assert [(each.incident.pk, each.count) for each in top] == expected


@pytest.mark.django_db
def test_hours_with_one_failure_count_when_they_decide() -> None:
    now = timezone.now()
    names = {}
    for number in range(12):
        names[number] = make_incident()
        hours = range(24) if number < 2 else range(1)
        count = 1 if number < 2 else 20
        HourlyCount.objects.bulk_create(
            HourlyCount(
                incident=names[number],
                hour=whole_hour(now) - timedelta(hours=back),
                count=count,
            )
            for back in hours
        )

    top = look_over(now=now).top

    assert [(each.incident, each.count) for each in top[:3]] == [
        (names[0], 24),
        (names[1], 24),
        (names[2], 20),
    ]
