"""Where a frame is: what is the same for every call of a code object, worked out once."""

import re
import sysconfig
from dataclasses import dataclass
from types import CodeType, FrameType

from errorkit.conf import InApp

MEMO_SIZE = 4096
UNNAMED = frozenset({"<locals>", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})
WRAPPERS = frozenset(
    [
        "wrapper",
        "_wrapper",
        "wrapped",
        "_wrapped",
        "wrapped_view",
        "_wrapped_view",
        "inner",
        "_inner",
        "wrap",
        "decorated",
    ]
)
NODE_MODULE, NODE_METHOD = "django.template.base", "render_annotated"
SOME_STDLIB = re.compile(r"/lib(?:64)?/python3\.\d+/")
LIBRARY_FOLDERS = ("/site-packages/", "/dist-packages/")
# Our own middleware stands in the tracebacks of a site that runs errorkit from a checkout.
NEVER_IN_APP = ("errorkit",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One code object in one module.

    `function` is the qualified name; `key` names the code in fingerprints. `stdlib` tells the standard library (and generated code) from a
    library; `is_wrapper` says that this looks like the closure that a decorator makes, `is_template` that this is a line of a template,
    `is_template_node` that this code renders one.
    """

    module: str
    function: str
    filename: str
    abs_path: str
    in_app: bool
    stdlib: bool
    key: str

    is_wrapper: bool
    is_template: bool = False
    is_template_node: bool = False


# By the id of the code object, which is kept so that the id stays its own: the hash of a code object is slow.
_memo: dict[tuple[int, int], tuple[CodeType, InApp, Place]] = {}


def place_of(frame: FrameType, rule: InApp) -> Place:
    """Return where a frame is, by the IN_APP rule."""
    code = frame.f_code
    known = _memo.get((id(code), id(rule)))
    if known is not None:
        return known[2]
    if len(_memo) >= MEMO_SIZE:
        _memo.clear()
    place = _locate(code, _module_of(frame), rule)
    _memo[(id(code), id(rule))] = (code, rule, place)
    return place


def _module_of(frame: FrameType) -> str:
    name = dict.get(frame.f_globals, "__name__")
    return name[:200] if type(name) is str else "?"


def _locate(code: CodeType, module: str, rule: InApp) -> Place:
    path = code.co_filename
    return describe(module, code.co_qualname, path, rule, stdlib=_is_stdlib(path))


def describe(module: str, function: str, path: str, rule: InApp, *, stdlib: bool) -> Place:
    """Return the place of a function, by its qualified name."""
    name = function.rpartition(".")[2]
    return Place(
        module=module,
        function=function[:200],
        filename=_short(path, module),
        abs_path=path[:512],
        in_app=is_in_app(module, path, rule, stdlib=stdlib),
        stdlib=stdlib,
        key=f"{module}.{_plain_name(function)}"[:300],
        is_wrapper=name in WRAPPERS and "<locals>" in function,
        is_template_node=name == NODE_METHOD and module == NODE_MODULE,
    )


def _plain_name(function: str) -> str:
    """Return a qualified name that Python 3.11 and 3.12 agree on: comprehensions have frames of their own in the former only (PEP 709)."""
    segments = [each for each in function.split(".") if each not in UNNAMED]
    return ".".join(segments) or "<module>"


def is_in_app(module: str, path: str, rule: InApp, *, stdlib: bool) -> bool:
    """Tell whether code is the site's own: the longest module prefix of the rule decides, else where its file lies."""
    included = _longest(module, rule.include)
    excluded = _longest(module, rule.exclude + NEVER_IN_APP)
    if included or excluded:
        return included > excluded
    return not stdlib and not any(folder in path for folder in LIBRARY_FOLDERS)


def _longest(module: str, prefixes: tuple[str, ...]) -> int:
    return max(
        (
            len(prefix)
            for prefix in prefixes
            if module == prefix or module.startswith(prefix.removesuffix(".") + ".")
        ),
        default=0,
    )


def _is_stdlib(path: str) -> bool:
    if path.startswith("<"):
        return True
    return path.startswith(STDLIB) and not any(folder in path for folder in LIBRARY_FOLDERS)


def was_stdlib(path: str) -> bool:
    """Tell whether code was the standard library's, on whichever Python a report was made."""
    library = any(folder in path for folder in LIBRARY_FOLDERS)
    return _is_stdlib(path) or (not library and SOME_STDLIB.search(path) is not None)


def _short(path: str, module: str) -> str:
    """Return the path from the top package on: `shop/views.py`."""
    parts = path.replace("\\", "/").split("/")
    depth = module.count(".") + 1 + (parts[-1] == "__init__.py")
    return "/".join(parts[-depth:])[-200:]


STDLIB = tuple(f"{sysconfig.get_path(name).rstrip('/')}/" for name in ("stdlib", "platstdlib"))
