"""Timing two ways of doing the same work, and counting queries."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Measure:
    """Seconds of ours and of the floor; `queries` of ours, `bound` the ratio that DESIGN holds us to."""

    work: str
    ours: float
    floor: float
    floor_name: str
    queries: int | None = None
    bound: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else 0.0

    def __str__(self) -> str:
        parts = [f"{self.work}：{self.ours * 1000:.1f} ms，{self.floor_name} {self.floor * 1000:.1f} ms，{self.ratio:.2f} 倍"]
        if self.bound is not None:
            parts.append(f"要求 ≤ {self.bound:g} 倍{'' if self.ratio <= self.bound else '（未达到）'}")
        if self.queries is not None:
            parts.append(f"{self.queries} 次查询")
        return "，".join([*parts, self.note] if self.note else parts)


def once(work: Callable[[], object]) -> float:
    """Seconds of a single run, for work that changes the database."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[], object], repeat: int = 15, patience: float = 8.0) -> float:
    """Median seconds over several runs, the first one left out as warm-up; slow work is repeated less often."""
    work()
    times: list[float] = []
    while len(times) < repeat and sum(times) < patience:
        times.append(once(work))
    return statistics.median(times)


def queries(work: Callable[[], object]) -> int:
    """How many statements the work sends; a statement for many rows counts once."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)
