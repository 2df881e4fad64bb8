"""Calls of Django's template nodes, shown as the lines of the template that they render."""

from types import FrameType
from typing import Any

from errorkit.conf import InApp
from errorkit.reports.kinds import bases_of
from errorkit.reports.places import Place, is_in_app

MODULE = "template"


def template_call(frame: FrameType, rule: InApp) -> tuple[Place, int] | None:
    """Return the template and the line that a frame of `Node.render_annotated` renders, None if they cannot be told.

    Everything is read from instance dicts, so that nothing of the host's is called.
    """
    members = _members(frame.f_locals.get("self"))
    origin = _members(members.get("origin"))
    path = _text(origin.get("name"), 512)
    name = _text(origin.get("template_name"), 200) or path[:200]
    lineno = _slot(members.get("token"), "lineno")
    if not path or type(lineno) is not int:
        return None
    return template_place(name, path, rule), lineno


def template_place(name: str, path: str, rule: InApp) -> Place:
    """Return the place of a template."""
    return Place(
        module=MODULE,
        function=name,
        filename=name,
        abs_path=path,
        # A template without a file was made from a text, by the site.
        in_app=is_in_app(MODULE, path, rule, stdlib=False),
        stdlib=False,
        key=f"{MODULE} {name}",
        is_wrapper=False,
        is_template=True,
    )


def _text(value: Any, limit: int) -> str:
    """Return a text that may be a SafeString, as the name of an included template is."""
    return str.__getitem__(value, slice(limit)) if str in bases_of(type(value)) else ""


def _members(holder: Any) -> dict[str, Any]:
    try:
        members = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return {}
    return members if type(members) is dict else {}


def _slot(holder: Any, name: str) -> Any:
    """Return an attribute that older versions of Django keep in the instance's dict and newer ones in a slot."""
    try:
        return object.__getattribute__(holder, name)
    except AttributeError:
        return None
