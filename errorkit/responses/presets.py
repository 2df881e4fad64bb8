"""Ready-made parts of STATUS_MAP, by name: none of these packages has to be installed.

    from errorkit.responses.presets import DATABASE, HTTPX
    ERRORKIT = {"STATUS_MAP": {**DATABASE, **HTTPX}}

What cannot be reached is 502, what takes too long 504, what is out of order for a while 503 with a Retry-After in seconds.
"""

from typing import Final

StatusMap = dict[str, int | tuple[int, int]]

RETRY_AFTER: Final = 30

DATABASE: Final[StatusMap] = {
    "django.db.utils.OperationalError": (503, RETRY_AFTER),
    "django.db.utils.InterfaceError": (503, RETRY_AFTER),
}

REDIS: Final[StatusMap] = {
    "redis.exceptions.TimeoutError": (503, RETRY_AFTER),
    "redis.exceptions.ConnectionError": (503, RETRY_AFTER),
    # A failover, a cluster that reshapes itself, a full memory.
    "redis.exceptions.ReadOnlyError": (503, RETRY_AFTER),
    "redis.exceptions.ClusterDownError": (503, RETRY_AFTER),
    "redis.exceptions.TryAgainError": (503, RETRY_AFTER),
    "redis.exceptions.OutOfMemoryError": (503, RETRY_AFTER),
}

REQUESTS: Final[StatusMap] = {
    "requests.exceptions.Timeout": 504,
    # It is a ConnectionError, too.
    "requests.exceptions.ConnectTimeout": 504,
    "requests.exceptions.ConnectionError": 502,
    "requests.exceptions.RetryError": 502,
    "requests.exceptions.HTTPError": 502,
    "requests.exceptions.TooManyRedirects": 502,
    "requests.exceptions.ChunkedEncodingError": 502,
    "requests.exceptions.ContentDecodingError": 502,
    # Not its base InvalidJSONError: that is what we could not write, our own mistake.
    "requests.exceptions.JSONDecodeError": 502,
}

HTTPX: Final[StatusMap] = {
    "httpx.TimeoutException": 504,
    # Nobody was asked: our own connections are all in use.
    "httpx.PoolTimeout": (503, RETRY_AFTER),
    "httpx.NetworkError": 502,
    "httpx.RemoteProtocolError": 502,
    "httpx.ProxyError": 502,
    "httpx.HTTPStatusError": 502,
    "httpx.TooManyRedirects": 502,
    "httpx.DecodingError": 502,
}

URLLIB3: Final[StatusMap] = {
    "urllib3.exceptions.TimeoutError": 504,
    # Both are a ConnectTimeoutError by inheritance, but nothing was slow.
    "urllib3.exceptions.NewConnectionError": 502,
    "urllib3.exceptions.NameResolutionError": 502,
    # Whatever failed on every try, a time-out as well.
    "urllib3.exceptions.MaxRetryError": 502,
    "urllib3.exceptions.ProtocolError": 502,
    "urllib3.exceptions.DecodeError": 502,
    "urllib3.exceptions.SSLError": 502,
    "urllib3.exceptions.ProxyError": 502,
    "urllib3.exceptions.EmptyPoolError": (503, RETRY_AFTER),
}

UPSTREAM: Final[StatusMap] = {**REQUESTS, **HTTPX, **URLLIB3}
