"""The demo site for a WSGI server."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# The demo has no web server in front of it, so it hands out its style sheets itself.
application = StaticFilesHandler(get_wsgi_application())
