import re
from pathlib import Path

from tests.traps import TRAPS

MARKER = re.compile(r"mark\.trap\(([^)]*)\)")


def test_every_trap_has_a_test_when_tests_name_what_they_stand_for() -> None:
    named = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        for names in MARKER.findall(path.read_text()):
            named |= set(re.findall(r'"(T\d+)"', names))

    assert named == set(TRAPS)
    assert list(TRAPS) == [f"T{number}" for number in range(1, 65)]
