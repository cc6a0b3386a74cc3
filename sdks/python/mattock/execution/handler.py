"""What a work session tells of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .._contracts.session_pb2 import Assignment, History, SettledStep, StepPlace

# Of an attempt: the task's id, and the attempt's number.
AttemptKey = tuple[str, int]


class Handler(Protocol):
    """What the session tells of."""

    def assign(self, assignment: Assignment) -> None:
        """An attempt to run."""

    def settle(self) -> None:
        """The assignments of a message have all been told."""

    def cancel(self, key: AttemptKey) -> None:
        """An attempt to stop."""

    def drop(self, key: AttemptKey) -> None:
        """An attempt that is another worker's by now: stop it, report nothing."""

    def history(self, history: History) -> None:
        """What a durable task recorded in earlier attempts."""

    def settle_step(self, step: SettledStep) -> None:
        """A step of a durable task is settled."""

    def places(self) -> Iterable[StepPlace]:
        """Steps that durable tasks wait for."""

    def held(self) -> Iterable[AttemptKey]:
        """The attempts that run."""
