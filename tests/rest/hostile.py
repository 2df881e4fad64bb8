"""Settings of a host whose REST_FRAMEWORK would open and bend every view that names nothing for itself."""

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer

from tests.settings import *  # noqa: F403


class Shouting(BaseRenderer):
    """What a host might render with."""

    media_type = "text/shout"
    format = "shout"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return str(data).upper()


class Choosy(BaseContentNegotiation):
    """What a host might choose a representation with."""

    def select_parser(self, request, parsers):
        return fail()

    def select_renderer(self, request, renderers, format_suffix=None):
        return fail()


def fail(*args, **kwargs):
    """The host's own exception handler, and its name for a view."""
    raise AssertionError("the host's own was asked")


REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["tests.rest.hostile.Shouting"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": "0/s", "user": "0/s"},
    "DEFAULT_FILTER_BACKENDS": ["rest_framework.filters.SearchFilter"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    "DEFAULT_VERSION": "9",
    "ALLOWED_VERSIONS": ["9"],
    "VERSION_PARAM": "pk",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "tests.rest.hostile.Choosy",
    "DEFAULT_SCHEMA_CLASS": None,
    "EXCEPTION_HANDLER": "tests.rest.hostile.fail",
    "PAGE_SIZE": 1,
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "%Y",
    "DATETIME_INPUT_FORMATS": ["%Y"],
    "URL_FORMAT_OVERRIDE": "q",
    "FORMAT_SUFFIX_KWARG": "pk",
    "SEARCH_PARAM": "status",
    "ORDERING_PARAM": "page_size",
    "URL_FIELD_NAME": "id",
    "NON_FIELD_ERRORS_KEY": "id",
    "TEST_REQUEST_RENDERER_CLASSES": ["tests.rest.hostile.Shouting"],
    "TEST_REQUEST_DEFAULT_FORMAT": "shout",
    "VIEW_NAME_FUNCTION": "tests.rest.hostile.fail",
    "COERCE_BIGINT_TO_STRING": True,
    "COMPACT_JSON": False,
    "UNICODE_JSON": False,
    "STRICT_JSON": False,
}
