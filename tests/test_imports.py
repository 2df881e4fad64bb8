"""What a web process loads, and what it leaves to those who use it."""

import subprocess
import sys
from collections.abc import Callable

from tests.sites import Site

# Nothing of this has a part in answering a request, or in writing a failure down.
HEAVY = ["apprise", "celery", "icalendar", "pygments", "rest_framework", "sentry_sdk", "urllib3"]
PROGRAM = f"""
import sys
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
application = get_wsgi_application()
answer = application(RequestFactory().get("/boom/").environ, lambda status, headers: print(status))
assert "errorkit.admin.incidents" in sys.modules
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_nothing_heavy_is_loaded_when_a_request_has_failed(make_site: Callable[..., Site]) -> None:
    site = make_site()

    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=site.path,
        env=site.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert run.stdout.splitlines() == ["500 Internal Server Error", "[]"], run.stderr[-2000:]
