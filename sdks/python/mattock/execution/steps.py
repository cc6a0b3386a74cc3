"""What durable tasks ask of the server: steps, histories and leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._contracts.session_pb2 import DurableStep, Eviction, StepAnswer, StepPlace, WorkRequest, WorkResponse
from ..duplex import BATCH_BYTES, BATCH_ITEMS
from ..error import NonDeterminismError, RequestError
from .handler import AttemptKey, Handler

if TYPE_CHECKING:
    from .journal import Pending


class Steps:
    """What is to be asked on a work session, and what is not answered yet.

    Args:
        handler: is told of histories and of steps that are settled.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        # Steps that are to be sent, and all that are not answered yet.
        self._steps: list[DurableStep] = []
        self._asked: dict[tuple[str, int, int], tuple[DurableStep, Pending]] = {}
        # Whether it was asked for on this stream.
        self._histories: dict[AttemptKey, bool] = {}
        self._evictions: list[Eviction] = []
        self._places: list[StepPlace] = []

    def record(self, step: DurableStep, pending: Pending) -> None:
        """A step to be recorded; resolves its answer."""
        self._asked[(step.task_id, step.attempt, step.node)] = step, pending
        self._steps.append(step)

    def ask_history(self, key: AttemptKey) -> None:
        """What an earlier attempt recorded; the handler is told."""
        self._histories[key] = False

    def evict(self, key: AttemptKey, reason: str) -> None:
        """A waiting task leaves this worker."""
        self.forget(key)
        self._evictions.append(Eviction(task_id=key[0], attempt=key[1], reason=reason))

    def forget(self, key: AttemptKey) -> None:
        """An attempt is over: nobody waits for answers to it."""
        self._histories.pop(key, None)
        for place in [place for place in self._asked if place[:2] == key]:
            del self._asked[place]

    @property
    def busy(self) -> bool:
        """There is something to be sent."""
        return bool(self._steps or self._evictions or self._places) or not all(self._histories.values())

    def fill(self, request: WorkRequest) -> None:
        """Puts into a message what is to be sent; of steps as many as it holds."""
        for key, asked in self._histories.items():
            if not asked:
                request.histories.add(task_id=key[0], attempt=key[1])
                self._histories[key] = True
        size = count = 0
        for count, step in enumerate(self._steps, 1):
            request.steps.append(step)
            size += len(step.item.input) + len(step.value) + 300
            if size > BATCH_BYTES or count == BATCH_ITEMS:
                break
        del self._steps[:count]
        request.evictions.extend(self._evictions)
        self._evictions = []
        request.waits.extend(self._places)
        self._places = []

    def take(self, response: WorkResponse) -> None:
        """Takes what the server answers."""
        for history in response.histories:
            if history.complete:
                self._histories.pop((history.task_id, history.attempt), None)
            self._handler.history(history)
        for answer in response.answers:
            found = self._asked.pop((answer.task_id, answer.attempt, answer.node), None)
            if found is not None:
                take_answer(answer, found[1])
        for settled in response.settled:
            self._handler.settle_step(settled)

    def say_again(self) -> None:
        """The server knows nothing of what was asked and is waited for: all of it is to be sent."""
        self._steps = [step for step, _ in self._asked.values()]
        self._histories = dict.fromkeys(self._histories, False)
        self._places = list(self._handler.places())


def take_answer(answer: StepAnswer, pending: Pending) -> None:
    """The server has recorded a step, or refuses it."""
    pending.branch = answer.branch
    if pending.answer.done():
        return
    if not answer.error:
        pending.answer.set_result(answer)
    elif answer.departed:
        pending.answer.set_exception(NonDeterminismError.told(answer.node, answer.error))
    else:
        pending.answer.set_exception(RequestError(answer.error))
