"""Contact methods prove themselves: a code goes there by the outbox, the way that alerts go, and comes back by hand."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.delivery.codes import code_of
from errorkit.delivery.outbox import make_delivery, owe
from errorkit.models import ContactMethod, Delivery
from errorkit.oncall.owing import key_of

LIFETIME = timedelta(hours=1)
MOST_TRIES = 5


def send_code(method: ContactMethod, now: datetime) -> None:
    """Owe a new code to the method; the ones before end."""
    _methods(method).update(code_sent_at=now, code_tries=0)
    delivery = _delivery(method, "code", now)
    delivery.notice = {"code_for": method.pk}
    owe([delivery])


def send_test(method: ContactMethod, now: datetime) -> None:
    """Owe a test message, on the way that alerts take."""
    delivery = _delivery(method, "test", now)
    delivery.notice = {
        "subject": _("Test: alerts reach you here"),
        "kind": "test",
        "facts": [[_("Channel"), method.channel], [_("Asked for at"), f"{now:%Y-%m-%d %H:%M %Z}"]],
    }
    owe([delivery])


def verify(method: ContactMethod, code: str, now: datetime) -> bool:
    """Take the code back; False if it is wrong, an hour old, or has been guessed at five times."""
    fresh = _methods(method).filter(code_sent_at__gt=now - LIFETIME, code_tries__lt=MOST_TRIES)
    if not fresh.update(code_tries=F("code_tries") + 1):
        return False
    method.refresh_from_db()
    if not constant_time_compare(code.strip(), code_of(method)):
        return False
    # Only if it still reaches where the code went.
    same = _methods(method).filter(
        channel=method.channel, address=method.address, code_sent_at=method.code_sent_at
    )
    return bool(same.update(verified_at=now, code_sent_at=None))


def _methods(method: ContactMethod) -> QuerySet[ContactMethod]:
    return ContactMethod.objects.using(get_config().database).filter(pk=method.pk)


def _delivery(method: ContactMethod, kind: str, now: datetime) -> Delivery:
    key = key_of(kind, method.pk, f"{now.timestamp():.6f}")
    delivery = make_delivery(Delivery.Purpose.TEST, method.channel, key=key, now=now)
    delivery.recipient_id = method.user_id
    delivery.recipient_label = method.label
    delivery.address = method.address
    return delivery
