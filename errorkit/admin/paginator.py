"""Paging that never counts a large table."""

from functools import cached_property

from django.core.paginator import Paginator

MOST = 1_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Count no further than 1,000 rows; the pages go on behind them (see `keyset`)."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, 1,000 at most."""
        return int(self.object_list[:MOST].count())  # type: ignore[attr-defined]

    @property
    def is_cut(self) -> bool:
        """Return whether there may be more rows than were counted."""
        return self.count >= MOST
