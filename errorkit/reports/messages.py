"""The text of an exception, got without trusting it."""

from types import WrapperDescriptorType
from typing import Any

from errorkit.reports.kinds import Shape, bases_of, kind_of
from errorkit.reports.names import Names
from errorkit.reports.plain import PLAIN
from errorkit.reports.values import CUT, ValueWriter

LIMIT = 4096
MOST_NOTES = 10

_args_of = BaseException.__dict__["args"].__get__


def message_of(exc: BaseException) -> str:
    """Return what `str(exc)` says, cut to 4,096 characters; never raises.

    Where `str` is that of a builtin exception and an argument is no plain value, the arguments are shown by type instead: `str` would call
    their code, and that of a QuerySet asks the database.
    """
    try:
        text = str(exc) if _is_safe(exc) else _arguments(exc)
    except Exception as error:  # noqa: BLE001 - the text is the host's code, and may fail in any way
        return f"<{type(error).__name__} in __str__>"
    if type(text) is not str or len(text) > LIMIT:
        text = str.__getitem__(text, slice(LIMIT))
        return text + CUT if len(text) == LIMIT else text
    return text


def _is_safe(exc: BaseException) -> bool:
    writer = next(vars(base)["__str__"] for base in bases_of(type(exc)) if "__str__" in vars(base))
    if type(writer) is not WrapperDescriptorType:
        # The class has its own way to say what happened, and it is the only one who knows.
        return True
    return all(
        type(each) in PLAIN or kind_of(type(each)).shape is Shape.TEXT for each in _args_of(exc)
    )


def _arguments(exc: BaseException) -> str:
    writer = ValueWriter(Names(), lambda _: None)
    arguments: tuple[Any, ...] = _args_of(exc)
    return ", ".join(
        [each[:LIMIT] if type(each) is str else writer.write(each) for each in arguments[:10]]
    )


def notes_of(exc: BaseException) -> tuple[str, ...]:
    """Return the notes that were added (PEP 678), at most ten."""
    notes = getattr(exc, "__dict__", {}).get("__notes__")
    if type(notes) is not list:
        return ()
    return tuple(note[:LIMIT] for note in notes[:MOST_NOTES] if type(note) is str)
