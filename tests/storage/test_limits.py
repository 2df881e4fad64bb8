from collections import Counter

from errorkit.conf import Limits
from errorkit.storage.limits import MOST_BUCKETS, Gauge, Size


def sizes(gauge: Gauge, count: int, *, fingerprint: str = "a", at: float = 0.0) -> list[Size]:
    return [gauge.weigh(fingerprint, at) for _ in range(count)]


def make_gauge(**limits: float) -> Gauge:
    return Gauge(Limits(**limits), 0.0)  # type: ignore[arg-type]


def test_gauge_keeps_all_in_full_when_within_the_rates() -> None:
    gauge = make_gauge(per_fingerprint=5, burst=20)

    assert set(sizes(gauge, 20)) == {Size.FULL}
    assert set(sizes(gauge, 5, at=1.0)) == {Size.FULL}


def test_gauge_keeps_powers_of_two_when_one_fingerprint_storms() -> None:
    gauge = make_gauge(per_fingerprint=0, burst=0)

    kept = [number for number, size in enumerate(sizes(gauge, 100), 1) if size is Size.FULL]

    assert kept == [1, 2, 4, 8, 16, 32, 64]


def test_gauge_keeps_one_a_minute_when_the_storm_lasts() -> None:
    gauge = make_gauge(per_fingerprint=0, burst=0)
    sizes(gauge, 1000)

    kept = Counter(gauge.weigh("a", 1.0 + second).value for second in range(300))

    # 1024 is a power of two as well.
    assert kept["full"] == 5
    assert kept["light"] == 295


def test_gauge_bounds_new_fingerprints_when_everything_is_new() -> None:
    gauge = make_gauge(per_fingerprint=0, burst=0, new_fingerprints_per_minute=30)

    first = Counter(gauge.weigh(f"a{number}", 0.0) for number in range(100))
    later = Counter(gauge.weigh(f"b{number}", 60.0) for number in range(100))

    assert first == {Size.FULL: 30, Size.LIGHT: 70}
    assert later == {Size.FULL: 30, Size.LIGHT: 70}


def test_gauge_bounds_the_process_when_many_fingerprints_storm() -> None:
    gauge = make_gauge(per_process=10, new_fingerprints_per_minute=0)

    kept = Counter(gauge.weigh(f"{number}", 0.0) for number in range(50))

    assert kept == {Size.FULL: 10, Size.LIGHT: 40}


def test_gauge_only_counts_when_over_the_hourly_rows() -> None:
    gauge = make_gauge(rows_per_hour=10)

    assert Counter(sizes(gauge, 15)) == {Size.FULL: 10, Size.COUNT: 5}
    assert gauge.weigh("a", 3601.0) is Size.FULL


def test_gauge_forgets_the_least_recent_when_it_knows_too_many() -> None:
    gauge = make_gauge()

    for number in range(MOST_BUCKETS + 500):
        gauge.weigh(str(number), 0.0)

    assert len(gauge._known) == MOST_BUCKETS
