"""Pages that cost the same wherever they are: each begins beside a row of the one before it, never at an offset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

SALT = "errorkit.admin.keyset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Beside which row a page lies: that row's values in the columns of the order. `backwards`: the page ends there."""

    order: tuple[str, ...]
    values: tuple[str, ...]
    backwards: bool = False

    def __str__(self) -> str:
        """Return it as a URL carries it. It is signed, so that nobody can put a value there that the database refuses."""
        return signing.dumps([self.order, self.values, self.backwards], salt=SALT)


def read_place(text: str, order: Sequence[str]) -> Place | None:
    """Return the place that a URL names; None for one that is not ours, or of another order."""
    try:
        named, values, backwards = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    if named != list(order):
        return None
    return Place(order=tuple(named), values=tuple(values), backwards=backwards)


def place_of(row: Model, order: Sequence[str], *, backwards: bool = False) -> Place:
    """Return the place of a row; no column of the order may be null."""
    fields = [row._meta.get_field(_column(name, row)) for name in order]
    values = tuple(each.value_to_string(row) for each in fields)  # type: ignore[union-attr]
    return Place(order=tuple(order), values=values, backwards=backwards)


def read_beyond(place: Place, rows: QuerySet[Any], count: int) -> list[Any]:
    """Return that many rows on that side of the place, the nearest first."""
    found: list[Any] = []
    for part in _parts(place, rows.reverse() if place.backwards else rows):
        found += part[: count - len(found)]
        if len(found) == count:
            break
    return found


def _parts(place: Place, rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """Yield the rows beyond the place, first those that share most of its values.

    A database finds the first row of each part by an index of the order. In one query it would read all rows that share the first value.
    """
    bounds = [_bound(*each, place, rows) for each in zip(place.order, place.values, strict=True)]
    shared, last = bounds[:-2], bounds[-2:]
    yield rows.filter(_equal(shared), _after(last))
    while shared:
        *shared, nearest = shared
        yield rows.filter(_equal(shared), _after([nearest]))


class _Bound(NamedTuple):
    name: str
    how: str
    value: Any


def _bound(name: str, text: str, place: Place, rows: QuerySet[Any]) -> _Bound:
    field = rows.model._meta.get_field(_column(name, rows.model))
    how = "lt" if name.startswith("-") != place.backwards else "gt"
    # A generated column reads as the field that it holds.
    return _Bound(field.name, how, getattr(field, "output_field", field).to_python(text))


def _equal(bounds: Sequence[_Bound]) -> Q:
    return Q(**{bound.name: bound.value for bound in bounds})


def _after(bounds: Sequence[_Bound]) -> Q:
    """Return the condition for what comes after one value, or after two of which the second decides between equals."""
    first, *rest = bounds
    after = Q(**{f"{first.name}__{first.how}": first.value})
    if not rest:
        return after
    # The first half says nothing new, but a database uses its index only if it is told so.
    return Q(**{f"{first.name}__{first.how}e": first.value}) & (
        after | (_equal([first]) & _after(rest))
    )


def _column(name: str, model: Any) -> str:
    name = name.removeprefix("-")
    return str(model._meta.pk.name) if name == "pk" else name


class KeysetList(ChangeList):
    """A list that is leafed through in both directions, however long it is. The addresses of the first page and of those beside this one."""

    first = ""
    before = ""
    after = ""

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and one row more to know whether another follows."""
        text, self.page_num = request.GET.get(PAGE_VAR, ""), 1
        super().get_results(request)
        self.first = self.get_query_string()
        if self.multi_page:
            order = [str(each) for each in self.queryset.query.order_by]
            place = read_place(text, order) if text else None
            self.result_list = self._read_page(place, order)

    def _read_page(self, place: Place | None, order: Sequence[str]) -> list[Any]:
        wanted = self.list_per_page + 1
        found = read_beyond(place, self.queryset, wanted) if place else list(self.queryset[:wanted])
        more = len(found) > self.list_per_page
        backwards = place is not None and place.backwards
        if backwards and not more:
            # Fewer rows than a page are left at the beginning.
            return self._read_page(None, order)
        page = found[: self.list_per_page]
        if backwards:
            page.reverse()
        if place and page and (more or not backwards):
            self.before = self._address(place_of(page[0], order, backwards=True))
        if page and (more or backwards):
            self.after = self._address(place_of(page[-1], order))
        return page

    def _address(self, place: Place) -> str:
        return str(self.get_query_string({PAGE_VAR: str(place)}))
