"""Celery's signals: failures of the host's tasks become occurrences, and the request ID travels with each task.

Imported only by a process that has loaded Celery.
"""

import logging
from typing import Any

from celery import signals

from errorkit.conf import get_config
from errorkit.reports import scope
from errorkit.request_ids import BindingToken, bind, get_request_id, make_request_id, unbind

logger = logging.getLogger("errorkit")

HEADER = "errorkit_request_id"
OWN_TASKS = "errorkit."

# What was bound before each running task, by task id; a task may run another one eagerly.
_tokens: dict[str, BindingToken] = {}


def connect() -> None:
    """Connect the receivers; connecting twice changes nothing."""
    signals.before_task_publish.connect(send_request_id, dispatch_uid="errorkit.publish")
    signals.task_prerun.connect(bind_request_id, dispatch_uid="errorkit.prerun")
    signals.task_postrun.connect(unbind_request_id, dispatch_uid="errorkit.postrun")
    signals.task_failure.connect(capture_task, dispatch_uid="errorkit.failure")
    signals.task_retry.connect(capture_retry, dispatch_uid="errorkit.retry")


def send_request_id(headers: Any = None, **_: Any) -> None:
    """Give the message the ID of the request that sends it."""
    request_id = get_request_id()
    if request_id and isinstance(headers, dict):
        headers.setdefault(HEADER, request_id)


def bind_request_id(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Let the task run under the ID that it was sent with.

    A task that runs eagerly, inside the request, keeps the request's; one that nobody's request sent gets an ID of its own.
    """
    request = getattr(task, "request", None)
    request_id = getattr(request, HEADER, None)
    if not isinstance(request_id, str):
        if get_request_id() is not None and getattr(request, "is_eager", False):
            return
        request_id = make_request_id()
    _tokens[task_id] = bind(request_id)
    if not getattr(request, "is_eager", False):
        scope.clear()


def unbind_request_id(task_id: str = "", **_: Any) -> None:
    """Restore what was bound before the task."""
    token = _tokens.pop(task_id, None)
    if token is not None:
        unbind(token)


def capture_task(
    sender: Any = None, task_id: str = "", exception: BaseException | None = None, **_: Any
) -> None:
    """Capture a task's final failure; what its author declared as expected (`throws`) is none."""
    if get_config().capture_celery != "off" and not isinstance(exception, _expected(sender)):
        _capture(sender, task_id, exception)


def capture_retry(sender: Any = None, request: Any = None, **extra: Any) -> None:
    """Capture an attempt that is to be repeated, where every attempt is wanted."""
    if get_config().capture_celery != "all":
        return
    reason = extra.get("reason")
    exception = getattr(reason, "exc", None)
    if isinstance(exception, BaseException):
        _capture(sender, str(getattr(request, "id", "")), exception)


def _expected(task: Any) -> tuple[type[BaseException], ...]:
    return tuple(getattr(task, "throws", None) or ())


def _capture(task: Any, task_id: str, exception: BaseException | None) -> None:
    name = str(getattr(task, "name", ""))
    if exception is None or name.startswith(OWN_TASKS):
        return
    try:
        from errorkit.capture import capture_exception

        retries = getattr(getattr(task, "request", None), "retries", 0)
        about = {"name": name, "id": task_id, "retries": retries}
        capture_exception(exception, kind="task", context={"task": about}, handled=False)
    except Exception:
        # A receiver's exception would be logged by Celery as the host's.
        logger.exception("A task's failure could not be captured.")
