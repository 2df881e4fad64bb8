"""Random rotas for the property tests, and short ways to write one down."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from errorkit.oncall.rota import Hours, Layer, Member, Override, Person, Rota
from errorkit.oncall.walltime import zone_of

FIRST = datetime.fromisoformat("2020-01-01")
YEARS = timedelta(days=3653)
# Changes of an hour, of half an hour, of two; at midnight; suspended for Ramadan; a day that never was; no change.
ZONES = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Asuncion",
    "America/Santiago",
    "America/Scoresbysund",
    "Asia/Beirut",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]

people = st.integers(0, 6).map(lambda number: person(f"p{number}"))
walls = st.timedeltas(min_value=timedelta(0), max_value=YEARS).map(
    lambda delta: (FIRST + delta).replace(microsecond=0)
)
instants = walls.map(lambda moment: moment.replace(tzinfo=UTC))
clock_times = st.times().map(lambda value: value.replace(second=0, microsecond=0))
steps = st.one_of(
    st.integers(1, 36).map(lambda count: timedelta(hours=count)),
    st.integers(1, 9).map(lambda count: timedelta(days=count)),
    st.integers(1, 5).map(lambda count: timedelta(weeks=count)),
)
members = st.builds(Member, person=people, left_at=st.none() | instants)
hours = st.builds(
    Hours,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    start=clock_times,
    end=clock_times,
)
layers = st.builds(
    Layer,
    anchor=walls,
    step=steps,
    members=st.lists(members, max_size=5).map(tuple),
    end=st.none() | walls,
    hours=st.none() | hours,
)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    start = draw(instants)
    length = draw(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=20)))
    return Override(start=start, end=start + length, person=draw(people))


rotas = st.builds(
    Rota,
    zone=st.sampled_from(ZONES).map(zone_of),
    layers=st.lists(layers, max_size=3).map(tuple),
    overrides=st.lists(overrides(), max_size=3).map(tuple),
)


def person(name: str) -> Person:
    return Person(user_id=name, label=name.capitalize())


def turns(*names: str, anchor: datetime, step: timedelta, **more: object) -> Layer:
    placed = tuple(Member(person=person(name)) for name in names)
    return Layer(anchor=anchor, step=step, members=placed, **more)


def wall(text: str) -> datetime:
    """Return a wall-clock time: it has no zone."""
    return datetime.fromisoformat(text)


def in_utc(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def nine_to_five() -> Hours:
    return Hours(weekdays=frozenset(range(5)), start=time(9), end=time(17))
