"""Which occurrences go to which forwarding channel: ERRORKIT["ROUTES"]. Whom an alert goes to is decided in `oncall`.

A channel that no route names gets every full occurrence; one that routes name gets what one of them lets through, and nothing else.
"""

import logging
from dataclasses import dataclass
from fnmatch import fnmatchcase

from errorkit.conf import Route, get_config
from errorkit.delivery.channels import aliases, get_channel
from errorkit.exceptions import InvalidChannelError
from errorkit.models import Occurrence

logger = logging.getLogger("errorkit.delivery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a route looks at."""

    environment: str
    level: str
    exception: str
    path: str
    transition: str


def forwarding() -> list[str]:
    """Return the channels that full occurrences may go to."""
    return [alias for alias in aliases() if _forwards(alias)]


def is_forwarded(occurrence: Occurrence, alias: str, *, transition: str) -> bool:
    """Return whether the occurrence goes to this forwarding channel; `transition` is what it did to its incident."""
    routes = [route for route in get_config().routes if alias in route.channels]
    if not routes:
        return True
    subject = subject_of(occurrence, transition)
    place = _place(occurrence)
    return any(matches(route, subject) and place < route.sample for route in routes)


def subject_of(occurrence: Occurrence, transition: str) -> Subject:
    """Return what routes look at."""
    return Subject(
        environment=occurrence.environment,
        level=occurrence.level,
        exception=occurrence.title.partition(":")[0],
        path=occurrence.path,
        transition=transition,
    )


def matches(route: Route, subject: Subject) -> bool:
    """Return whether the route lets it through; an empty list lets everything through."""
    tests = (
        (route.environments, subject.environment),
        (route.levels, subject.level),
        (route.exceptions, subject.exception),
        (route.paths, subject.path),
        (route.transitions, subject.transition),
    )
    return all(
        not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)
        for patterns, value in tests
    )


def _place(occurrence: Occurrence) -> float:
    """Return a number from 0 up to 1 that is the occurrence's for ever, so that a sample is the same on every try."""
    return (occurrence.pk.int & 0xFFFF_FFFF) / 2**32


def _forwards(alias: str) -> bool:
    try:
        return get_channel(alias).forwards
    except InvalidChannelError as error:
        # A typo in one channel must not stop the digest; the system check has said so as well.
        logger.error("%s", error)
        return False
