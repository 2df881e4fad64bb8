"""Exceptions that errorkit raises, and those that a view raises to choose its answer."""

from django.core.exceptions import ImproperlyConfigured


class ErrorkitError(Exception):
    """Base of what errorkit itself raises while it works."""


class SpoolError(ErrorkitError):
    """The spool cannot be used: missing, read-only, full, foreign or corrupt."""


class BusySpoolError(SpoolError):
    """Others have held the spool for too long; the next report may find it free."""


class CorruptSpoolError(SpoolError):
    """The spool's file is damaged, or no SQLite file at all."""


# Outside ErrorkitError on purpose: code that tolerates a failed delivery must not swallow a typo in the settings.
class InvalidChannelError(ImproperlyConfigured):
    """A channel of ERRORKIT["CHANNELS"] cannot be built."""


class HTTPError(Exception):
    """A failure that a view maps to a 5xx status of its own; still an incident.

    `retry_after` is in seconds and becomes the Retry-After header (RFC 9110 section 10.2.3).
    """

    status = 500

    def __init__(self, message: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadGateway(HTTPError):
    """An upstream service gave a bad answer: 502."""

    status = 502


class ServiceUnavailable(HTTPError):
    """A temporary lack of service: 503."""

    status = 503


class GatewayTimeout(HTTPError):
    """An upstream service did not answer in time: 504."""

    status = 504
