"""How the site looks on an error page; read from the BRAND setting, never failing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from errorkit.conf import get_config
from errorkit.responses.complaints import complain_once
from errorkit.responses.words import Words

# What may stand in a style element: a colour and nothing that ends the declaration.
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl|oklch|lab|lch|oklab)a?\([0-9.,%/ a-z]{1,64}\)",
    re.IGNORECASE,
)
LINK = re.compile(r"(?:https?://|mailto:|tel:|/)[^\s\"'<>]*", re.IGNORECASE)
IMAGE = re.compile(r"(?:https?://|/|data:image/)[^\s\"'<>]*", re.IGNORECASE)

REWORDABLE = {"heading", "lead", "recorded", "advice", "type"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What a site tells about itself. Every member may be empty.

    `logo` is inline SVG, a data URI or a URL of this site; `colour` and `colour_dark` are CSS colours for light and dark schemes; `texts` maps a
    status (or "default") to `{"heading": ..., "lead": ..., "advice": ...}`, with the URI of a problem's `type` if there is one.
    """

    name: str = ""
    logo: str = ""
    colour: str = ""
    colour_dark: str = ""
    support_email: str = ""
    support_url: str = ""
    status_url: str = ""
    home_url: str = ""
    texts: Mapping[Any, Mapping[str, str]] = field(default_factory=dict, hash=False)

    @property
    def logo_svg(self) -> SafeString:
        """Return the logo as markup where it is inline SVG. It comes from the settings, so it is trusted."""
        return mark_safe(self.logo if self.logo.lstrip().startswith("<svg") else "")  # noqa: S308

    @property
    def logo_url(self) -> str:
        """Return the logo as the source of an image, empty where it is none."""
        return self.logo if IMAGE.fullmatch(self.logo) else ""

    @property
    def contact_url(self) -> str:
        """Return where people reach the site: its mail address, else its page."""
        if self.support_email:
            return f"mailto:{quote(self.support_email, safe='@')}"
        return self.support_url

    @property
    def home(self) -> str:
        """Return where the start page is."""
        return self.home_url or get_script_prefix()

    def reword(self, words: Words, status: int) -> Words:
        """Return the words with the site's own texts laid over them."""
        if not self.texts:
            return words
        for key in ("default", str(status), status):
            own = self.texts.get(key)
            if isinstance(own, Mapping):
                words = replace(words, **{name: str(own[name]) for name in REWORDABLE & set(own)})
        return words


PLAIN = Brand()
ATTRIBUTE = "_errorkit_brand"
_latest: tuple[Mapping[str, Any], Brand] = ({}, PLAIN)


def brand_for(request: HttpRequest) -> Brand:
    """Return the brand of this request, found once; what fails or cannot be used is logged once and left out."""
    known = getattr(request, ATTRIBUTE, None)
    if not isinstance(known, Brand):
        known = _find(request)
        setattr(request, ATTRIBUTE, known)
    return known


def _find(request: HttpRequest) -> Brand:
    setting = get_config().brand
    if not setting:
        return PLAIN
    try:
        if isinstance(setting, str):
            return read_brand(import_string(setting)(request))
        return _read_once(setting)
    except Exception:  # noqa: BLE001 - a site's own callable must not cost the answer
        complain_once("brand", "ERRORKIT['BRAND'] failed; the error page goes out without it.")
        return PLAIN


def _read_once(setting: Mapping[str, Any]) -> Brand:
    """Read a dict when it is first seen: it is the same object until the settings change. Translated values are read each time."""
    global _latest  # noqa: PLW0603 - a cache of one
    if any(isinstance(value, Promise) for value in setting.values()):
        return read_brand(setting)
    if _latest[0] is not setting:
        _latest = (setting, read_brand(setting))
    return _latest[1]


def read_brand(given: Mapping[str, Any]) -> Brand:
    """Return the usable values of a BRAND dict; keys in either case, colour spelt either way."""
    names = {each.name for each in fields(Brand)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = str(key).lower().replace("color", "colour")
        if name in names and _is_usable(name, value):
            values[name] = value if name == "texts" else str(value)
            continue
        complain_once(
            f"brand.{name}", f"ERRORKIT['BRAND'][{key!r}] is not known or cannot be used."
        )
    return Brand(**values)


def _is_usable(name: str, value: object) -> bool:
    if name == "texts":
        return isinstance(value, Mapping)
    text = str(value)
    if name.startswith("colour"):
        return COLOUR.fullmatch(text) is not None
    if name.endswith("_url"):
        return LINK.fullmatch(text) is not None
    return True
