"""The demo site: a small Django project that uses errorkit as any host would."""

from project.celery import app as celery_app

__all__ = ["celery_app"]
