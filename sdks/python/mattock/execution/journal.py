"""The journal of an attempt of a durable task: its steps, from the history where it has them, else from the server.

Steps are numbered in the order in which the code comes to them. What an earlier attempt recorded is given out again in
the order in which it was settled, one step after another, each only once the code has come as far as it had then: so
code that is the same does the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from .._contracts.session_pb2 import (
    STEP_KIND_MEMO,
    DurableStep,
    History,
    RecordedStep,
    SettledStep,
    StepAnswer,
    StepPlace,
)
from ..error import NonDeterminismError

if TYPE_CHECKING:
    from .handler import AttemptKey
    from .session import WorkSession

# Turns of the event loop between two settled steps: code that awaits the first one goes on before the second is told.
TURNS = 5


class Outcome:
    """How a step was settled: JSON data, or the error's text of a run that failed."""

    __slots__ = ("failed", "node", "payload", "recorded_before")

    def __init__(self, node: int, payload: bytes, failed: bool, recorded_before: int = 0) -> None:
        self.node = node
        self.payload = payload
        self.failed = failed
        # So many steps were recorded when it was settled.
        self.recorded_before = recorded_before


class Pending:
    """A step that the code has come to.

    Attributes:
        answer: resolved once the step is recorded.
        outcome: resolved once it is settled; not used for memos.
        branch: once it is recorded.
    """

    __slots__ = ("answer", "branch", "node", "outcome")

    def __init__(self, node: int, loop: asyncio.AbstractEventLoop) -> None:
        self.node = node
        self.branch = 0
        self.answer: asyncio.Future[StepAnswer] = loop.create_future()
        self.outcome: asyncio.Future[Outcome] = loop.create_future()


class Journal:
    """The steps of one attempt.

    Attributes:
        waiting: how many places of the code wait for a step to be settled.
        waiting_since: since when nothing has moved; the loop's time.
    """

    def __init__(self, key: AttemptKey, session: WorkSession, replays: bool) -> None:
        self.key = key
        self.waiting = 0
        self._session = session
        self._loop = session.loop
        self.waiting_since = self._loop.time()
        self._next = 1
        self._recorded: dict[int, RecordedStep] = {}
        self._pending: dict[int, Pending] = {}
        self._outcomes: deque[Outcome] = deque()
        self._history: asyncio.Future[None] | None = None
        self._turns = 0
        if replays:
            self._history = self._loop.create_future()
            session.ask_history(key)

    # ---- for the context

    async def open(self) -> None:
        """Waits for the history, if there is one."""
        if self._history is not None:
            await asyncio.shield(self._history)

    @property
    def repeats(self) -> bool:
        """True while the code is where an earlier attempt has been."""
        return bool(self._recorded) or (self._history is not None and not self._history.done())

    def recorded(self) -> RecordedStep | None:
        """What the history holds at the place where the code is."""
        return self._recorded.get(self._next)

    def begin(self, step: DurableStep) -> Pending:
        """The code comes to a step: it is found in the history, or recorded.

        Raises:
            NonDeterminismError: the history holds another step here.
        """
        node = step.node = self._next
        step.task_id, step.attempt = self.key
        known = self._recorded.pop(node, None)
        if known is not None and (known.kind, known.fingerprint) != (step.kind, step.fingerprint):
            raise NonDeterminismError(node, known.description or known.fingerprint, step.description)
        self._next += 1
        pending = Pending(node, self._loop)
        if step.kind != STEP_KIND_MEMO:
            self._pending[node] = pending
        self._moved()
        if known is None:
            self._session.record(step, pending)
            return pending
        pending.branch = known.branch
        answer = StepAnswer(node=node, branch=known.branch, child_run_id=known.child_run_id)
        if known.kind == STEP_KIND_MEMO and known.order:
            answer.value = known.payload
        pending.answer.set_result(answer)
        return pending

    def settle_memo(self, pending: Pending, step: DurableStep, value: bytes) -> asyncio.Future[StepAnswer]:
        """The value of a memo that stands without one; resolved once it is recorded."""
        again = Pending(pending.node, self._loop)
        step.value = value
        self._session.record(step, again)
        return again.answer

    async def outcome(self, pending: Pending) -> Outcome:
        """Waits until a step is settled."""
        self.waiting += 1
        try:
            return await asyncio.shield(pending.outcome)
        finally:
            self.waiting -= 1

    def _moved(self) -> None:
        self.waiting_since = self._loop.time()
        self._pump_soon()

    # ---- for the session

    def history(self, history: History) -> None:
        """What earlier attempts recorded."""
        for step in history.steps:
            self._recorded[step.node] = step
        if not history.complete or self._history is None:
            return
        settled = [step for step in self._recorded.values() if step.order and step.kind != STEP_KIND_MEMO]
        told = [
            Outcome(step.node, step.payload, step.failed, step.recorded_before)
            for step in sorted(settled, key=lambda step: step.order)
        ]
        # What was settled since the server read the history comes after it.
        self._outcomes.extendleft(reversed(told))
        if not self._history.done():
            self._history.set_result(None)

    def settle(self, settled: SettledStep) -> None:
        """A step is settled."""
        self._outcomes.append(Outcome(settled.node, settled.payload, settled.failed))
        self._pump_soon()

    def places(self) -> list[StepPlace]:
        """Steps that are recorded, and not settled as far as this attempt knows."""
        task_id, attempt = self.key
        coming = {outcome.node for outcome in self._outcomes}
        return [
            StepPlace(task_id=task_id, attempt=attempt, branch=pending.branch, node=pending.node)
            for pending in self._pending.values()
            if pending.branch and pending.node not in coming
        ]

    def _pump_soon(self) -> None:
        if self._outcomes and not self._turns:
            self._turns = TURNS
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turns -= 1
        if self._turns:
            self._loop.call_soon(self._turn)
        else:
            self._pump()

    def _pump(self) -> None:
        """Gives out the next settled step, if the code has come as far as it must."""
        while self._outcomes:
            first = self._outcomes[0]
            if first.node >= self._next or first.recorded_before >= self._next:
                return
            self._outcomes.popleft()
            pending = self._pending.pop(first.node, None)
            if pending is not None and not pending.outcome.done():
                pending.outcome.set_result(first)
                self._moved()
                return


def settled_value(outcome: Outcome) -> Any:
    """The data of a wait, by its keys: of several with one key the first."""
    from pydantic_core import from_json

    found = from_json(outcome.payload) if outcome.payload else {}
    return {key: data[0] for key, data in found.items()}
