"""What people can do to incidents, as buttons and as bulk actions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from errorkit.incidents import triage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What a person can do to incidents: the words for it, and for which statuses the page offers it."""

    change: Callable[..., int]
    label: Any
    bulk_label: Any
    done: Any
    offered: frozenset[str]


VERBS = {
    "acknowledge": Verb(
        change=triage.acknowledge,
        label=_("Acknowledge"),
        bulk_label=_("Acknowledge selected incidents"),
        done=ngettext_lazy("%d incident acknowledged.", "%d incidents acknowledged."),
        offered=frozenset({"open"}),
    ),
    "resolve": Verb(
        change=triage.resolve,
        label=_("Resolve"),
        bulk_label=_("Resolve selected incidents"),
        done=ngettext_lazy("%d incident resolved.", "%d incidents resolved."),
        offered=frozenset({"open", "acknowledged"}),
    ),
    "ignore": Verb(
        change=triage.ignore,
        label=_("Ignore"),
        bulk_label=_("Ignore selected incidents"),
        done=ngettext_lazy("%d incident ignored.", "%d incidents ignored."),
        offered=frozenset({"open", "acknowledged"}),
    ),
    "reopen": Verb(
        change=triage.reopen,
        label=_("Reopen"),
        bulk_label=_("Reopen selected incidents"),
        done=ngettext_lazy("%d incident reopened.", "%d incidents reopened."),
        offered=frozenset({"acknowledged", "resolved", "ignored"}),
    ),
}
