"""Counts and latencies by route, method and status, in Prometheus text: nothing of any query.

Each worker process counts for itself and says so in a `worker` label; sums over it are the totals.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the histogram: searches take milliseconds, the gunicorn timeout is 30 s."""

_Key = tuple[str, str, int]


class RequestMetrics:
    """A histogram of seconds for each (route, method, status); the routes bound their number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[_Key, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
        self._seconds: dict[_Key, float] = defaultdict(float)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts one answer."""
        key = (route, method, status)
        with self._lock:
            self._buckets[key][bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds[key] += seconds

    def text(self) -> str:
        """Everything counted so far, in the Prometheus exposition format."""
        with self._lock:
            counted = {key: (tuple(self._buckets[key]), self._seconds[key]) for key in sorted(self._buckets)}
        lines = [
            "# HELP thaw_request_seconds Time to answer a request.",
            "# TYPE thaw_request_seconds histogram",
        ]
        for key, (buckets, seconds) in counted.items():
            lines += _series(key, buckets, seconds)
        return "\n".join(lines) + "\n"


def _series(key: _Key, buckets: tuple[int, ...], seconds: float) -> Iterator[str]:
    route, method, status = key
    labels = f'route="{route}",method="{method}",status="{status}",worker="{os.getpid()}"'
    total = 0
    for bound, found in zip((*map(str, BOUNDS_S), "+Inf"), buckets, strict=True):
        total += found
        yield f'thaw_request_seconds_bucket{{{labels},le="{bound}"}} {total}'
    yield f"thaw_request_seconds_sum{{{labels}}} {seconds:.6f}"
    yield f"thaw_request_seconds_count{{{labels}}} {total}"


REQUESTS = RequestMetrics()
"""Of this process."""
