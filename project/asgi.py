"""The demo site for an ASGI server."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# The demo has no web server in front of it, so it hands out its style sheets itself.
application = ASGIStaticFilesHandler(get_asgi_application())
