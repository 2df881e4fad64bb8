"""Pages that cost the same wherever they are: by cursor, never by offset or count."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ByCursor(CursorPagination):
    """A hundred rows, newest first; `page_size` asks for another number up to 500."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering: tuple[str, ...] = ("-id",)
    template = None

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return the rows of the page; raises NotFound for a cursor that we did not make."""
        try:
            return super().paginate_queryset(queryset, request, view)
        # The position in a forged cursor can be any text at all.
        except (ValidationError, ValueError, OverflowError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class ByLastSeen(ByCursor):
    """Incidents, the one seen last first. While one is seen again it moves to the front."""

    ordering = ("-last_seen", "-id")
