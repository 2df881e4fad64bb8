import pytest

from errorkit.reports.browsers import browser_of
from tests.factories import make_report, make_request

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome"),
        (f"{CHROME} Edg/140.0", "Edge"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari"),
        ("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (compatible; ExampleBot/2.1)", "bot"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "Python"),
        ("x" * 100_000, "other"),
        ("", ""),
    ],
)
def test_browser_is_named_when_it_names_itself(agent, name) -> None:
    assert browser_of(make_report(request=make_request(headers={"User-Agent": agent}))) == name


def test_browser_is_empty_when_nothing_was_asked() -> None:
    assert browser_of(make_report(request=None)) == ""
