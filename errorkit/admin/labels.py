"""Names for fields that stand in a table, where the admin gives them none of their own."""

from typing import Any

from django import forms


def name_fields(form: forms.BaseForm) -> None:
    """Let every field say its label to those who cannot see the head of its column."""
    for field in form.fields.values():
        # The wrapper that the admin puts around a choice hides the widget.
        widget = field.widget.widget if hasattr(field.widget, "widget") else field.widget
        widget.attrs["aria-label"] = field.label


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of a list that can be edited in place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(self)
