"""Is this the host's own test run? Then errorkit starts nothing and leaves nothing behind."""

import sys

_live = 0


def in_host_test() -> bool:
    """Return whether Django's test environment is set up and `errorkit.testing.live()` is not in force.

    The module that sets it up is not imported for the question: production never loads it.
    """
    if _live:
        return False
    utils = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")


def go_live() -> None:
    """Behave as in production until `leave_live` has been called as often."""
    global _live  # noqa: PLW0603 - one switch for the whole process
    _live += 1


def leave_live() -> None:
    """Undo one `go_live`."""
    global _live  # noqa: PLW0603
    _live -= 1
