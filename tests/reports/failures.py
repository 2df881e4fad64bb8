"""Failures to build reports from."""

from collections.abc import Callable
from typing import Any

from errorkit.conf import get_config
from errorkit.reports.build import build_report
from errorkit.reports.fingerprints import fingerprint_of
from errorkit.reports.outline import Outline, outline_of
from errorkit.reports.report import Report


def caught(function: Callable[..., Any], *args: Any) -> BaseException:
    """Return what the function raises."""
    try:
        function(*args)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def outline_from(function: Callable[..., Any], *args: Any) -> Outline:
    return outline_of(caught(function, *args), get_config())


def parts_from(function: Callable[..., Any], *args: Any) -> tuple[str, ...]:
    return fingerprint_of(outline_from(function, *args))[1]


def key_from(function: Callable[..., Any], *args: Any) -> str:
    return fingerprint_of(outline_from(function, *args))[0]


def report_of(exc: BaseException, *, full: bool = True, **options: Any) -> Report:
    config = get_config()
    outline = outline_of(exc, config)
    fingerprint, parts = fingerprint_of(outline, config, options.get("request"))
    options.setdefault("kind", "request")
    return build_report(
        outline, fingerprint=fingerprint, parts=parts, full=full, config=config, **options
    )


def report_from(function: Callable[..., Any], *args: Any, **options: Any) -> Report:
    return report_of(caught(function, *args), **options)


def locals_of(report: Report) -> dict[str, str]:
    """Return the locals of the innermost frame that has any."""
    frames = [frame for frame in report.exceptions[0].frames if frame.locals is not None]
    assert frames[-1].locals is not None
    return frames[-1].locals
