"""The text of `GET /metrics`, in the form that Prometheus reads (text format 0.0.4).

It is written here and not by a library: prometheus-client adds the counts of several processes by files in a folder,
which a service with a read-only file system does not have.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dupfind.service.request_counts import BOUNDS_S, ROUTES, Counts, buckets, statuses
from dupfind.version import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(total: Counts, index: Mapping[str, Any] | None, now: datetime) -> str:
    """Write the counts of requests and the state of the index.

    Args:
        total: From `RequestCounts.total`.
        index: From `Collection.summary`; None if the index cannot be read.
        now: The time, UTC.
    """
    return "".join(f"{line}\n" for line in (*_requests(total), *_seconds(total), *_index(index, now)))


def _requests(total: Counts) -> Iterator[str]:
    name = "dupfind_http_requests_total"
    yield from _head(name, "counter", "Requests by route and status; status 0 is any other.")
    for route, counts in zip(ROUTES, total, strict=True):
        for status, n in statuses(counts):
            yield f'{name}{{route="{route}",status="{status}"}} {n}'


def _seconds(total: Counts) -> Iterator[str]:
    name = "dupfind_http_request_duration_seconds"
    yield from _head(name, "histogram", "Seconds from a request's headers to the end of its answer.")
    for route, counts in zip(ROUTES, total, strict=True):
        n_below = buckets(counts)
        if not n_below[-1]:
            continue
        for bound, n in zip((*BOUNDS_S, math.inf), n_below, strict=True):
            shown = "+Inf" if math.isinf(bound) else f"{bound:g}"
            yield f'{name}_bucket{{route="{route}",le="{shown}"}} {n}'
        yield f'{name}_sum{{route="{route}"}} {counts[-1]:.6f}'
        yield f'{name}_count{{route="{route}"}} {n_below[-1]}'


def _index(index: Mapping[str, Any] | None, now: datetime) -> Iterator[str]:
    yield from _gauge(
        "dupfind_build_info", "1, with the version as a label.", f'{{version="{__version__}"}} 1'
    )
    yield from _gauge("dupfind_index_up", "Whether the index can be read.", f" {int(index is not None)}")
    if index is None:
        return
    yield from _gauge("dupfind_index_records", "Records in the index.", f" {index['records']}")
    yield from _gauge("dupfind_index_generation", "Number of the newest snapshot.", f" {index['generation']}")
    if index["read_at"] is not None:
        age = (now - datetime.fromisoformat(index["read_at"])).total_seconds()
        yield from _gauge(
            "dupfind_index_age_seconds",
            "Seconds since the source was read that was read longest ago.",
            f" {max(0.0, age):.0f}",
        )


def _gauge(name: str, about: str, value: str) -> Iterator[str]:
    yield from _head(name, "gauge", about)
    yield f"{name}{value}"


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
