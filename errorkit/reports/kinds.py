"""What may be done with a value, decided by its type alone and remembered per type."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from uuid import UUID

MEMO_SIZE = 2048

# The slots of `type` itself: neither a metaclass nor an instance can put its own code in the way.
_bases_of = type.__dict__["__mro__"].__get__
_name_of = type.__dict__["__qualname__"].__get__
_module_of = type.__dict__["__module__"].__get__


class Shape(Enum):
    """How a value is walked; OPAQUE ones are not."""

    TEXT = "text"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    OPAQUE = "opaque"


# Names of the module, because an attribute of an Enum is slow to look up.
TEXT, MAPPING, SEQUENCE, OPAQUE = Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is known about a type. `label` is put around the text of a subclass of a builtin container."""

    shape: Shape
    describe: Callable[[Any], str]
    iterate: Callable[[Any], Iterable[Any]] = iter
    opening: str = ""
    closing: str = ""
    label: str = ""

    def wrap(self, text: str) -> str:
        """Return the text, marked with the name of a subclass."""
        return f"{self.label}({text})" if self.label else text


WALKED: tuple[tuple[type, Shape, Callable[[Any], Iterable[Any]], str, str], ...] = (
    (str, TEXT, iter, "", ""),
    (dict, MAPPING, dict.__iter__, "{", "}"),
    (list, SEQUENCE, list.__iter__, "[", "]"),
    (tuple, SEQUENCE, tuple.__iter__, "(", ")"),
    (set, SEQUENCE, set.__iter__, "{", "}"),
    (frozenset, SEQUENCE, frozenset.__iter__, "frozenset({", "})"),
)
_memo: dict[type, Kind] = {}
_names: dict[type, tuple[str, ...]] = {}


def kind_of(cls: type) -> Kind:
    """Return what may be done with instances of a class, without looking at any."""
    kind = _memo.get(cls)
    if kind is None:
        if len(_memo) >= MEMO_SIZE:
            _memo.clear()
        kind = _memo[cls] = _decide(cls)
    return kind


def type_name(cls: type) -> str:
    """Return `module.Class` of a class, without the module for a builtin."""
    try:
        module, name = _module_of(cls), _name_of(cls)
    except AttributeError:
        return "?"
    if type(module) is not str or module == "builtins":
        return str(name)
    return f"{module}.{name}"


def base_names(cls: type) -> tuple[str, ...]:
    """Return the `type_name` of a class and of all its bases, the nearest first."""
    names = _names.get(cls)
    if names is None:
        if len(_names) >= MEMO_SIZE:
            _names.clear()
        names = _names[cls] = tuple([type_name(base) for base in bases_of(cls)])
    return names


def short_name(cls: type) -> str:
    """Return the qualified name of a class without its module."""
    return str(_name_of(cls))


def module_of(cls: type) -> str:
    """Return the module of a class, the empty text for a builtin."""
    return type_name(cls).removesuffix(short_name(cls)).rstrip(".")


def bases_of(cls: type) -> tuple[type, ...]:
    """Return the method resolution order."""
    bases: tuple[type, ...] = _bases_of(cls)
    return bases


def _decide(cls: type) -> Kind:
    bases, name = bases_of(cls), type_name(cls)
    for base, shape, iterate, opening, closing in WALKED:
        if base in bases:
            return Kind(
                shape=shape,
                describe=lambda _: f"<{name} object>",
                iterate=iterate,
                opening=opening,
                closing=closing,
                label="" if cls is base else name.rpartition(".")[2],
            )
    return Kind(shape=OPAQUE, describe=_describer(cls, bases, name))


def _describer(cls: type, bases: tuple[type, ...], name: str) -> Callable[[Any], str]:
    if type in bases:
        return lambda value: f"<class {type_name(value)}>"
    if cls in {FunctionType, BuiltinFunctionType}:
        return lambda value: f"<function {value.__qualname__}>"
    if cls is MethodType:
        return lambda value: f"<method {_method_name(value)}>"
    if cls is ModuleType:
        return lambda value: f"<module {vars(value).get('__name__', '?')}>"
    if key := primary_key_of(cls):
        return lambda value: _with_key(value, name, key)
    return lambda _: f"<{name} object>"


def _method_name(value: Any) -> str:
    function = value.__func__
    return function.__qualname__ if type(function) is FunctionType else "?"


def primary_key_of(cls: type) -> str:
    """Return the attribute that holds the primary key; the empty text if the class is no model."""
    bases = bases_of(cls)
    if "django.db.models.base.Model" not in base_names(cls):
        return ""
    meta = next((vars(base)["_meta"] for base in bases if "_meta" in vars(base)), None)
    return str(getattr(getattr(meta, "pk", None), "attname", ""))


def _with_key(value: Any, name: str, key: str) -> str:
    """Return `<shop.models.Order pk=17>` from what is loaded already: no descriptor of the model is called."""
    pk = object.__getattribute__(value, "__dict__").get(key)
    known = type(pk) in {int, str, UUID, type(None)}
    return f"<{name} pk={str(pk)[:64]}>" if known else f"<{name} object>"
