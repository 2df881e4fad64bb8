"""POST signed JSON, as the Standard Webhooks specification says.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from django.core import checks
from django.core.checks import CheckMessage

from errorkit.delivery.channels.answers import classify
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.channels.webhook.payload import make_payload
from errorkit.delivery.channels.webhook.signing import SECRET_PREFIX, read_secret, sign, webhook_id
from errorkit.delivery.http import Client, problem_of
from errorkit.delivery.texts import SHORTEST_VALUE, secrets_in
from errorkit.reports.report import Report


class WebhookChannel(Channel):
    """Send every full occurrence, and every alert where `FORWARDS` is False.

    OPTIONS: `URL`; `SECRET` (`whsec_` and base64 of 24 to 64 bytes); `FORWARDS` (default True); `REPORT` (default False: a summary leaves, not
    the traceback); `HEADERS` (a dict). A repeat has the same `webhook-id`.

    A contact method on this channel has a URL for an address. People have typed it, so it may lead to public addresses only, by https, and
    gets none of the `HEADERS`.
    """

    max_trim = 1

    def __init__(
        self,
        alias: str,
        *,
        url: str,
        secret: str,
        forwards: bool = True,
        report: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(alias)
        self.url = url
        self.key = read_secret(secret)
        self.forwards = forwards
        self.report = report
        self.headers = dict(headers or {})
        bare = secret.removeprefix(SECRET_PREFIX)
        self.secrets = (secret, bare, *secrets_in(url), *_secrets_in_headers(self.headers))
        self.client = Client()
        self.public_client = Client(public_only=True)

    def check(self) -> list[CheckMessage]:
        """E111: the URL is none, or a header would not stay on its line."""
        problem = problem_of(self.url) or _problem_of_headers(self.headers)
        if problem is None:
            return []
        text = f"ERRORKIT['CHANNELS'][{self.alias!r}]: {problem}."
        return [checks.Error(text, hint="Correct its OPTIONS.", id="errorkit.E111")]

    def problem_with(self, address: str) -> str | None:
        """Return what is wrong with a URL; without one, alerts go to the channel's own. Where its name leads is examined when it is used."""
        if not address:
            return None
        if not address.startswith("https://"):
            return "the URL must begin with https://"
        return problem_of(address)

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """POST once; every 2xx is accepted."""
        now = datetime.now(UTC)
        body = json.dumps(
            make_payload(report, context, whole=self.report and not context.trim),
            allow_nan=False,
            separators=(",", ":"),
        ).encode()
        signed = sign(self.key, webhook_id(context.key), now, body)
        headers = {"Content-Type": "application/json", **signed}
        if not context.address:
            return classify(self.client.post(self.url, body, {**self.headers, **headers}), now)
        if problem := self.problem_with(context.address):
            return Outcome(result=Result.PERMANENT, detail=f"the contact method: {problem}")
        return classify(self.public_client.post(context.address, body, headers), now)


def _problem_of_headers(headers: Mapping[str, str]) -> str | None:
    for name, value in headers.items():
        if not (f"{name}{value}".isprintable() and f"{name}{value}".isascii()):
            return f"the header {name!r} must be printable ASCII on one line"
    return None


def _secrets_in_headers(headers: Mapping[str, str]) -> list[str]:
    """Return the values that may be keys, and what follows the scheme of an Authorization."""
    values = [part for value in headers.values() for part in {value, value.rpartition(" ")[2]}]
    return [value for value in values if len(value) >= SHORTEST_VALUE]
