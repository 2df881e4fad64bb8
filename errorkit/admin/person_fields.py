"""Form fields in which people are typed as they log in, and kept as an id and a label."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from errorkit.oncall import people
from errorkit.oncall.rota import Person


class PersonField(forms.CharField):
    """One person, by user name or mail address. The value is a Person, or None where nothing was typed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("User"))
        kwargs.setdefault("help_text", _("User name or mail address"))
        super().__init__(max_length=254, **kwargs)

    def clean(self, value: Any) -> Person | None:
        """Look the person up."""
        name = super().clean(value)
        return find(name) if name else None


class PeopleField(forms.CharField):
    """Several people in their order, one per line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 40})

    def clean(self, value: Any) -> list[Person]:
        """Look each of them up."""
        return [find(line.strip()) for line in super().clean(value).splitlines() if line.strip()]


def find(name: str) -> Person:
    """Return the active person of this name; raises ValidationError if there is none."""
    person = people.find_person(name)
    if person is None:
        raise forms.ValidationError(_("There is no active user “%s”.") % name)
    return person


def listed(chosen: Iterable[tuple[str, str]]) -> str:
    """Return what stands in a field for people (id and label) who were chosen before, one per line."""
    chosen = list(chosen)
    accounts = people.accounts(user_id for user_id, _label in chosen) or {}
    logins = {user_id: account.login for user_id, account in accounts.items()}
    return "\n".join(logins.get(user_id) or label for user_id, label in chosen)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form with people in it; `people` names the form's field and the columns of id and label for each."""

    people: Sequence[tuple[str, str, str]] = (("person", "user_id", "label"),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, id_column, label_column in self.people:
            user_id = getattr(self.instance, id_column)
            if user_id:
                self.initial[field] = listed([(user_id, getattr(self.instance, label_column))])

    def _post_clean(self) -> None:
        for field, id_column, label_column in self.people:
            # What was not touched stays, also where the account is gone.
            if field in self.changed_data and field in self.cleaned_data:
                person = self.cleaned_data[field]
                setattr(self.instance, id_column, person.user_id if person else "")
                setattr(self.instance, label_column, person.label if person else "")
        super()._post_clean()  # type: ignore[misc]
