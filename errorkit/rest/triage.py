"""What people do to an incident by the API: each answers whether that changed it, and the incident as it is now."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.incidents import care, merging, triage
from errorkit.incidents.triage import Actor
from errorkit.oncall.people import find_person
from errorkit.rest.base import Endpoint
from errorkit.rest.fields import Moment

MOST_TEXT = 10_000
LONGEST = timedelta(days=90)


class Nothing(serializers.Serializer[Any]):
    """Nothing has to be said."""


class Note(serializers.Serializer[Any]):
    """Why, in the words of whoever does it."""

    text = serializers.CharField(max_length=MOST_TEXT, required=False, allow_blank=True, default="")


class Resolution(Note):
    """Why, and in which release it is mended: the one that is named, or whatever comes next; neither of them: now."""

    release = serializers.CharField(max_length=128, required=False)
    next_release = serializers.BooleanField(required=False, default=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Refuse both at once."""
        if data["next_release"] and data.get("release"):
            raise serializers.ValidationError("Name a release, or take the next one.")
        return data


class Rest(serializers.Serializer[Any]):
    """How long nobody is alerted: until a time, for so many more, or while an hour has no more than is usual. Exactly one of them."""

    until = Moment(required=False)
    more = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    while_usual = serializers.BooleanField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Refuse none, several, and times that have gone or are far away."""
        if sum(bool(value) for value in data.values()) != 1:
            raise serializers.ValidationError("Say one of until, more and while_usual.")
        until = data.get("until")
        if until and not timezone.now() < until <= timezone.now() + LONGEST:
            raise serializers.ValidationError({"until": "It ends within 90 days."})
        return data


class Owner(serializers.Serializer[Any]):
    """User name or mail address of who looks after it; empty: nobody."""

    owner = serializers.CharField(max_length=254, allow_blank=True)

    def validate_owner(self, name: str) -> Actor:
        """Look the person up."""
        if not name:
            return care.NOBODY
        person = find_person(name)
        if person is None:
            raise serializers.ValidationError("There is no active user of this name.")
        return Actor(user_id=person.user_id, label=person.label)


class Target(serializers.Serializer[Any]):
    """The incident that it becomes a part of."""

    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class TriageMixin(Endpoint):
    """The verbs; `row_class` writes the incident."""

    row_class: type[serializers.BaseSerializer[Any]]

    @action(detail=True, methods=["post"], serializer_class=Note)
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you are on it."""
        return self._change(triage.acknowledge)

    @action(detail=True, methods=["post"], serializer_class=Resolution)
    def resolve(self, request: Request, pk: str) -> Response:
        """Call it mended, now or in a release; what should not happen any more opens it again."""
        return self._change(_resolve)

    @action(detail=True, methods=["post"], serializer_class=Note)
    def ignore(self, request: Request, pk: str) -> Response:
        """Go on counting and tell nobody."""
        return self._change(triage.ignore)

    @action(detail=True, methods=["post"], serializer_class=Note)
    def reopen(self, request: Request, pk: str) -> Response:
        """Take back that it is acknowledged, resolved or ignored."""
        return self._change(triage.reopen)

    @action(detail=True, methods=["post"], serializer_class=Rest)
    def snooze(self, request: Request, pk: str) -> Response:
        """Alert nobody about it for now."""
        return self._change(_snooze)

    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def wake(self, request: Request, pk: str) -> Response:
        """Take a snooze back."""
        return self._change(care.wake)

    @action(detail=True, methods=["post"], serializer_class=Owner)
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to somebody, or to nobody."""
        return self._change(care.assign)

    @action(detail=True, methods=["post"], serializer_class=Target)
    def merge(self, request: Request, pk: str) -> Response:
        """Make it a part of another incident of its environment; what comes later follows."""
        return self._change(merging.merge)

    @action(detail=True, methods=["post"], serializer_class=Nothing)
    def split(self, request: Request, pk: str) -> Response:
        """Take its merge back."""
        return self._change(_split)

    def _change(self, change: Callable[..., Any]) -> Response:
        incident, said = self.get_object(), self.get_serializer(data=self.request.data)
        said.is_valid(raise_exception=True)
        act = partial(change, actor=Actor.of(self.request.user))
        changed = act([incident.pk], **said.validated_data)
        incident.refresh_from_db()
        return Response({"changed": bool(changed), "incident": self.row_class(incident).data})


def _resolve(
    ids: list[int], *, actor: Actor, text: str, release: str = "", next_release: bool
) -> int:
    if next_release:
        return triage.resolve_in_next_release(ids, actor=actor, text=text)
    return triage.resolve(ids, actor=actor, text=text, release=release)


def _snooze(ids: list[int], *, actor: Actor, **how: Any) -> int:
    if how.get("until"):
        return care.snooze(ids, until=how["until"], actor=actor)
    if how.get("more"):
        return care.snooze_for_more(ids, more=how["more"], actor=actor)
    return care.snooze_while_usual(ids, actor=actor)


def _split(ids: list[int], *, actor: Actor) -> int:
    return sum(merging.split(pk, actor=actor) for pk in ids)
