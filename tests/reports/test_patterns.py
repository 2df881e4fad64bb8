import time

import pytest

from errorkit.reports.patterns import MASK, hide_patterns

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"got {JWT}, why", f"got {MASK}, why"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAA=\n-----END RSA PRIVATE KEY-----!", f"{MASK}!"),
        ("postgres://bob:s3cr3t@db:5432/shop", f"postgres://{MASK}@db:5432/shop"),
        ("postgres://bob:p@ss@db:5432/shop", f"postgres://{MASK}@db:5432/shop"),
        (
            "https://0123456789abcdef0123456789abcdef@o1.ingest.example/4",
            f"https://{MASK}@o1.ingest.example/4",
        ),
        ("postgres://bob:p/ss@db:5432/shop", f"postgres://{MASK}@db:5432/shop"),
        ("redis://:s3cr3t@cache/0", f"redis://{MASK}@cache/0"),
        ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {MASK}"),
        ("sent Bearer abcdef123456 there", f"sent Bearer {MASK} there"),
        ("sent basic Ym9iOnMzY3IzdA== there", f"sent basic {MASK} there"),
        ("key AKIAIOSFODNN7EXAMPLE.", f"key {MASK}."),
        ("ghp_" + "a1" * 18, MASK),
        ("github_pat_" + "a1" * 20, MASK),
        ("glpat-" + "a" * 20, MASK),
        ("xoxb-123456789012-abcdef", MASK),
        ("https://hooks.slack.com/services/T000/B000/XXXX", f"https://{MASK}"),
        ("sk" + "_live_" + "a1" * 12, MASK),
        ("AIza" + "a" * 35, MASK),
        ("4111 1111 1111 1111", MASK),
        ("card 4111-1111-1111-1111 declined", f"card {MASK} declined"),
        ("4111111111111111", MASK),
        ("378282246310005", MASK),
        ("3782 822463 10005", MASK),
        ("password=hunter2&page=2", f"password={MASK}&page=2"),
        ('{"password": "hunter2", "page": 2}', f'{{"password": "{MASK}", "page": 2}}'),
        ("{'api_key': 'a b', 'page': 2}", f"{{'api_key': '{MASK}', 'page': 2}}"),
        ('\'{\\"token\\": \\"abc\\"}\'', f'\'{{\\"token\\": \\"{MASK}\\"}}\''),
        (
            "host=db user=bob password=s3cr3t dbname=shop",
            f"host=db user=bob password={MASK} dbname=shop",
        ),
        ("PWD=s3cr3t;", f"PWD={MASK};"),
        ("İPassword: geheim", f"İPassword: {MASK}"),
    ],
)
def test_secret_is_hidden_when_it_looks_like_one(text: str, clean: str) -> None:
    assert hide_patterns(text) == clean
    assert hide_patterns(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing to see",
        "4111 1111 1111 1112 fails the checksum",
        "order 17321055431234",
        "https://example.com/a:b?c=d",
        "https://example.com/users/@ada",
        "https://example.com:8000/users/@ada",
        "mail to ada@example.com",
        "password is wrong",
        "password=None token='' secret=[redacted]",
        "0000000000000000",
        "UUID('f5944955-cc54-493e-94f6-dd9923a96cf8')",
        "risk-free desk-top",
        "hf_hub and npm_config",
    ],
)
def test_text_stays_the_same_object_when_nothing_is_secret(text: str) -> None:
    assert hide_patterns(text) is text


def test_code_stays_when_only_names_stand_in_source() -> None:
    source = 'token = request.GET["token"]\npassword = form.cleaned_data\nsecret = "hunter2"'

    assert hide_patterns(source, source=True) == source.replace("hunter2", MASK)


@pytest.mark.parametrize(
    "unit",
    [
        "eyJ", "://", "://a:", "password", "password=", 'password="', "passwordpassword='\\", "4 ", "41", "-----BEGIN PRIVATE KEY-----",
        "Bearer ", "a@", "sk-", "token: ", "\\\"", "Basic a", "1111-",
    ],
)  # fmt: skip
def test_time_is_linear_when_text_is_hostile(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.thread_time()
        hide_patterns(text)
        return time.thread_time() - started

    small = min(seconds(20_000) for _ in range(3))

    # Ten times the text takes ten times as long; quadratic would be a hundred times, of more than a second.
    assert seconds(200_000) < max(small * 60, 1)
