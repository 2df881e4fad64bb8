"""How often one caller may write."""

import threading
import time
from collections import OrderedDict
from math import ceil
from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from errorkit.storage.limits import Bucket

A_MINUTE = 60
MOST_CALLERS = 1_000

_buckets: OrderedDict[str, Bucket] = OrderedDict()
_lock = threading.Lock()


class Steadily(BaseThrottle):
    """Sixty writes a minute for each caller and process. Counted here: a host's cache may be missing, or be what broke."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether this one may be done."""
        return request.method in SAFE_METHODS or _take(str(request.user.pk or request.auth))

    def wait(self) -> float:
        """Return after how many seconds there is room for another."""
        return ceil(60 / A_MINUTE)


def _take(caller: str) -> bool:
    now = time.monotonic()
    with _lock:
        bucket = _buckets.pop(caller, None) or Bucket(A_MINUTE / 60, A_MINUTE, A_MINUTE, now)
        _buckets[caller] = bucket
        if len(_buckets) > MOST_CALLERS:
            _buckets.popitem(last=False)
        return bucket.take(now)
