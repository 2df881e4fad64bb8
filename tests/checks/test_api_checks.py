import pytest

from errorkit.checks.api import check_api, check_counter


@pytest.mark.parametrize(
    ("paths", "ids"),
    [
        (["rest_framework.authentication.BasicAuthentication"], []),
        (["nowhere.Authentication", "Authentication"], ["errorkit.E601"] * 2),
        ([], []),
    ],
)
def test_authentication_is_reported_when_it_cannot_be_imported(settings, paths, ids):
    settings.ERRORKIT = {"API_AUTHENTICATION": paths}
    assert [each.id for each in check_api()] == ids


@pytest.mark.parametrize(
    ("path", "ids"),
    [(None, []), ("math.hypot", []), ("nowhere.count", ["errorkit.W602"])],
)
def test_counter_is_reported_when_it_cannot_be_imported(settings, path, ids):
    settings.ERRORKIT = {"COUNT_REQUESTS": path}
    assert [each.id for each in check_counter()] == ids
