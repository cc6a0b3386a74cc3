"""What one round of commands gives: records to store, and messages to send once they are stored."""

from __future__ import annotations

from .command import Command, RunRow, StepRow
from .message import Message
from .record import Event, Records


class Round:
    """Collects the effects of the commands that are committed together.

    Attributes:
        followups: commands that the core sends itself once the round is committed.
        records: what to write.
        messages: session -> messages, in order.
        barrier: the round must be committed before the next command is applied (a replay moved rows between tables).
    """

    __slots__ = ("barrier", "followups", "messages", "records")

    def __init__(self) -> None:
        self.records = Records()
        self.messages: dict[str, list[Message]] = {}
        self.barrier = False
        self.followups: list[Command] = []

    def send(self, session: str, message: Message) -> None:
        """Sends a message to a session after the commit."""
        messages = self.messages.get(session)
        if messages is None:
            self.messages[session] = [message]
        else:
            messages.append(message)

    def insert(self, row: RunRow) -> None:
        """A new unfinished row."""
        self.records.inserted[row.run_id] = row

    def update(self, row: RunRow) -> None:
        """An unfinished row has changed."""
        records = self.records
        if row.run_id not in records.inserted and row.run_id not in records.reopened:
            records.updated[row.run_id] = row

    def finish(self, row: RunRow) -> None:
        """A row has become final and moves to the history."""
        records = self.records
        if records.inserted.pop(row.run_id, None) is not None:
            records.born_final[row.run_id] = row
        elif records.reopened.pop(row.run_id, None) is not None:
            records.refinished[row.run_id] = row
        else:
            records.updated.pop(row.run_id, None)
            records.finished[row.run_id] = row

    def finish_new(self, row: RunRow) -> None:
        """A row that was never stored is final at once."""
        self.records.born_final[row.run_id] = row

    def reopen(self, row: RunRow) -> None:
        """A finished row is taken back from the history."""
        self.records.reopened[row.run_id] = row
        self.barrier = True

    def step(self, row: StepRow) -> None:
        """A step of a durable task is new, or has changed."""
        self.records.steps[(row.task_id, row.branch, row.node)] = row

    def event(self, row: RunRow, kind: str, at: float, message: str = "", error: str = "", worker_id: str = "") -> None:
        """A line for the task's history."""
        self.records.events.append(
            Event(
                task_id=row.run_id,
                run_id=row.root_id or row.run_id,
                attempt=row.attempt,
                kind=kind,
                at=at,
                message=message,
                error=error,
                worker_id=worker_id or row.worker_id,
            )
        )
