"""What a person types to narrow the list of incidents: words, and terms such as `type:KeyError` or `user:ada`.

Words are looked for in the search text of each incident. The newest full occurrence stands for an incident where a column of occurrences is asked
for, and only the incidents seen most recently are looked at there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from errorkit.conf import get_config
from errorkit.incidents.feedback import EMAIL
from errorkit.models import Incident, Occurrence, SearchText
from errorkit.reports.words import typed_words

NEWEST = 2_000
LONGEST = 200
MOST_ACCOUNTS = 20

TERM = re.compile(r'\b(type|path|user|release|trace|env):("[^"]*"|\S+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A search taken apart: pairs of name and value, and the words that are left."""

    named: tuple[tuple[str, str], ...]
    words: tuple[str, ...]


def read_terms(text: str) -> Terms:
    """Take a search apart; a value with blanks stands in double quotes."""
    text = text.replace("\x00", "")[:LONGEST]
    named = tuple((name.lower(), value.strip('"')) for name, value in TERM.findall(text))
    return Terms(
        named=tuple((name, value) for name, value in named if value),
        words=tuple(TERM.sub(" ", text).split()),
    )


def narrow(incidents: QuerySet[Incident], text: str) -> QuerySet[Incident]:
    """Return the incidents that match all terms, and whose search text has words that begin like each of the words."""
    terms = read_terms(text)
    found = Q()
    for name, value in terms.named:
        found &= RULES[name](value)
    if terms.words:
        words = " ".join(terms.words)
        # An address is that of a person; some titles hold one, too.
        found &= with_words(words) | (_by_user(words) if EMAIL.fullmatch(words) else Q())
    return incidents.filter(found)


def with_words(text: str) -> Q:
    """Return the condition for incidents that are found by the words of the text; there are none by signs alone."""
    words = typed_words(text)
    if not words:
        return Q(pk__in=[])
    texts = SearchText.objects.using(get_config().database).holding(words)
    return Q(pk__in=texts.values("incident_id"))


def _by_type(value: str) -> Q:
    return Q(title__istartswith=value)


def _by_release(value: str) -> Q:
    return Q(first_release=value) | Q(last_release=value)


def _by_environment(value: str) -> Q:
    return Q(environment=value)


def _by_path(value: str) -> Q:
    return _of_newest(Q(path__icontains=value) | Q(route__icontains=value), most=NEWEST)


def _by_trace(value: str) -> Q:
    rows = Occurrence.objects.using(get_config().database).filter(
        trace_id=value.lower(), incident__isnull=False
    )
    return Q(pk__in=list(rows.order_by().values_list("incident_id", flat=True).distinct()[:NEWEST]))


def person_in(text: str) -> str:
    """Return whom a search asks for, by `user:` or by a mail address; empty where it asks for something else too."""
    terms = read_terms(text)
    words = " ".join(terms.words)
    if not terms.named:
        return words if EMAIL.fullmatch(words) else ""
    (name, value), *others = terms.named
    return value if name == "user" and not others and not words else ""


def user_ids_of(person: str) -> list[str]:
    """Return the ids that somebody may have: what was typed, and those of whoever logs in by that name or has that mail address."""
    users = get_user_model()
    known = _user_ids(**{users.USERNAME_FIELD: person})
    # The host's users may have no mail address, and looking for one may read them all.
    column = getattr(users, "EMAIL_FIELD", "")
    if not known and "@" in person and column in {each.name for each in users._meta.get_fields()}:
        known = _user_ids(**{f"{column}__iexact": person})
    return list(dict.fromkeys([person, *known]))


def _user_ids(**conditions: str) -> list[str]:
    try:
        users = get_user_model()._default_manager.filter(**conditions)
    except (TypeError, ValidationError, ValueError):
        # People of this host log in by a number, or by something else that this text cannot be.
        return []
    return [str(pk) for pk in users.values_list("pk", flat=True)[:MOST_ACCOUNTS]]


def _by_user(value: str) -> Q:
    rows = Occurrence.objects.using(get_config().database).filter(
        user_id__in=user_ids_of(value), incident__isnull=False
    )
    return Q(pk__in=list(rows.order_by().values_list("incident_id", flat=True).distinct()[:NEWEST]))


def _of_newest(wanted: Q, *, most: int) -> Q:
    """Return the incidents whose newest full occurrence is as wanted, among those seen most recently."""
    alias = get_config().database
    recent = Incident.objects.using(alias).filter(last_full_id__isnull=False)
    newest = recent.order_by("-last_seen", "-id").values_list("last_full_id", flat=True)[:most]
    ids = [pk for pk in newest if pk is not None]
    rows = Occurrence.objects.using(alias).filter(wanted, pk__in=ids)
    return Q(last_full_id__in=list(rows.values_list("pk", flat=True)))


RULES: dict[str, Callable[[str], Q]] = {
    "type": _by_type,
    "path": _by_path,
    "user": _by_user,
    "release": _by_release,
    "trace": _by_trace,
    "env": _by_environment,
}
