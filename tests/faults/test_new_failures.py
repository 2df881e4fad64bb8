"""Several processes meet the same new failures at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.processes import wait_until
from tests.services import EVERY_DATABASE
from tests.sites import Site

# Every other failure comes from a request that has the database open, and so is written directly.
VIEWS = "\n".join(
    [
        "from django.contrib.auth.models import User",
        "failures = {}",
        *(
            f"def fail_{number}():\n"
            f"    if {number} % 2: User.objects.count()\n"
            f"    raise RuntimeError('failure {number}')\n"
            f"failures[{number}] = fail_{number}"
            for number in range(20)
        ),
        "def fail(request, number):\n    failures[number]()",
    ]
)
URLS = 'path("fail/<int:number>/", views.fail),'


@pytest.mark.parametrize("engine", EVERY_DATABASE)
def test_counts_are_exact_when_processes_meet_new_failures_at_once(
    make_site: Callable[..., Site], engine: str
) -> None:
    site = make_site(engine=engine, views=VIEWS, urls=URLS)
    site.start("gthread", workers=4, threads=8)

    limits = httpx.Limits(max_connections=32)
    with (
        httpx.Client(
            base_url=site.url, trust_env=False, verify=False, timeout=60, limits=limits
        ) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        answers = pool.map(lambda number: client.get(f"/fail/{number % 20}/"), range(640))
        failed = sum(answer.status_code == 500 for answer in answers)

    assert failed == 640
    wait_until(
        lambda: site.evaluate("sum(Incident.objects.values_list('times_seen', flat=True))") >= 640,
        60,
        what="640 failures counted",
    )
    assert site.evaluate(
        "[list(Incident.objects.values_list('times_seen', flat=True)),"
        " Occurrence.objects.count(), Occurrence.objects.filter(incident=None).count(),"
        " sum(HourlyCount.objects.values_list('count', flat=True)), Activity.objects.count()]"
    ) == [[32] * 20, 640, 0, 640, 20]
