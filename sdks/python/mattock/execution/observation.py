"""What tasks tell of themselves, thinned out: however often they tell it, few messages go to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .._contracts.session_pb2 import TaskMetric, TaskProgress

# Seconds between two messages about one attempt.
PROGRESS_EVERY = 0.25
METRICS_EVERY = 1.0

AttemptKey = tuple[str, int]
SeriesKey = tuple[str, tuple[tuple[str, str], ...]]


class Thinner:
    """Passes the first progress on at once, then the last one of each quarter of a second; adds figures up.

    All methods belong to the event loop.

    Args:
        loop: the loop.
        post: sends a message to the server.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, post: Callable[[TaskProgress | TaskMetric], None]) -> None:
        self._loop = loop
        self._post = post
        self._progress: dict[AttemptKey, TaskProgress | None] = {}
        self._figures: dict[AttemptKey, dict[SeriesKey, TaskMetric]] = {}
        self._timers: dict[tuple[AttemptKey, str], asyncio.TimerHandle] = {}

    def progress(self, report: TaskProgress) -> None:
        """An attempt says how far it is."""
        key = (report.task_id, report.attempt)
        if key in self._progress:
            self._progress[key] = report
            return
        self._post(report)
        self._progress[key] = None
        self._later(key, "progress", PROGRESS_EVERY)

    def metric(self, report: TaskMetric) -> None:
        """An attempt adds to a figure."""
        key = (report.task_id, report.attempt)
        series = (report.name, tuple(sorted(report.labels.items())))
        figures = self._figures.get(key)
        if figures is None:
            figures = self._figures[key] = {}
            self._later(key, "metric", METRICS_EVERY)
        known = figures.get(series)
        if known is None:
            figures[series] = report
            return
        known.total += report.total
        known.count += report.count
        known.low = min(known.low, report.low)
        known.high = max(known.high, report.high)

    def flush(self, key: AttemptKey) -> None:
        """An attempt ends: what is held back of it goes first."""
        for what in ("progress", "metric"):
            timer = self._timers.pop((key, what), None)
            if timer is not None:
                timer.cancel()
        if held := self._progress.pop(key, None):
            self._post(held)
        for report in self._figures.pop(key, {}).values():
            self._post(report)

    def _later(self, key: AttemptKey, what: str, seconds: float) -> None:
        self._timers[(key, what)] = self._loop.call_later(seconds, self._due, key, what)

    def _due(self, key: AttemptKey, what: str) -> None:
        del self._timers[(key, what)]
        if what == "metric":
            for report in self._figures.pop(key, {}).values():
                self._post(report)
            return
        held = self._progress.pop(key, None)
        if held is not None:
            self.progress(held)

    @property
    def used(self) -> bool:
        """True while anything is held back."""
        return bool(self._timers)
