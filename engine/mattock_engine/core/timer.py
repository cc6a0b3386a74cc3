"""Timers of one tenant: what is due when, in coarse buckets.

Each task has at most one timer (schedule deadline, execution deadline or end of backoff), which is moved and dropped
far more often than it fires. So a timer is a dictionary entry in the bucket of its due time: O(1) to set and to clear,
and nothing lingers. Firing is late by up to `GRAIN` seconds, never early.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

GRAIN = 0.01


class Timers:
    """Timers by key; a key has one due time."""

    __slots__ = ("_bucket_of", "_buckets", "_heap")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[str, None]] = {}
        self._bucket_of: dict[str, int] = {}
        self._heap: list[int] = []

    def __len__(self) -> int:
        return len(self._bucket_of)

    def set(self, key: str, due: float, *, keep: bool = False) -> None:
        """Sets or moves the timer of `key` to `due` (seconds since 1970); with `keep`, one that is set stays."""
        number = int(due / GRAIN) + 1
        old = self._bucket_of.get(key)
        if old == number or (keep and old is not None):
            return
        if old is not None:
            self._buckets[old].pop(key, None)
        self._bucket_of[key] = number
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = {}
            heapq.heappush(self._heap, number)
        bucket[key] = None

    def clear(self, key: str) -> None:
        """Drops the timer of `key`, if there is one."""
        number = self._bucket_of.pop(key, None)
        if number is not None:
            self._buckets[number].pop(key, None)

    def items(self) -> Iterator[tuple[str, float]]:
        """All keys with the times at which they will be due."""
        return ((key, number * GRAIN) for key, number in self._bucket_of.items())

    def due(self, now: float) -> list[str]:
        """Takes out and returns the keys that are due, oldest bucket first."""
        keys: list[str] = []
        limit = int(now / GRAIN)
        while self._heap and self._heap[0] <= limit:
            for key in self._buckets.pop(heapq.heappop(self._heap)):
                del self._bucket_of[key]
                keys.append(key)
        return keys

    def next_due(self) -> float | None:
        """Time of the first bucket that holds a timer, or None."""
        while self._heap and not self._buckets[self._heap[0]]:
            del self._buckets[heapq.heappop(self._heap)]
        return self._heap[0] * GRAIN if self._heap else None
