"""What a process loads that never serves the API."""

import subprocess
import sys

PROGRAM = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != "rest_framework"]
settings.ROOT_URLCONF = "tests.rest.urls"
django.setup()
from django.urls import reverse
from django.test import RequestFactory
from django.core.checks import run_checks
assert reverse("errorkit:api", args=["incidents/"]) == "/errorkit/api/incidents/"
run_checks()
assert "rest_framework" not in sys.modules
"""


def test_rest_framework_is_not_loaded_when_only_urls_are_resolved():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr[-2000:]
