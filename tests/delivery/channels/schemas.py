"""What the services document about the bodies that they take, as JSON schemas.

Sources: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, https://developer.pagerduty.com/docs/send-alert-event, https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/reference/methods/chat.postMessage.
"""

from typing import Any

# "Payload structure": a full-stop delimited type, the time of the event in ISO 8601, and the data.
STANDARD_WEBHOOK: dict[str, Any] = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"type": "string", "pattern": r"^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$"},
        "timestamp": {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
        },
        "data": {"type": "object"},
    },
}

# "Webhook Headers": an id without full stops, a Unix time in seconds, signatures with their version.
STANDARD_WEBHOOK_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "pattern": r"^[^.\s]+$"},
        "webhook-timestamp": {"type": "string", "pattern": r"^\d+$"},
        "webhook-signature": {"type": "string", "pattern": r"^v1a?,\S+( v1a?,\S+)*$"},
    },
}

PAGERDUTY_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["routing_key", "event_action", "dedup_key"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": {"type": "string"},
        "client_url": {"type": "string"},
        "images": {"type": "array"},
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["href"],
                "properties": {"href": {"type": "string"}, "text": {"type": "string"}},
            },
        },
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "additionalProperties": False,
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": {"type": "string", "minLength": 1},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": {"type": "string"},
                "component": {"type": "string"},
                "group": {"type": "string"},
                "class": {"type": "string"},
                "custom_details": {"type": "object"},
            },
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
}


def _text(length: int) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "text"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": "plain_text"},
            "text": {"type": "string", "minLength": 1, "maxLength": length},
            "emoji": {"type": "boolean"},
        },
    }


def _block(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type"],
        "additionalProperties": False,
        "properties": {"type": {"const": kind}, **properties},
    }


BUTTON = {
    "type": "object",
    "required": ["type", "text", "action_id"],
    "properties": {
        "type": {"const": "button"},
        "text": _text(75),
        "url": {"type": "string", "maxLength": 3000},
        "action_id": {"type": "string", "maxLength": 255},
    },
}

SLACK_MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["channel", "text"],
    "additionalProperties": False,
    "properties": {
        "channel": {"type": "string"},
        "text": {"type": "string", "maxLength": 40_000},
        "thread_ts": {"type": "string"},
        "reply_broadcast": {"type": "boolean"},
        "unfurl_links": {"type": "boolean"},
        "unfurl_media": {"type": "boolean"},
        "blocks": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "oneOf": [
                    _block("header", text=_text(150)),
                    _block(
                        "section",
                        text=_text(3000),
                        fields={"type": "array", "maxItems": 10, "items": _text(2000)},
                    ),
                    _block("actions", elements={"type": "array", "items": BUTTON}),
                ]
            },
        },
    },
}
