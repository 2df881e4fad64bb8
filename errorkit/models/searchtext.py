"""What the search looks through: one row for each incident."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models
from django.db.backends.ddl_references import Statement
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident

# The words are made by `reports.words`, so PostgreSQL has to parse nothing and needs no dictionary, no trigger and no extension.
VECTOR = "array_to_tsvector(string_to_array(%(expressions)s, ' '))"


class WordsIndex(models.Index):
    """A GIN index on PostgreSQL. Nowhere else is there one: SQLite and MariaDB read the texts."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Return the statement that makes it; elsewhere one that does nothing, because Django runs whatever it gets."""
        if schema_editor.connection.vendor != "postgresql":
            return Statement("SELECT 1")
        quote = schema_editor.quote_name
        column = quote(model._meta.get_field(self.fields[0]).column)
        return Statement(
            "CREATE INDEX %(name)s ON %(table)s USING gin (%(vector)s)",
            name=quote(self.name),
            table=quote(model._meta.db_table),
            vector=VECTOR % {"expressions": column},
        )

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> Any:
        """Return the statement that drops it."""
        if schema_editor.connection.vendor != "postgresql":
            return Statement("SELECT 1")
        return super().remove_sql(model, schema_editor, **kwargs)


class SearchTextQuerySet(models.QuerySet["SearchText"]):
    """Questions about texts."""

    def holding(self, words: Sequence[str]) -> "SearchTextQuerySet":
        """Return the texts that hold, for each of the words, one that begins with it."""
        if connections[self.db].vendor == "postgresql":
            return self.filter(_matches(words))
        found = Q()
        for word in words:
            found &= Q(words__startswith=word) | Q(words__contains=f" {word}")
        return self.filter(found)


def _matches(words: Sequence[str]) -> Any:
    # A word has only letters, digits and underscores: there is nothing in it to escape.
    query = " & ".join(f"'{word}':*" for word in words)
    return Func(
        Func(F("words"), template=VECTOR),
        Func(Value(query), template="(%(expressions)s)::tsquery"),
        template="(%(expressions)s)",
        arg_joiner=" @@ ",
        output_field=models.BooleanField(),
    )


class SearchText(models.Model):
    """The words of an incident's title, place and newest full traceback, as the digest last read them at `read_at`.

    It has a table of its own because the row of an incident changes with every batch, and each change would go through the index.
    """

    incident = models.OneToOneField(
        Incident,
        models.CASCADE,
        primary_key=True,
        related_name="search_text",
        verbose_name=_("incident"),
    )
    words = models.TextField(_("words"), blank=True)
    read_at = models.DateTimeField(_("read at"), default=timezone.now)

    objects = SearchTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("search text")
        verbose_name_plural = _("search texts")
        indexes = [WordsIndex(fields=["words"], name="errorkit_search_text_words")]

    def __str__(self) -> str:
        return self.words[:50]
