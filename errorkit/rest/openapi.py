"""The API's description in OpenAPI 3.1, by drf-spectacular (`pip install errorkit[openapi]`).

Nothing else imports this module, and the views do not know of it.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiResponse
from rest_framework.views import APIView

from errorkit import __version__
from errorkit.rest.base import Endpoint
from errorkit.rest.deliveries import Deliveries, Retried
from errorkit.rest.deploys import DeployRow, Deploys, DeployToken
from errorkit.rest.fields import Query
from errorkit.rest.incidents import ActivityRow, Changed, Incidents
from errorkit.rest.overview import Overviews
from errorkit.rest.silences import Ended, SilenceRow, Silences

VERBS = (
    "acknowledge",
    "resolve",
    "ignore",
    "reopen",
    "snooze",
    "wake",
    "assign",
    "merge",
    "split",
)

# What a view answers where its own serializer does not tell.
ANSWERS: dict[tuple[type[APIView], str], dict[int, Any]] = {
    **{(Incidents, verb): {200: Changed} for verb in VERBS},
    (Incidents, "comments"): {201: ActivityRow},
    (Deliveries, "retry"): {200: Retried},
    (Deploys, "create"): {200: DeployRow, 201: DeployRow},
    (Silences, "create"): {201: SilenceRow},
    (Silences, "end"): {200: Ended},
}
TAKES_NOTHING = {
    (Deliveries, "retry"),
    (Silences, "end"),
    (Incidents, "wake"),
    (Incidents, "split"),
}
EXPORTS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}

SETTINGS = {
    "TITLE": "errorkit",
    "DESCRIPTION": "Incidents, occurrences and what became of them.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "APPEND_COMPONENTS": {},
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": ["errorkit.rest.schema.add_problem_responses"],
    "SERVERS": [],
    "TAGS": [],
    "SECURITY": [],
    "AUTHENTICATION_WHITELIST": None,
    # A host's own authentication may be one that it cannot describe.
    "DISABLE_ERRORS_AND_WARNINGS": True,
}


class TokenScheme(OpenApiAuthenticationExtension):
    """A pipeline's token, which opens nothing but the recording of a deploy."""

    target_class = DeployToken
    name = "deployToken"

    def get_security_requirement(self, auto_schema: Any) -> Any:
        """Return None where the token opens nothing."""
        return {self.name: []} if auto_schema.method == "POST" else None

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return what it is."""
        return {"type": "http", "scheme": "bearer"}


class OwnSchema(AutoSchema):
    """What the views say about themselves in their own words."""

    def _what(self) -> tuple[type[APIView], str]:
        return type(self.view), getattr(self.view, "action", "")

    def get_request_serializer(self) -> Any:
        """Return None for an action without a body."""
        return None if self._what() in TAKES_NOTHING else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        """Return what the action answers."""
        kind = EXPORTS.get(self._what()[1])
        if kind is not None:
            return {(200, kind): OpenApiResponse(str)}
        return ANSWERS.get(self._what()) or super().get_response_serializers()

    def get_override_parameters(self) -> list[Any]:
        """Return the query parameters of a list."""
        listed = self._what()[1] in {"list", *EXPORTS} or isinstance(self.view, Overviews)
        query = cast(Endpoint, self.view).query_class if listed else Query
        return [query] if query().fields else []

    def get_filter_backends(self) -> list[Any]:
        """Return none: the query class tells everything."""
        return []

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self._what()[1] in {"list", "activities"}


class OwnGenerator(SchemaGenerator):
    """Describes our views whatever DEFAULT_SCHEMA_CLASS says."""

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        """Return the view with our schema class."""
        view = super().create_view(callback, method, request)
        self._set_schema_to_view(view, OwnSchema())
        return view


def describe_api(prefix: str = "/") -> dict[str, Any]:
    """Return the OpenAPI document; `prefix` is where the site has put the API."""
    from errorkit.rest.urls import described

    with patched_settings(SETTINGS):
        document: dict[str, Any] = OwnGenerator(patterns=described).get_schema(public=True)
    paths = {
        f"{prefix.rstrip('/')}{re.sub('^/*', '/', path)}": operations
        for path, operations in document["paths"].items()
    }
    for path, operations in paths.items():
        for method, operation in operations.items():
            _name_errors(operation["responses"], _errors_of(path, method, operation))
    return {**document, "paths": paths}


def _errors_of(path: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    """Yield the statuses with which the operation is refused."""
    yield from (401, 403)
    parameters = {each["name"] for each in operation.get("parameters", ())}
    if "{" in path or "cursor" in parameters:
        yield 404
    if method == "post":
        yield from (400, 413, 415)
    elif parameters - {"id", "cursor", "page_size"}:
        yield 400
    if path.endswith("/deploys/") and method == "post":
        yield 429


def _name_errors(responses: dict[str, Any], statuses: Iterator[int]) -> None:
    """Add the problem body of each, before the one of whatever else goes wrong."""
    otherwise = responses.pop("default")
    responses.update({str(status): otherwise for status in statuses}, default=otherwise)
