"""Eviction: durable tasks that wait leave the worker, so that others have their slots."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..duration import to_seconds
from ..option import EvictionPolicy

if TYPE_CHECKING:
    from .journal import Journal
    from .runner import Running

# Seconds between two looks, and that a task must have waited before it leaves because slots are short.
LOOK_EVERY = 1.0
CAPACITY_SECONDS = 10.0


class Evictor:
    """Looks now and then at which durable tasks wait.

    Args:
        running: the durable attempts that run.
        slots: how many may run at once.
        evict: lets one go, for a reason.
    """

    def __init__(
        self, running: Callable[[], Iterable[Running]], slots: int, evict: Callable[[Running, str], None]
    ) -> None:
        self._running = running
        self._slots = slots
        self._evict = evict
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False

    def start(self) -> None:
        """A durable task runs: looks from now on."""
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_EVERY, self._look)

    def stop(self) -> None:
        """The worker stops: whatever waits leaves, now and from now on."""
        self._stopping = True
        self._look()

    def close(self) -> None:
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self.close()
        found = [(each, each.journal) for each in self._running() if each.journal is not None]
        waiting = [(each, journal) for each, journal in found if journal.waiting and not each.cancelled]
        if self._stopping:
            for each, _ in waiting:
                self._evict(each, "the worker stops")
        else:
            left = [each for each in waiting if not self._overdue(*each)]
            if len(found) >= self._slots:
                self._make_room(left)
        if found:
            self._timer = self._loop.call_later(0.05 if self._stopping else LOOK_EVERY, self._look)

    def _overdue(self, running: Running, journal: Journal) -> bool:
        policy = running.policy
        if policy is None or policy.ttl is None:
            return False
        ttl = to_seconds(policy.ttl, "EvictionPolicy.ttl")
        if self._loop.time() - journal.waiting_since < ttl:
            return False
        self._evict(running, f"it waited for {ttl:g} s")
        return True

    def _make_room(self, waiting: list[tuple[Running, Journal]]) -> None:
        """All slots are taken: the one of the lowest priority that has waited longest leaves."""
        before = self._loop.time() - CAPACITY_SECONDS
        may = [
            (each.policy.priority, journal.waiting_since, each)
            for each, journal in waiting
            if each.policy is not None and each.policy.allow_capacity_eviction and journal.waiting_since <= before
        ]
        if may:
            self._evict(min(may, key=lambda item: item[:2])[2], "all durable slots are taken")


def policy_of(options: object) -> EvictionPolicy | None:
    """A task's policy: the usual one unless it says another, or None."""
    assert isinstance(options, dict)
    if "eviction_policy" in options:
        found = options["eviction_policy"]
        assert found is None or isinstance(found, EvictionPolicy)
        return found
    return EvictionPolicy()
