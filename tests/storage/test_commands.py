"""The host's commands start also where the database does not answer."""

import os
import subprocess
import sys

from tests.servers import free_port

CHECK = """
import sys
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "errorkit"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "127.0.0.1", "PORT": sys.argv[1]}},
)
import django
django.setup()
from django.core.management import call_command
call_command("check", databases=["default"])
"""


def test_command_starts_when_the_database_is_down() -> None:
    """Checks run before each command; a column of ours must not make them ask the database."""
    ended = subprocess.run(
        [sys.executable, "-c", CHECK, str(free_port())],
        capture_output=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
