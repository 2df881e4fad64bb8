import pytest

from errorkit.reports.causes import FAMILIES, family_of
from tests.factories import make_exception, make_report


def name_of(*chain: tuple[str, str]) -> str | None:
    exceptions = tuple(make_exception(type=kind, message=message) for kind, message in chain)
    family = family_of(make_report(exceptions=exceptions))
    return family.name if family else None


@pytest.mark.parametrize(
    ("kind", "message", "family"),
    [
        ("OSError", "[Errno 28] No space left on device", "disk"),
        ("OperationalError", "no such table: shop_order", "migration"),
        ("ProgrammingError", 'relation "shop_order" does not exist', "migration"),
        ("OperationalError", "connection to server failed: Connection refused", "database"),
        ("IntegrityError", "UNIQUE constraint failed", "integrity"),
        ("ImproperlyConfigured", "Set the SECRET_KEY", "setting"),
        ("TimeoutError", "", "timeout"),
        ("ReadTimeout", "", "timeout"),
        ("ConnectionRefusedError", "[Errno 111]", "connection"),
        ("PermissionError", "[Errno 13]", "permission"),
        ("AttributeError", "'NoneType' object has no attribute 'name'", "none"),
        ("TypeError", "'NoneType' object is not subscriptable", "none"),
        ("TypeError", "unsupported operand", None),
        ("TemplateDoesNotExist", "a.html", "template"),
        ("RecursionError", "maximum recursion depth exceeded", "resources"),
        ("KeyError", "'cake'", None),
    ],
)
def test_family_is_told_from_type_and_message(kind, message, family) -> None:
    assert name_of((kind, message)) == family


def test_deepest_exception_decides_when_there_is_a_chain() -> None:
    assert (
        name_of(("PaymentError", "no"), ("TimeoutError", ""), ("OSError", "[Errno 28]")) == "disk"
    )
    assert name_of(("TimeoutError", ""), ("KeyError", "'x'")) == "timeout"


def test_nothing_is_told_when_there_is_no_exception() -> None:
    assert name_of() is None


def test_each_family_has_a_name_of_its_own_and_steps() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert all(family.steps for family in FAMILIES)
