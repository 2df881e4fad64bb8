"""Time the parts of a report: 12 calls with the locals of a shop's checkout, in microseconds.

Run with `python -m benchmarks.reports`. The 10th percentile is what a machine without other work gives.
"""

import os
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter_ns
from typing import Any

ROUNDS = 3000
DEPTH = 12


class Order:
    """Something that has no plain text."""


def checkout(depth: int, request: Any, order: Any, customer: dict[str, Any]) -> Any:
    """Fail at the bottom of some calls, each with locals of its own: plain ones, containers, secrets."""
    total, created, retry = Decimal("129.90") + depth, datetime.now(UTC), False
    form = {
        "password": "correct horse battery",
        "card_number": "4111 1111 1111 1111",
        "quantity": depth,
    }
    headers = {"Authorization": "Bearer abcdef0123456789", "Accept": "text/html"}
    lines = [{"sku": f"SKU-{number}", "quantity": depth} for number in range(3)]
    if depth == 1:
        raise ValueError(f"cannot charge {total} for {lines[0]['sku']} since {created}")
    result = checkout(depth - 1, request, order, customer)
    return result, retry, form, headers


def fail(request: Any) -> BaseException:
    """Return an exception with a traceback of DEPTH calls."""
    customer = {"id": 17, "name": "Ada Lovelace", "tags": ["vip", "new"]}
    try:
        checkout(DEPTH, request, Order(), customer)
    except ValueError as error:
        return error
    raise AssertionError("checkout must fail")


def make_request() -> Any:
    """Return what a browser sends."""
    from django.test import RequestFactory
    from django.urls import ResolverMatch

    request = RequestFactory().post(
        "/shop/checkout/17/?next=/thanks/&token=abcdef123456",
        headers={
            "Authorization": "Bearer abcdef0123456789abcdef",
            "Cookie": "sessionid=0123456789abcdef0123456789abcdef; csrftoken=fedcba9876543210fedcba9876543210",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130 Safari/537.36",
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.5",
            "Referer": "https://shop.example.com/basket/",
        },
    )
    request.resolver_match = ResolverMatch(
        checkout, (), {"pk": 17}, route="shop/checkout/<int:pk>/"
    )
    return request


def measure(name: str, function: Callable[[], Any]) -> None:
    """Print the median and the 10th percentile of many calls."""
    samples = []
    for _ in range(ROUNDS):
        start = perf_counter_ns()
        function()
        samples.append((perf_counter_ns() - start) / 1000)
    print(
        f"{name:<42}{statistics.median(samples):9.1f}{statistics.quantiles(samples, n=10)[0]:9.1f}"
    )


def main() -> None:
    """Measure each part and the whole."""
    from errorkit.conf import get_config
    from errorkit.reports.build import build_report
    from errorkit.reports.fingerprints import fingerprint_of
    from errorkit.reports.outline import outline_of

    request = make_request()
    config = get_config()
    exc = fail(request)
    outline = outline_of(exc, config)
    key, parts = fingerprint_of(outline, config)

    def build(full: bool) -> Any:
        return build_report(
            outline,
            fingerprint=key,
            parts=parts,
            kind="request",
            full=full,
            request=request,
            status=500,
            request_id="r" * 32,
            config=config,
        )

    def everything() -> None:
        fingerprint_of(outline_of(exc, config), config)
        build(True).to_json()

    report = build(True)
    print(f"{len(report.exceptions[0].frames)} frames, {len(report.to_json())} bytes of JSON")
    print(f"{'microseconds, of ' + str(ROUNDS):<42}{'median':>9}{'p10':>9}")
    measure("outline", lambda: outline_of(exc, config))
    measure("fingerprint", lambda: fingerprint_of(outline, config))
    measure("light report", lambda: build(False))
    measure("full report", lambda: build(True))
    measure("to_json", report.to_json)
    measure("outline, fingerprint, report and JSON", everything)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    main()
