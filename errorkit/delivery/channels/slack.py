"""Slack: one message per incident with its changes as a thread under it (bot token), or single posts (incoming webhook).

Source: https://docs.slack.dev/reference/methods/chat.postMessage and /messaging/sending-messages-using-incoming-webhooks
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core import checks
from django.core.checks import CheckMessage
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from errorkit.delivery.channels.answers import classify
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.http import Answer, Client, problem_of
from errorkit.delivery.messages import Message, compose
from errorkit.delivery.texts import secrets_in
from errorkit.reports.report import Report

API = "https://slack.com/api/"
# https://docs.slack.dev/reference/block-kit/blocks
HEADER_LENGTH, SECTION_LENGTH, FIELD_LENGTH, MAX_FIELDS = 150, 3000, 2000, 10
ENDINGS = frozenset({"acknowledged", "resolved", "ignored", "reopened"})
# What is seen outside its thread as well.
LOUD = frozenset({"regressed", "surging", "escalated", "lapsed"})
# Errors that pass by themselves; every other one of ok=false stays.
PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


class SlackChannel(Channel):
    """Post when an incident opens or regresses, and follow what people do about it.

    OPTIONS: either `TOKEN` (`xoxb-...`, scope chat:write) and `CHANNEL` (its ID), or `WEBHOOK_URL`, which can post only. `API` for a proxy.
    """

    def __init__(
        self,
        alias: str,
        *,
        token: str = "",
        channel: str = "",
        webhook_url: str = "",
        api: str = API,
    ) -> None:
        super().__init__(alias)
        if bool(webhook_url) == bool(token and channel):
            raise ValueError("needs either TOKEN and CHANNEL or WEBHOOK_URL")
        self.token = token
        self.channel = channel
        self.webhook_url = webhook_url
        self.api = api.rstrip("/") + "/"
        self.follows = bool(token)
        self.secrets = (token,) if token else secrets_in(webhook_url)
        self.client = Client()

    def check(self) -> list[CheckMessage]:
        """E113: a URL cannot be right."""
        problem = problem_of(self.webhook_url or self.api)
        if problem is None:
            return []
        text = f"ERRORKIT['CHANNELS'][{self.alias!r}]: {problem}."
        return [checks.Error(text, hint="Correct its OPTIONS.", id="errorkit.E113")]

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Post, answer in the thread of the incident's first message, or change that message's heading."""
        message = compose(report, context)
        body: dict[str, Any] = {
            # What notifications and screen readers show.
            "text": escape(message.subject),
            "blocks": _blocks(message, report),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if self.webhook_url:
            return self._post_to_webhook(body)
        thread = context.thread.partition(":")[2]
        if thread:
            body |= {"thread_ts": thread, "reply_broadcast": context.transition in LOUD}
        outcome = self._call("chat.postMessage", body)
        if outcome.result is not Result.ACCEPTED:
            return outcome
        if thread and context.transition in ENDINGS:
            self._attempt("chat.update", _new_heading(context.thread, message))
        where = _place_of(outcome.upstream_id)
        said = self._attempt("chat.getPermalink", where, form=True)
        return replace(outcome, upstream_url=str(said.get("permalink", "")))

    def _attempt(self, method: str, body: dict[str, Any], *, form: bool = False) -> dict[str, Any]:
        """Call what the message does without: it has arrived, whatever becomes of this."""
        try:
            said = self._post(self.api + method, body, self._authorization(), form=form).json()
        except HTTPError:
            return {}
        return said if isinstance(said, dict) and said.get("ok") else {}

    def _post_to_webhook(self, body: dict[str, Any]) -> Outcome:
        answer = self._post(self.webhook_url, body, {})
        outcome = classify(answer, datetime.now(UTC))
        if outcome.result is Result.ACCEPTED and answer.body.strip() != b"ok":
            return _not_slack(answer)
        return outcome

    def _call(self, method: str, body: dict[str, Any]) -> Outcome:
        body = {"channel": self.channel, **body}
        answer = self._post(self.api + method, body, self._authorization())
        outcome = classify(answer, datetime.now(UTC))
        if outcome.result is not Result.ACCEPTED:
            return outcome
        return _read(answer)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _post(
        self, url: str, body: dict[str, Any], headers: dict[str, str], *, form: bool = False
    ) -> Answer:
        """POST as JSON, or as a form, which is all that methods understand that only read."""
        kind = "application/x-www-form-urlencoded" if form else "application/json; charset=utf-8"
        data = urlencode(body) if form else json.dumps(body, allow_nan=False)
        return self.client.post(url, data.encode(), {"Content-Type": kind, **headers})


def _place_of(upstream_id: str) -> dict[str, Any]:
    channel, _, ts = upstream_id.partition(":")
    return {"channel": channel, "message_ts": ts}


def _new_heading(thread: str, message: Message) -> dict[str, Any]:
    """Return what makes the first message show how it ended; the reply under it has said so already."""
    channel, _, ts = thread.partition(":")
    heading = {"text": escape(message.subject), "blocks": [_header(message.subject)]}
    return {"channel": channel, "ts": ts, **heading}


def escape(text: str) -> str:
    """Return text in which nothing is a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _read(answer: Answer) -> Outcome:
    """Slack answers 200 and says in the body what happened."""
    said = answer.json()
    if not isinstance(said, dict) or "ok" not in said:
        return _not_slack(answer)
    if said["ok"]:
        upstream = f"{said.get('channel', '')}:{said.get('ts', '')}"
        return Outcome(result=Result.ACCEPTED, status_code=answer.status, upstream_id=upstream)
    error = str(said.get("error", ""))
    if error in {"ratelimited", "rate_limited"}:
        return Outcome(result=Result.LIMITED, detail=error, park_seconds=60.0)
    result = Result.TEMPORARY if error in PASSING else Result.PERMANENT
    return Outcome(result=result, detail=f"Slack says {error}", status_code=answer.status)


def _not_slack(answer: Answer) -> Outcome:
    return Outcome(
        result=Result.TEMPORARY,
        detail=f"the answer is not Slack's: {answer.excerpt()}",
        status_code=answer.status,
    )


def _blocks(message: Message, report: Report) -> list[dict[str, Any]]:
    blocks = [_header(message.subject), _section(message.title)]
    fields = [_plain(f"{label}\n{value}", FIELD_LENGTH) for label, value in message.facts]
    if fields:
        blocks.append({"type": "section", "fields": fields[:MAX_FIELDS]})
    buttons = []
    if message.acknowledge_url:
        text = _("Acknowledge: I am on it")
        buttons.append(_button("acknowledge", text, message.acknowledge_url))
    if message.url:
        buttons.append(_button("open", report.reference, message.url))
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def _button(name: str, text: str, url: str) -> dict[str, Any]:
    label = _plain(text, 75)
    return {"type": "button", "text": label, "url": url, "action_id": f"errorkit-{name}"}


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": _plain(text, HEADER_LENGTH)}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text or "-", SECTION_LENGTH)}


def _plain(text: str, length: int) -> dict[str, Any]:
    # Not mrkdwn: in plain text nothing is a mention or a link, and emoji names stay what they are.
    return {"type": "plain_text", "text": text[:length], "emoji": False}
