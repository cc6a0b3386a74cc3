"""Makes the core's limits small, so that a short run meets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mattock_engine.core import schedule, state


@contextmanager
def small_windows() -> Iterator[None]:
    """Windows of a few tasks: most of a backlog stands in the store alone."""
    before = (state.WINDOW_TASKS, state.SMALLEST_WINDOW, state.RECENT_RUNS)
    ahead = (schedule.AHEAD, schedule.MOST, schedule.EARLY)
    state.WINDOW_TASKS, state.SMALLEST_WINDOW, state.RECENT_RUNS = 4, 4, 16
    schedule.AHEAD, schedule.MOST, schedule.EARLY = 20.0, 5, 5.0
    try:
        yield
    finally:
        state.WINDOW_TASKS, state.SMALLEST_WINDOW, state.RECENT_RUNS = before
        schedule.AHEAD, schedule.MOST, schedule.EARLY = ahead
