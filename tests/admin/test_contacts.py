from typing import Any

import pytest
from django.test import Client

from errorkit.models import ContactMethod
from tests.admin.pages import list_url

HOOK = {
    "BACKEND": "errorkit.delivery.channels.webhook.WebhookChannel",
    "OPTIONS": {"URL": "http://127.0.0.1:9/", "SECRET": f"whsec_{'MfKQ' * 8}"},
}
CHAT = {
    "BACKEND": "errorkit.delivery.channels.slack.SlackChannel",
    "OPTIONS": {"TOKEN": "xoxb-1", "CHANNEL": "C1"},
}


@pytest.fixture(autouse=True)
def channels(settings: Any) -> None:
    settings.ERRORKIT = {"CHANNELS": {"hook": HOOK, "chat": CHAT}}


@pytest.fixture
def keeper(log_in, django_user_model) -> Client:
    django_user_model.objects.create_user("ada")
    return log_in("add_contactmethod", "change_contactmethod", "view_contactmethod")


def typed(channel: str, address: str) -> dict[str, Any]:
    return {
        "person": "ada",
        "channel": channel,
        "address": address,
        "position": 1,
        "delay_minutes": 0,
        "enabled": "on",
    }


@pytest.mark.parametrize(
    ("channel", "address", "complaint"),
    [
        ("oncall", "", "Enter a valid email address."),
        ("oncall", "ada at example", "Enter a valid email address."),
        ("hook", "http://example.com/ada", "the URL must begin with https://"),
        ("hook", "ada@example.com", "the URL must begin with https://"),
    ],
)
def test_form_says_what_is_wrong_when_the_channel_cannot_use_the_address(
    keeper: Client, channel: str, address: str, complaint: str
) -> None:
    response = keeper.post(f"{list_url('contactmethod')}add/", typed(channel, address))

    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not ContactMethod.objects.exists()


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("oncall", "ada@example.com"),
        ("hook", "https://example.com/ada"),
        ("hook", ""),
        ("chat", "U012345"),
    ],
)
def test_way_is_kept_when_the_channel_can_use_the_address(
    keeper: Client, channel: str, address: str
) -> None:
    response = keeper.post(f"{list_url('contactmethod')}add/", typed(channel, address))

    assert response.status_code == 302, response.content.decode()
    [method] = ContactMethod.objects.all()
    assert (method.channel, method.address, method.verified_at) == (channel, address, None)
