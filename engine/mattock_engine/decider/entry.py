"""Commands on their way through the decider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..core.command import Command, PushEvents, ReportTasks, Trigger
from ..core.error import Code, Refused
from ..core.record import Need
from ..core.step import RecordSteps

# Seconds for which a command is kept while the database or the owner is away.
PATIENCE = 20.0
# Seconds until the store is tried again.
RETRY_SECONDS = 0.2
UNAVAILABLE = Refused(Code.UNAVAILABLE, "the engine cannot reach its database, or is moving: try again")


class Entry:
    """A command on its way through the decider, with who waits for the reply."""

    __slots__ = ("command", "convert", "deadline", "future", "loads", "need")

    def __init__(
        self,
        command: Command,
        future: asyncio.Future[Any] | None,
        convert: Callable[[Any], Any] | None,
        deadline: float,
    ) -> None:
        self.command = command
        self.future = future
        self.convert = convert
        self.deadline = deadline
        self.loads = 0
        self.need: Need | None = None

    def reply(self, value: Any) -> None:
        """Answers whoever waits."""
        if self.future is not None and not self.future.done():
            try:
                self.future.set_result(value if self.convert is None else self.convert(value))
            except Exception as error:
                self.future.set_exception(error)

    def refuse(self, error: Exception) -> None:
        """Answers with an error."""
        if self.future is not None and not self.future.done():
            self.future.set_exception(error)


def weight(command: Command) -> int:
    """Items of a command: triggers, reports, events, steps."""
    if isinstance(command, Trigger):
        return len(command.items)
    if isinstance(command, PushEvents):
        return len(command.events)
    if isinstance(command, ReportTasks):
        return len(command.reports)
    if isinstance(command, RecordSteps):
        return len(command.steps)
    return 1


def mark_repeated(command: Command) -> None:
    """A command that may have been committed already, unknown to us."""
    if isinstance(command, Trigger):
        for item in command.items:
            item.again = True
    elif isinstance(command, PushEvents):
        command.again = True
