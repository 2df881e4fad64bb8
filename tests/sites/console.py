"""A process inside a site that runs what it is told, line by line; starting one for each look would take most of the suite's time.

{"kind": "eval", "code": "Incident.objects.count()"}  ->  {"value": 3}
{"kind": "exec", "code": "print(1)"}                  ->  {"value": "1\\n"}
"""

import contextlib
import io
import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any


def main() -> None:
    """Answer orders until standard input ends."""
    # Whatever else is printed here goes to stderr, also by code below Python.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import django

    django.setup()
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line)), default=str) + "\n")
        answers.flush()


def answer(order: dict[str, str]) -> dict[str, Any]:
    """Run one order on fresh connections, so that nothing seen is stale and nothing is held."""
    from django.apps import apps
    from django.db import connections

    names: dict[str, Any] = {"__name__": "console"}
    if apps.is_installed("errorkit"):
        names |= vars(import_module("errorkit.models"))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            if order["kind"] == "eval":
                value = json.loads(json.dumps(eval(order["code"], names), default=str))
                return {"value": value}
            exec(order["code"], names)
            return {"value": printed.getvalue()}
    except BaseException:
        return {"error": traceback.format_exc()}
    finally:
        connections.close_all()


if __name__ == "__main__":
    main()
