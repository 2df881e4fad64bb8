"""The ways to fail that the start page offers."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One button. `path` is where it leads; `post` sends a form; `incident` says whether one comes of it."""

    name: str
    path: str
    title: Any
    says: Any
    post: bool = False
    incident: bool = True


WAYS = (
    Way(
        name="plain",
        path="/fail/plain/",
        title=_("Plain view"),
        says=_("A bill is divided by no guests. The visitor gets a page, you get an incident."),
    ),
    Way(
        name="api",
        path="/api/orders/7/",
        title=_("DRF view"),
        says=_("An order without a customer. The client gets problem+json instead of HTML."),
    ),
    Way(
        name="async",
        path="/fail/async/",
        title=_("Async view"),
        says=_("One of two ovens is cold. Async views are caught like any other."),
    ),
    Way(
        name="chained",
        path="/fail/chained/",
        title=_("Chained exception"),
        says=_("A payment fails because a bank is silent. The incident shows both."),
    ),
    Way(
        name="middleware",
        path="/fail/middleware/",
        title=_("Middleware"),
        says=_("It breaks before any view is reached. The answer comes all the same."),
    ),
    Way(
        name="task",
        path="/fail/task/",
        title=_("Celery task"),
        says=_("An invoice is printed in the background and fails there, with this request's ID."),
        post=True,
    ),
    Way(
        name="missing",
        path="/fail/missing/",
        title=_("Missing page"),
        says=_("Nothing is broken, so no incident is opened. The page looks as it should."),
        incident=False,
    ),
    Way(
        name="forbidden",
        path="/fail/forbidden/",
        title=_("Forbidden page"),
        says=_("The visitor may not go there. No incident either."),
        incident=False,
    ),
)

BY_NAME = {way.name: way for way in WAYS}
