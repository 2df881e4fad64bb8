"""What the address of a list may ask for."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest


class NarrowLookups(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that is narrowed by its filters and by the links of the pages, and by no other condition.

    Django takes any condition on a column from the address, such as `payload__contains`: so whoever sees rows could ask, letter by letter, for what
    they may not see in them, and have the database read all of them for it.
    """

    linked: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether the address may ask for that."""
        # PostgreSQL takes no NUL in a text, and says so only when the query runs.
        if "\x00" in value:
            return False
        try:
            self.opts.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:
            return super().lookup_allowed(lookup, value, request)
        return lookup in self.linked or lookup in self._filtered(request)

    def _filtered(self, request: HttpRequest) -> set[str]:
        found: set[str] = set()
        for each in self.get_list_filter(request):
            by: Any = each
            found |= {by, f"{by}__exact"} if isinstance(by, str) else {by.parameter_name}
        return found
