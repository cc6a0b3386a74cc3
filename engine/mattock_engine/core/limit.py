"""Rate limits: so many units of a key a window of time.

The window is fixed: it begins with the first unit that is taken, and the whole limit is there again when it is over.
So no window holds more than the limit, and one number and one time are all that is stored, however many units a year's
limit has; two windows that meet may together let twice the limit pass in less than one window's time. What is taken is
stored in the transaction that assigns the task: a restart gives nothing back, and takes nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .queue import Queue

# Windows of the shared contract's `RateLimitDuration`, seconds.
WINDOWS = {
    "SECOND": 1.0,
    "MINUTE": 60.0,
    "HOUR": 3600.0,
    "DAY": 86_400.0,
    "WEEK": 604_800.0,
    "MONTH": 30 * 86_400.0,
    "YEAR": 365 * 86_400.0,
}


class RateRow(msgspec.Struct, array_like=True, kw_only=True):
    """A row of the rate limit table.

    Attributes:
        key: unique in the tenant.
        limit: units a window.
        window: seconds.
        value: units that are left.
        began_at: when the window began; 0 for none.
        paused_until: nothing passes before this time.
        declared: put by name, and kept; otherwise made by a task's expressions.
    """

    key: str
    limit: int
    window: float
    value: int
    began_at: float = 0.0
    paused_until: float = 0.0
    declared: bool = False


class RateLimit:
    """A rate limit as a gate.

    Attributes:
        row: what is stored.
        waiting: queues whose head it holds back.
        queues: ids of the queues that stand before it.
    """

    __slots__ = ("key", "queues", "row", "waiting")

    def __init__(self, row: RateRow) -> None:
        self.key = row.key
        self.row = row
        self.queues: set[int] = set()
        self.waiting: dict[int, Queue] = {}

    def left(self, now: float) -> int:
        """Units that can be taken now."""
        row = self.row
        if now < row.paused_until:
            return 0
        return row.limit if now >= row.began_at + row.window else row.value

    def has_room(self, units: int, now: float) -> bool:
        """True if so many units are left in the window, or it is over."""
        return self.left(now) >= units

    def opens_at(self, now: float) -> float | None:
        """End of the window, or of the pause."""
        return max(self.row.began_at + self.row.window, self.row.paused_until)

    def take(self, holder: str, units: int, now: float) -> None:
        """Units are used up; they come back with the next window alone."""
        row = self.row
        if now >= row.began_at + row.window:
            row.began_at = now
            row.value = row.limit
        row.value -= units

    def give(self, holder: str) -> bool:
        """Units that were used do not come back."""
        return False

    def change(self, limit: int, window: float) -> None:
        """Another limit: a higher one leaves more at once, of a lower one never more than itself is left."""
        self.row.value = min(self.row.value + max(0, limit - self.row.limit), limit)
        self.row.limit = limit
        self.row.window = window
