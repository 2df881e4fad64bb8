"""Where the templates of an error answer come from: the project's engines, and one of our own that nothing can break."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.signals import setting_changed
from django.template import Context, Engine, TemplateDoesNotExist, engines, loader
from django.template import Template as DjangoTemplate
from django.template.backends.base import BaseEngine
from django.template.backends.django import DjangoTemplates
from django.template.loader_tags import ExtendsNode
from django.template.loaders.cached import Loader as CachedLoader

from errorkit.responses.complaints import complain_once

PACKAGED = Path(__file__).resolve().parent.parent / "templates"
# Loaders name the folder as it was imported, which may lead through a link.
OURS = tuple(
    f"{folder}{os.sep}" for folder in (PACKAGED, Path(__file__).parent.parent / "templates")
)
LIBRARIES = {"i18n": "django.templatetags.i18n"}

# Names that no template of the project has.
_absent: set[str] = set()


class Template(Protocol):
    """What Django's and Jinja2's templates have in common."""

    def render(self, context: dict[str, Any]) -> str:
        """Return the text."""


def names_for(status: int) -> list[str]:
    """Return the names to look for, first things first."""
    return [f"errorkit/{status}.html", f"errorkit/{status // 100}xx.html", "errorkit/error.html"]


def has_own(status: int) -> bool:
    """Return whether the project has a template of its own for this status."""
    return any(find_own(name) is not None for name in names_for(status))


def is_there(name: str) -> bool:
    """Return whether there is a template of this name, one that cannot be loaded included."""
    try:
        loader.get_template(name)
    except TemplateDoesNotExist:
        return False
    except Exception:  # noqa: BLE001 - a syntax error, or no usable engine at all
        return True
    return True


def find_own(name: str) -> Template | None:
    """Return the project's template of this name, None where there is none or only the packaged one."""
    if name in _absent:
        return None
    try:
        template = loader.get_template(name)
    except TemplateDoesNotExist:
        _note_absence(name)
        return None
    except Exception:  # noqa: BLE001 - a syntax error, or no usable engine at all
        complain_once(f"load {name}", f"{name} cannot be loaded.")
        return None
    origin = getattr(getattr(template, "origin", None), "name", "")
    if not str(origin).startswith(OURS):
        return template
    _note_absence(name)
    return None


def _note_absence(name: str) -> None:
    """Look no more for a template that Django would not find either: three look-ups in vain take a fifth of an answer's time."""
    # While people write templates, and where a loader looks anew each time, one may turn up.
    if not settings.DEBUG and all(_remembers(each) for each in engines.all()):
        _absent.add(name)


def _remembers(backend: BaseEngine) -> bool:
    """Return whether the engine itself looks for each name only once."""
    return isinstance(backend, DjangoTemplates) and all(
        isinstance(each, CachedLoader) for each in backend.engine.template_loaders
    )


def render(name: str, context: dict[str, Any]) -> str:
    """Return the project's template rendered, else the packaged one: also where the project's fails, or there is no usable engine."""
    template = find_own(name)
    if template is not None:
        try:
            return template.render(context)
        except Exception:  # noqa: BLE001 - a site's own template must not cost the message
            complain_once(f"template {name}", f"{name} failed; the packaged one is used instead.")
    return render_packaged(name, context)


def render_in_the_look_of(page: str, name: str, context: dict[str, Any]) -> str:
    """Return a packaged template that extends `page`, laid over the project's own `page` where that extends ours."""
    own = getattr(find_own(page), "template", None)
    if isinstance(own, DjangoTemplate) and own.engine.autoescape and _extends(own, page):
        try:
            return str(loader.get_template(name).render(context))
        except Exception:  # noqa: BLE001 - a site's own template must not cost the message
            complain_once(f"template {name}", f"{name} failed in the look of the site's {page}.")
    return render_packaged(name, context)


def _extends(template: DjangoTemplate, page: str) -> bool:
    # A template that stands alone has none of our blocks, so nothing of ours would be seen in it.
    return any(
        isinstance(node, ExtendsNode) and str(getattr(node.parent_name, "var", "")) == page
        for node in template.nodelist
    )


def render_packaged(name: str, context: dict[str, Any]) -> str:
    """Return the packaged template rendered."""
    return str(_load(name).render(Context(context, use_l10n=False)))


@lru_cache(maxsize=4)
def _load(name: str) -> Any:
    # An engine of our own: the project's may be Jinja2 only, misconfigured or without autoescape.
    engine = Engine(dirs=[str(PACKAGED)], autoescape=True, libraries=LIBRARIES)
    return engine.get_template(name)


def _forget(**_: Any) -> None:
    _absent.clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.responses.templates")
