"""Where the pages are, and what a page is made of."""

from html.parser import HTMLParser
from typing import Any

from django.urls import reverse


def list_url(model: str = "incident") -> str:
    return reverse(f"admin:errorkit_{model}_changelist")


def page_url(row: Any) -> str:
    return reverse(f"admin:errorkit_{row._meta.model_name}_change", args=[row.pk])


def triage_url(incident: Any) -> str:
    return reverse("admin:errorkit_incident_triage", args=[incident.pk])


class Markup(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def find_what_a_strict_policy_forbids(self) -> list[tuple[str, dict[str, str | None]]]:
        """Return inline scripts and styles, event handlers and links that run code."""
        return [(tag, attrs) for tag, attrs in self.elements if _is_forbidden(tag, attrs)]


def _is_forbidden(tag: str, attrs: dict[str, str | None]) -> bool:
    inline = tag == "style" or (tag == "script" and not attrs.get("src"))
    handlers = any(name == "style" or name.startswith("on") for name in attrs)
    runs = any(
        (attrs.get(name) or "").strip().lower().startswith(("javascript:", "data:", "vbscript:"))
        for name in ("href", "src", "action", "formaction")
    )
    return inline or handlers or runs
