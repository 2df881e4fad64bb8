"""The code that proves that a contact method reaches its person. It is derived, so that no row, log or page holds it."""

from django.utils.crypto import salted_hmac

from errorkit.conf import get_config
from errorkit.models import ContactMethod

DIGITS = 6


def code_of(method: ContactMethod) -> str:
    """Return the six digits of the method's last sending."""
    sent = method.code_sent_at.timestamp() if method.code_sent_at else 0
    what = f"{method.pk}:{method.channel}:{method.address}:{sent:.6f}"
    digest = salted_hmac("errorkit.contact", what, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def code_for(pk: int) -> str:
    """Return the code to send, or nothing if the method is gone or waits for none."""
    methods = ContactMethod.objects.using(get_config().database)
    method = methods.filter(pk=pk, code_sent_at__isnull=False).first()
    return code_of(method) if method else ""
