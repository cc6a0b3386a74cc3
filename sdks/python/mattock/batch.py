"""Batches: runs of a task that one call of its function takes together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .context import Context, LogLevel
from .duration import Duration


class BatchContext(Context):
    """What a batch task knows and can do. What it tells is told of all its runs, but for figures
    (`metric`), which are added to once; `members` tell of one each.

    Attributes:
        members: contexts of the runs, in the order of their inputs.
    """

    __slots__ = ("members",)

    def __init__(self, members: Sequence[Context]) -> None:
        first = members[0]
        super().__init__(first._assignment, first._task, first._host)
        self.members = tuple(members)

    @property
    def batch_id(self) -> str:
        """Id of the batch."""
        return self._assignment.batch_id

    @property
    def batch_key(self) -> str:
        """What the runs have in common: the value of `batch_key`, "default" without one."""
        return self._assignment.batch_key

    def log(self, message: object, level: LogLevel = "INFO", **fields: Any) -> None:
        """Writes a line to the log of each run (see `Context.log`)."""
        for member in self.members:
            member.log(message, level, **fields)

    def progress(self, fraction: float, text: str = "") -> None:
        """Says how far all runs are (see `Context.progress`)."""
        for member in self.members:
            member.progress(fraction, text)

    def put_stream(self, data: str | bytes) -> None:
        """Sends a chunk to those who listen to any of the runs."""
        for member in self.members:
            member.put_stream(data)

    def refresh_timeout(self, by: Duration) -> None:
        """Adds a duration to the time of all runs (see `Context.refresh_timeout`)."""
        for member in self.members:
            member.refresh_timeout(by)
