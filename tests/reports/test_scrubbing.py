import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from errorkit.conf import get_config
from errorkit.reports.names import names_of
from errorkit.reports.scrubbing import Scrubber, scrub
from errorkit.reports.secrets import Secrets
from errorkit.reports.settings import setting_secrets

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)
SECRET_NAMES = st.sampled_from(["password", "apiKey", "X-Auth-Token", "db_passwd", "card_number"])


def test_scrub_returns_json_safe_values_when_given_anything() -> None:
    value = {
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "id": UUID(int=1),
        "nan": float("nan"),
        "big": 2**70,
        "set": {1},
        "object": object(),
        3: b"raw",
        "text": "a\x00b\ud800",
        "password": "hunter22",
        "note": "it is hunter22",
        "off": None,
    }

    assert scrub(value) == {
        "when": "2026-01-02T00:00:00+00:00",
        "id": "00000000-0000-0000-0000-000000000001",
        "nan": "nan",
        "big": "1180591620717411303424",
        "set": [1],
        "object": "<object object>",
        "3": "b'raw'",
        "text": "a\ufffdb?",
        "password": "[redacted]",
        "note": "it is [redacted]",
        "off": None,
    }


@given(JSON)
def test_scrub_changes_nothing_when_done_twice(value: Any) -> None:
    once = scrub(value)

    json.dumps(once, allow_nan=False).encode()
    assert scrub(once) == once


@pytest.mark.trap("T52")
@given(
    name=SECRET_NAMES,
    secret=st.text(st.characters(exclude_categories=("Cs",)), min_size=6, max_size=60).filter(
        lambda text: text.strip() == text and text not in "[redacted]"
    ),
    around=st.text(max_size=300),
)
def test_secret_does_not_survive_when_it_stands_elsewhere_too(
    name: str, secret: str, around: str
) -> None:
    value = {name: secret, "text": f"{around}{secret}{around}", "list": [secret, {"deep": secret}]}

    text = json.dumps(scrub(value), ensure_ascii=False)

    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in text.replace("[redacted]", "")


def test_spellings_are_hidden_when_a_secret_is_quoted_or_encoded() -> None:
    secrets = Secrets()
    secrets.learn('pa\'ss "wörd"/\\x')

    for text in (
        'pa\'ss "wörd"/\\x',
        repr('pa\'ss "wörd"/\\x'),
        json.dumps('pa\'ss "wörd"/\\x', ensure_ascii=False),
        "pa%27ss%20%22w%C3%B6rd%22/%5Cx",
        "pa%27ss+%22w%C3%B6rd%22%2F%5Cx",
    ):
        assert "rd" not in secrets.hide(text)


def test_parts_are_learnt_when_a_secret_is_an_authorization_header() -> None:
    secrets = Secrets()
    secrets.learn("Basic Ym9iOmh1bnRlcjIyMg==")

    assert secrets.hide("hunter222 and Ym9iOmh1bnRlcjIyMg==") == "[redacted] and [redacted]"


def test_beginning_is_hidden_when_a_text_was_cut_inside_a_secret() -> None:
    scrubber = Scrubber(get_config())
    scrubber.secrets.learn("correcthorsebatterystaple")

    texts = scrubber.texts(["it is 'correcthorse'…", "{'a': 'correct'…, 'b': 1}", "correct…ly"])

    assert texts == ["it is '[redacted]'…", "{'a': '[redacted]'…, 'b': 1}", "[redacted]…ly"]


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@override_settings(
    SECRET_KEY="a-very-secret-key",
    DATABASES={"default": {"PASSWORD": "db-pass-1", "NAME": "shop-database"}},
    CACHES={"default": {"LOCATION": "redis://:cache-pass@localhost"}},
    STRIPE_KEY="k" * 20,
    CSRF_COOKIE_NAME="a-cookie-name",
    CSRF_TRUSTED_ORIGINS=["https://shop.example.com"],
)
def test_settings_are_learnt_when_their_names_are_secret() -> None:
    known = setting_secrets(names_of({}))

    assert {"a-very-secret-key", "db-pass-1", "cache-pass", "k" * 20} <= known
    assert not known & {"shop-database", "a-cookie-name", "https://shop.example.com"}


def test_settings_are_read_again_when_they_change() -> None:
    with override_settings(SECRET_KEY="the-first-key"):
        assert scrub("the-first-key") == "[redacted]"
    with override_settings(SECRET_KEY="the-second-key"):
        assert scrub("the-first-key the-second-key") == "the-first-key [redacted]"


@override_settings(ERRORKIT={"SCRUB": {"PATTERNS": [r"CUST-\d+", "("], "NAMES": ["iban"]}})
def test_site_rules_apply_when_the_setting_has_them() -> None:
    assert scrub({"a": "CUST-123", "my_iban": "DE00 1234"}) == {
        "a": "[redacted]",
        "my_iban": "[redacted]",
    }


@override_settings(ERRORKIT={"SCRUB": {"ALLOW": ["order"]}})
def test_only_allowed_values_stay_when_names_are_allowed() -> None:
    assert scrub({"order": {"order": 3, "customer": "Ada"}, "b": 1}) == {
        "order": {"order": 3, "customer": "[redacted]"},
        "b": "[redacted]",
    }


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["", ""], ["a", "b\x00c", "d\ud800"]])
def test_texts_keep_their_number_when_cleaned(texts: list[str]) -> None:
    clean = Scrubber(get_config()).texts(texts)

    assert len(clean) == len(texts)
    assert not re.search("[\x00\ud800-\udfff]", "".join(clean))
