"""Views text that the sites of this folder fail with."""

VIEWS = """
import sys
from django.db import connection, transaction
from django.http import HttpResponse, JsonResponse


def fine(request):
    return HttpResponse("fine")


def boom(request):
    password = "hunter2-local"
    raise RuntimeError("the view failed for hunter2-local")


async def async_boom(request):
    raise RuntimeError("the async view failed")


def returns_none(request):
    return None


def query_then_boom(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    raise RuntimeError("failed after a query")


def atomic_boom(request):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        raise RuntimeError("failed inside atomic")


def broken_sql(request):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")


def on_purpose(request):
    return JsonResponse({"mine": True}, status=500)


def session_boom(request):
    request.session["seen"] = 1
    raise RuntimeError("failed with a session")
"""

URLS = """
path("fine/", views.fine),
path("boom/", views.boom),
path("async-boom/", views.async_boom),
path("none/", views.returns_none),
path("query-then-boom/", views.query_then_boom),
path("atomic-boom/", views.atomic_boom),
path("broken-sql/", views.broken_sql),
path("on-purpose/", views.on_purpose),
path("session-boom/", views.session_boom),
"""

OUTER_ATOMIC = """
from django.db import transaction


class OuterAtomic:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with transaction.atomic():
            return self.get_response(request)


class Fails:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/middleware/":
            raise RuntimeError("the middleware failed")
        return self.get_response(request)
"""
