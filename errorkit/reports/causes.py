"""Which well-known kind of trouble is behind a report, and what to look at first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from errorkit.reports.parts import RaisedException
from errorkit.reports.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of trouble: its name, and the first steps. `types` and `says` are matched against an exception; None matches any."""

    name: str
    title: Any
    steps: tuple[Any, ...]
    types: re.Pattern[str] | None = None
    says: re.Pattern[str] | None = None

    def explains(self, raised: RaisedException) -> bool:
        """Return whether the exception is of this family."""
        if self.types is not None and not self.types.fullmatch(raised.type):
            return False
        return self.says is None or self.says.search(raised.message[:2000]) is not None


def family_of(report: Report) -> Family | None:
    """Return the family of the deepest exception that is of one, None for a plain bug."""
    for raised in reversed(report.exceptions):
        for family in FAMILIES:
            if family.explains(raised):
                return family
    return None


def _family(
    name: str, title: Any, *steps: Any, types: Sequence[str] = (), says: Sequence[str] = ()
) -> Family:
    return Family(name=name, title=title, steps=steps, types=_any(types), says=_any(says))


def _any(words: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(words), re.IGNORECASE) if words else None


# The first that fits is taken, so the narrower ones stand above the wider ones.
FAMILIES = (
    _family(
        "disk",
        _("A disk is full"),
        _("Look at the free space and the free inodes (df -h, df -i) of the server named below."),
        _("Look for logs, uploads or temporary files that grow."),
        says=(r"No space left on device", r"\[Errno 28\]", r"disk is full", r"Disk quota"),
    ),
    _family(
        "migration",
        _("A table or column is missing"),
        _("Run manage.py migrate --plan on this release: is one not applied?"),
        _("Was the code deployed before the migration, or to only some of the servers?"),
        types=("OperationalError", "ProgrammingError", "UndefinedTable", "UndefinedColumn"),
        says=("no such (table|column)", "does not exist", "Unknown column", "doesn't exist"),
    ),
    _family(
        "database",
        _("The database cannot be used"),
        _("Is it up, and reachable from this server?"),
        _("Compare its connections with its limit; look for long transactions and locks."),
        _("Has a password, a certificate or an address changed?"),
        types=("OperationalError", "InterfaceError", "PoolTimeout"),
    ),
    _family(
        "integrity",
        _("The database refused a value"),
        _("Which constraint is it? The message names it."),
        _("Two requests at once may both have found nothing and both inserted."),
        types=("IntegrityError", "UniqueViolation", "ForeignKeyViolation", "DataError"),
    ),
    _family(
        "setting",
        _("A setting is missing or wrong"),
        _("Compare the environment of this server with one that works."),
        _("Was the release deployed without a new variable or secret?"),
        types=("ImproperlyConfigured",),
    ),
    _family(
        "timeout",
        _("Something did not answer in time"),
        _("Which service was asked? Look at its own status and at the network between."),
        _("Is the time-out shorter than what the service usually takes?"),
        types=(r"\w*Timeout(Error|Exception)?", "GatewayTimeout", "SoftTimeLimitExceeded"),
    ),
    _family(
        "connection",
        _("A service cannot be reached"),
        _("Is the service up, and is its address right?"),
        _("Does a firewall, a proxy or the name service stand between?"),
        types=(r"Connection\w*Error", "ConnectError", "gaierror", "BrokenPipeError", "URLError"),
    ),
    _family(
        "permission",
        _("A file may not be read or written"),
        _("Which user runs the process, and who owns the file?"),
        _("Was something deployed or run by another user, such as root?"),
        types=("PermissionError",),
    ),
    _family(
        "none",
        _("None where a value was expected"),
        _("Which name on the marked line is None? The local variables tell."),
        _("Which call returned it: a .first(), a .get() of a dict, a relation that may be empty?"),
        types=("AttributeError", "TypeError"),
        says=("'NoneType'",),
    ),
    _family(
        "template",
        _("A template is missing or broken"),
        _("Is the file part of the release, and its folder in TEMPLATES?"),
        _("Do upper and lower case agree? Some systems do not mind, servers do."),
        types=("TemplateDoesNotExist", "TemplateSyntaxError"),
    ),
    _family(
        "resources",
        _("The process ran out of something"),
        _("How large was the input? Look at the request and the local variables."),
        _("Does it grow over time? Look at the memory of the server named below."),
        types=("MemoryError", "RecursionError"),
    ),
)
