"""How a message is signed.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with
# The specification's own limits, in bytes.
SHORTEST_SECRET, LONGEST_SECRET = 24, 64


def webhook_id(key: str) -> str:
    """Return the message's id, the same on every try; without dots, which separate what is signed."""
    return "msg_" + hashlib.sha256(key.encode()).hexdigest()[:32]


def sign(key: bytes, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers of the specification."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def read_secret(secret: str) -> bytes:
    """Return the key that the secret holds; raises ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise ValueError("SECRET must be whsec_ and the base64 of 24 to 64 random bytes")
    return key
