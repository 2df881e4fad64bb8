"""The hundred others, by Apprise: `pip install errorkit[apprise]`."""

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.messages import compose
from errorkit.delivery.texts import SHORTEST_VALUE, secrets_in
from errorkit.reports.report import Report

# How its plugins write down what a web service has answered.
ANSWERED = re.compile(r"\berror=(\d{3})\b")
TOO_MANY = 429
# Schemes that reach into this machine instead of out of it.
LOCAL = frozenset({"dbus", "exec", "gnome", "kde", "macosx", "syslog", "windows", "qt", "glib"})


class AppriseChannel(Channel):
    """Notify the services of some Apprise URLs when an incident opens or regresses.

    OPTIONS: `URLS` (list), `SCHEMES` (the allowed ones; default: all but those of the local machine), `TIMEOUT` (seconds, default 20). Apprise's
    own retries are off; it may report failure for what has arrived, so repeats are possible.
    """

    def __init__(
        self,
        alias: str,
        *,
        urls: Sequence[str],
        schemes: Sequence[str] | None = None,
        timeout: float = 20.0,
    ) -> None:
        super().__init__(alias)
        if isinstance(urls, str) or not urls or not all(isinstance(each, str) for each in urls):
            raise ValueError("URLS must be a list of Apprise URLs")
        refused = sorted({_scheme(url) for url in urls if not _is_allowed(_scheme(url), schemes)})
        if refused:
            raise ValueError(f"URLS has schemes that are not allowed: {', '.join(refused)}")
        self.urls = tuple(urls)
        self.timeout = timeout
        self.secrets = tuple(secret for url in self.urls for secret in _secrets_of(url))

    def check(self) -> list[CheckMessage]:
        """E114: Apprise is not installed. E115: it does not understand a URL."""
        name = f"ERRORKIT['CHANNELS'][{self.alias!r}]"
        if find_spec("apprise") is None:
            hint = 'Install it with: pip install "errorkit[apprise]"'
            return [checks.Error(f"{name} needs Apprise.", hint=hint, id="errorkit.E114")]
        from apprise import Apprise

        wrong = [number for number, url in enumerate(self.urls) if not Apprise().add(url)]
        return [
            checks.Error(
                f"{name}: Apprise does not understand the URL at position {number} of URLS.",
                hint="Its wiki lists the URLs of each service.",
                id="errorkit.E115",
            )
            for number in wrong
        ]

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Notify once; accepted means that every service said so."""
        from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

        message = compose(report, context)
        # One object for each try: Apprise paces the calls of one object by sleeping.
        asset = AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False)
        services = Apprise(asset=asset)
        if not services.add(list(self.urls)):
            return Outcome(result=Result.PERMANENT, detail="Apprise does not understand URLS")
        sent = services.notify(
            body=message.as_text(),
            title=message.subject,
            notify_type=NotifyType.FAILURE,
            body_format=NotifyFormat.TEXT,
            timeout=self.timeout,
        )
        if sent:
            return Outcome(result=Result.ACCEPTED)
        return _outcome_of(sent)


def _outcome_of(sent: Any) -> Outcome:
    """Return why it failed, as far as the plugins tell.

    Their words are made for people, so all but "too many" is tried again: that one is worth a rest.
    """
    reasons = list(_reasons(sent.results))
    codes = [int(code) for reason in reasons for code in ANSWERED.findall(reason)]
    return Outcome(
        result=Result.LIMITED if TOO_MANY in codes else Result.TEMPORARY,
        detail=": ".join([f"Apprise says {sent.status.name}", "; ".join(reasons)]).rstrip(":. "),
        status_code=codes[0] if codes else None,
    )


def _reasons(results: Any) -> Iterator[str]:
    for each in results:
        if not each:
            said = " ".join(entry.message for entry in each.logs())
            yield f"{each.name}: {said or each.status.name}"


def _secrets_of(url: str) -> Iterator[str]:
    """Yield what may be a key: in many of these URLs it stands where a host would."""
    yield from secrets_in(url)
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    yield from (each for each in (host, host.partition(":")[0]) if len(each) >= SHORTEST_VALUE)


def _scheme(url: str) -> str:
    return url.partition("://")[0].strip().lower()


def _is_allowed(scheme: str, schemes: Sequence[str] | None) -> bool:
    return scheme not in LOCAL if schemes is None else scheme in schemes
