from typing import Any

import pytest

from errorkit.checks.scrubbing import check_scrub
from errorkit.reports.scrubbing import scrub


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"PATTERNS": [r"fine-\d+", "(open"]}, "'(open', which does not compile"),
        ({"PATTERNS": "abc"}, "['PATTERNS'] must be a list of texts"),
        ({"NAMES": [1]}, "['NAMES'] must be a list of texts"),
        ({"NAME": ["account"]}, "has no key 'NAME'"),
    ],
)
def test_e301_when_a_rule_cannot_be_used(settings: Any, rules: dict[str, Any], said: str) -> None:
    settings.ERRORKIT = {"SCRUB": rules}

    [message] = check_scrub()

    assert message.id == "errorkit.E301"
    assert said in message.msg


def test_no_e301_when_every_rule_can_be_used(settings: Any) -> None:
    settings.ERRORKIT = {
        "SCRUB": {"NAMES": ["account"], "KEEP": ("token",), "ALLOW": [], "PATTERNS": [r"\d{9}"]}
    }

    assert check_scrub() == []


def test_other_rules_stay_in_force_when_one_pattern_does_not_compile(settings: Any) -> None:
    settings.ERRORKIT = {"SCRUB": {"NAMES": ["account"], "PATTERNS": ["(open", r"\d{9}"]}}

    assert scrub({"account": "x7", "text": "123456789"}) == {
        "account": "[redacted]",
        "text": "[redacted]",
    }
