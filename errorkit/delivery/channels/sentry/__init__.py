"""Forward reports to Sentry, or to any server that speaks its envelopes.

The SDK is used for its public parts only, the transport base class and the envelope; it is never initialised, and a host's own client is
neither used nor changed. It is imported when the first event leaves.
"""

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.core import checks
from django.core.checks import CheckMessage

from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.channels.sentry.event import TRIM_LEVELS
from errorkit.delivery.channels.sentry.host import host_dsn, reports_itself
from errorkit.delivery.http import problem_of
from errorkit.delivery.texts import secrets_in
from errorkit.reports.report import Report

if TYPE_CHECKING:
    from errorkit.delivery.channels.sentry.transport import Sender

WHEN = ("always", "unless_host_sdk", "never")


class SentryChannel(Channel):
    """Forward every full occurrence; its id is the event id, so a repeat is recognised.

    OPTIONS: `DSN`; `WHEN`: `always`, `unless_host_sdk` (default: what the host's own SDK reports to the same DSN is skipped) or `never`;
    `WEB_URL`: where the organisation is in a browser (`https://acme.sentry.io`), from which the link to each event is made.
    """

    forwards = True
    max_trim = TRIM_LEVELS

    def __init__(
        self, alias: str, *, dsn: str, when: str = "unless_host_sdk", web_url: str = ""
    ) -> None:
        super().__init__(alias)
        if when not in WHEN:
            raise ValueError(f"WHEN must be one of {', '.join(WHEN)}")
        if not dsn:
            raise ValueError("DSN must not be empty")
        self.dsn = dsn
        self.when = when
        self.web_url = web_url.rstrip("/")
        self.secrets = secrets_in(dsn)
        self._sender: Sender | None = None

    def check(self) -> list[CheckMessage]:
        """E121: the DSN, or WEB_URL, is none. W121: the host's SDK sends the same failures there as well."""
        from sentry_sdk.utils import BadDsn, Dsn

        try:
            Dsn(self.dsn)
        except BadDsn as error:
            where = "Copy it from the project's settings in Sentry, under Client Keys."
            return [self._unusable("DSN", str(error), hint=where)]
        if self.web_url and (problem := problem_of(self.web_url)):
            where = "Copy it from the browser: https://acme.sentry.io"
            return [self._unusable("WEB_URL", problem, hint=where)]
        if self.when != "always" or host_dsn() != self.dsn:
            return []
        return [
            checks.Warning(
                f"ERRORKIT['CHANNELS'][{self.alias!r}] sends to the DSN that the Sentry SDK of this "
                "site uses: each failure arrives twice.",
                hint="Use 'WHEN': 'unless_host_sdk', or a DSN of its own.",
                id="errorkit.W121",
            )
        ]

    def _unusable(self, option: str, problem: str, *, hint: str) -> CheckMessage:
        text = (
            f"ERRORKIT['CHANNELS'][{self.alias!r}] has a {option} that cannot be used: {problem}."
        )
        return checks.Error(text, hint=hint, id="errorkit.E121")

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """POST one envelope; the HTTP status and the limit headers are the only truth."""
        if self.when == "never":
            return Outcome(result=Result.SKIPPED, detail="WHEN is 'never'")
        if self.when == "unless_host_sdk" and reports_itself(report, self.dsn):
            return Outcome(
                result=Result.SKIPPED,
                detail="left to the host's Sentry SDK, which is active here with this DSN; "
                "whether its event arrived is not known",
            )
        outcome = self._get_sender().send(report, context)
        if outcome.result is not Result.ACCEPTED or not self.web_url:
            return outcome
        return replace(outcome, upstream_url=self._link_to(outcome.upstream_id))

    def _link_to(self, event_id: str) -> str:
        """Return the search that leads to the event: nothing in an answer says where it is."""
        project = urlsplit(self.dsn).path.rpartition("/")[2]
        return f"{self.web_url}/issues/?{urlencode({'project': project, 'query': event_id})}"

    def _get_sender(self) -> "Sender":
        if self._sender is None:
            from errorkit.delivery.channels.sentry.transport import Sender

            self._sender = Sender(self.dsn)
        return self._sender
