"""Deadlines of calls: in buckets, with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call

# Buckets a second. A call ends at the end of its bucket, never early.
_FINE = 50
# From so many seconds on, buckets of so many fine ones: few buckets however long the deadlines are.
_FAR = 600.0
_COARSE = 500
# Longer deadlines are none.
_NEVER = 7 * 86_400.0


class Deadlines:
    """Ends calls whose time is up.

    Args:
        expire: called for each of them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[Call], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._buckets: dict[int, set[Call]] = {}
        self._order: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_bucket = 0

    def add(self, call: Call, seconds: float) -> None:
        """Watches a call."""
        if seconds > _NEVER:
            return
        key = int((self._loop.time() + seconds) * _FINE) + 1
        if seconds > _FAR:
            key += -key % _COARSE
        call.deadline = key
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.add(call)
            if self._timer is not None and self._timer_bucket <= key:
                return
        else:
            self._buckets[key] = {call}
            heappush(self._order, key)
        if self._timer is None or key < self._timer_bucket:
            self._arm(key)

    def discard(self, call: Call) -> None:
        """The call is over. Its bucket stays until its time, so that the next call finds it."""
        if call.deadline is not None:
            bucket = self._buckets.get(call.deadline)
            if bucket is not None:
                bucket.discard(call)

    def stop(self) -> None:
        """Watches no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, key: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_bucket = key
        self._timer = self._loop.call_at(key / _FINE, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._loop.time() * _FINE
        due: list[Call] = []
        # Empty buckets go too: nothing waits for them.
        while self._order and (self._order[0] <= now or not self._buckets[self._order[0]]):
            due += self._buckets.pop(heappop(self._order))
        if self._order:
            self._arm(self._order[0])
        for call in due:
            self._expire(call)
