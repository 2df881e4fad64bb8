"""The ERRORKIT setting: defaults, what may be written, and what a wrong value says."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from errorkit.conf import ChannelConfig, Config, InApp, get_config, get_problems
from errorkit.conf.readers import READERS


def test_config_has_a_reader_for_every_field() -> None:
    assert {name.lower() for name in READERS} == set(Config.__dataclass_fields__)


def test_config_is_the_default_when_nothing_is_set() -> None:
    with override_settings(ERRORKIT={}):
        assert get_config() == Config()
        assert get_problems() == []


@pytest.mark.parametrize(("debug", "environment"), [(True, "development"), (False, "production")])
def test_environment_follows_debug(debug: bool, environment: str) -> None:
    with override_settings(DEBUG=debug, ERRORKIT={}):
        assert get_config().environment == environment


@pytest.mark.parametrize(
    ("key", "given", "field", "value"),
    [
        ("ENABLED", False, "enabled", False),
        ("ENVIRONMENT", "staging", "environment", "staging"),
        ("API_PREFIXES", ["/api/"], "api_prefixes", ("/api/",)),
        ("REQUEST_ID_HEADER", None, "request_id_header", None),
        ("SPOOL_DIR", Path("/srv/spool"), "spool_dir", "/srv/spool"),
        ("SPOOL_DIR", None, "spool_dir", None),
        ("SWEEP_SECONDS", 15, "sweep_seconds", 15.0),
        ("API_AUTHENTICATION", ["a.B"], "api_authentication", ("a.B",)),
        ("DEPLOY_TOKENS", ["AB" * 32], "deploy_tokens", ("ab" * 32,)),
        (
            "SOURCE_URL",
            "https://git.example.com/{release}/{path}#L{line}",
            "source_url",
            "https://git.example.com/{release}/{path}#L{line}",
        ),
        ("SOURCE_URL", None, "source_url", None),
        ("COUNT_REQUESTS", "shop.count", "count_requests", "shop.count"),
        ("AUTO_RESOLVE_DAYS", 30, "auto_resolve_days", 30.0),
        ("AUTO_RESOLVE_DAYS", None, "auto_resolve_days", None),
        ("RELEASE_GRACE_DAYS", 7, "release_grace_days", 7.0),
        ("IN_APP", {"include": ["shop"]}, "in_app", InApp(include=("shop",))),
        ("STATUS_MAP", {"shop.Down": 503}, "status_map", {"shop.Down": 503}),
        (
            "CHANNELS",
            {"hook": {"BACKEND": "a.B", "OPTIONS": {"URL": "x"}}},
            "channels",
            {"hook": ChannelConfig(backend="a.B", options={"URL": "x"})},
        ),
    ],
)
def test_config_reads_a_value(key: str, given: Any, field: str, value: Any) -> None:
    with override_settings(ERRORKIT={key: given}):
        assert getattr(get_config(), field) == value
        assert get_problems() == []


def test_limits_keep_their_other_defaults_when_one_is_given() -> None:
    with override_settings(ERRORKIT={"LIMITS": {"rows_per_hour": 10}}):
        limits = get_config().limits

    assert (limits.rows_per_hour, limits.burst) == (10, 20)


@pytest.mark.parametrize(
    ("errorkit", "key", "words"),
    [
        ({"ENABLED": "yes"}, "ENABLED", "must be True or False"),
        ({"ENVIRONMENT": ""}, "ENVIRONMENT", "must be a text"),
        ({"API_PREFIXES": "/api/"}, "API_PREFIXES", "must be a list of texts"),
        ({"LOCALS": "some"}, "LOCALS", "must be one of off, app, all"),
        ({"SWEEP_SECONDS": 0}, "SWEEP_SECONDS", "seconds above 0"),
        ({"AUTO_RESOLVE_DAYS": 0}, "AUTO_RESOLVE_DAYS", "days above 0"),
        ({"RELEASE_GRACE_DAYS": 1e9}, "RELEASE_GRACE_DAYS", "days above 0"),
        ({"SOURCE_URL": "javascript:{path}"}, "SOURCE_URL", "must begin with https://"),
        ({"SOURCE_URL": "https://git.example.com/"}, "SOURCE_URL", "hold {path}"),
        ({"SOURCE_URL": "https://x/{path}/{path.__class__}"}, "SOURCE_URL", "no braces but"),
        ({"SOURCE_URL": "https://x/{path}/{"}, "SOURCE_URL", "no braces but"),
        ({"STATUS_MAP": {"shop.Down": 404}}, "STATUS_MAP", "500 to 599"),
        ({"LIMITS": {"rows": 1}}, "LIMITS", "has no rows; known are burst"),
        ({"CHANNELS": {"a": "b"}}, "CHANNELS", "must look like"),
        ({"CHANNELS": {"a": {"BACKEND": "b", "TIMEOUT": 1}}}, "CHANNELS", "unknown keys: TIMEOUT"),
        ({"IGNORE": "shop.Down"}, "IGNORE", "must be a list"),
        ({"SPOOL_DIR": 3}, "SPOOL_DIR", ""),
        ({"ENVIROMENT": "staging"}, "ENVIROMENT", "has no key 'ENVIROMENT'"),
    ],
)
def test_wrong_value_is_a_problem_and_the_rest_still_counts(
    errorkit: dict[str, Any], key: str, words: str
) -> None:
    with override_settings(ERRORKIT={**errorkit, "RELEASE": "1.2"}):
        (problem,) = get_problems()

        assert problem.key == key
        assert words in problem.message
        assert get_config().release == "1.2"


def test_setting_that_is_no_dict_is_a_problem() -> None:
    with override_settings(ERRORKIT=["ENABLED"]):
        assert [problem.key for problem in get_problems()] == ["ERRORKIT"]


def test_unknown_key_names_the_nearest_known_one() -> None:
    with (
        override_settings(ERRORKIT={"DEAD_MAN_URL": "https://example.org"}),
        pytest.raises(SystemCheckError, match=r"(?s)errorkit\.E001.*Did you mean 'DEADMAN_URL'"),
    ):
        call_command("check", "--tag", "errorkit")
