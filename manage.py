#!/usr/bin/env python
"""Run Django's commands, and errorkit's, on the demo site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.management import execute_from_command_line

    import errorkit

    errorkit.capture_uncaught()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
