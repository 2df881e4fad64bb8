"""The family of a failure's cause: one word that says who has to look.

The rule, first match wins, over the whole chain from the raised exception to its deepest cause, because the deepest that says something is the nearest
to the truth: resource (memory, disk, files, recursion, threads), database, upstream (network and HTTP clients, brokers, time-outs), deserialisation
(a text that is not what it should be), permission, configuration (settings, imports, templates, URLs), missing (a value, key, row or file that is
not there, or None in its place), else code.
"""

import errno

from errorkit.reports.kinds import base_names, bases_of
from errorkit.reports.outline import Link, Outline
from errorkit.reports.subtypes import DATABASES, errno_of

RESOURCE = "resource"
DATABASE = "database"
UPSTREAM = "upstream"
DESERIALISATION = "deserialisation"
PERMISSION = "permission"
CONFIGURATION = "configuration"
MISSING = "missing"
CODE = "code"

EXHAUSTED = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
)
NAMES: dict[str, frozenset[str]] = {
    RESOURCE: frozenset({"MemoryError", "RecursionError"}),
    UPSTREAM: frozenset(
        {
            "ConnectionError",
            "TimeoutError",
            "socket.gaierror",
            "ssl.SSLError",
            "urllib.error.URLError",
            "http.client.HTTPException",
            "smtplib.SMTPException",
            "requests.exceptions.RequestException",
            "httpx.HTTPError",
            "urllib3.exceptions.HTTPError",
            "aiohttp.client_exceptions.ClientError",
            "botocore.exceptions.BotoCoreError",
            "botocore.exceptions.ClientError",
            "grpc.RpcError",
            "redis.exceptions.RedisError",
            "kombu.exceptions.OperationalError",
            "amqp.exceptions.AMQPError",
            "elastic_transport.TransportError",
            "errorkit.exceptions.BadGateway",
            "errorkit.exceptions.GatewayTimeout",
            "errorkit.exceptions.ServiceUnavailable",
        }
    ),
    DESERIALISATION: frozenset(
        {
            "json.decoder.JSONDecodeError",
            "UnicodeError",
            "xml.etree.ElementTree.ParseError",
            "xml.parsers.expat.ExpatError",
            "_csv.Error",
            "struct.error",
            "binascii.Error",
            "_pickle.UnpicklingError",
            "pickle.UnpicklingError",
            "zipfile.BadZipFile",
            "yaml.error.YAMLError",
            "jsonschema.exceptions.ValidationError",
            "rest_framework.exceptions.ParseError",
            "rest_framework.exceptions.ValidationError",
            "pydantic_core._pydantic_core.ValidationError",
            "django.core.exceptions.ValidationError",
            "django.core.serializers.base.DeserializationError",
            "kombu.exceptions.DecodeError",
            "decimal.InvalidOperation",
        }
    ),
    PERMISSION: frozenset(
        {
            "PermissionError",
            "django.core.exceptions.PermissionDenied",
            "rest_framework.exceptions.PermissionDenied",
            "rest_framework.exceptions.NotAuthenticated",
            "django.core.signing.BadSignature",
        }
    ),
    CONFIGURATION: frozenset(
        {
            "ImportError",
            "SyntaxError",
            "django.core.exceptions.ImproperlyConfigured",
            "django.core.exceptions.AppRegistryNotReady",
            "django.template.exceptions.TemplateDoesNotExist",
            "django.template.exceptions.TemplateSyntaxError",
            "django.urls.exceptions.NoReverseMatch",
            "celery.exceptions.NotRegistered",
        }
    ),
    MISSING: frozenset(
        {
            "LookupError",
            "FileNotFoundError",
            "django.core.exceptions.ObjectDoesNotExist",
            "django.http.response.Http404",
        }
    ),
}


def family_of(outline: Outline) -> str:
    """Return the family of the deepest exception of the chain that belongs to one, `code` if none does."""
    causes = [link for link in outline.links if link.relation != "member"]
    return next(filter(None, map(_family, reversed(causes))), CODE)


def _family(link: Link) -> str:
    names = base_names(type(link.exc))
    if OSError in bases_of(type(link.exc)) and errno_of(link.exc) in EXHAUSTED:
        return RESOURCE
    if link.message.startswith("can't start new thread"):
        return RESOURCE
    if any(name.startswith(DATABASES) for name in names):
        return DATABASE
    if "'NoneType' object" in link.message:
        return MISSING
    return next((family for family, known in NAMES.items() if not known.isdisjoint(names)), "")
