"""The work session: a worker's stream of assignments, outcomes and reports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import grpc.aio

from .._contracts.session_pb2 import (
    Attempt,
    DurableStep,
    LabelValue,
    TaskLog,
    TaskMetric,
    TaskOutcome,
    TaskProgress,
    TaskStarted,
    TaskStreamChunk,
    TimeoutRefresh,
    WorkerHello,
    WorkRequest,
    WorkResponse,
)
from ..channel import WORK, request_error
from ..duplex import BATCH_BYTES, BATCH_ITEMS, Duplex
from ..error import RegistrationError
from ..host import Report
from ..setting import ClientSettings
from .handler import AttemptKey, Handler
from .observation import Thinner
from .steps import Steps

if TYPE_CHECKING:
    from .journal import Pending

logger = logging.getLogger("mattock")

HEARTBEAT_SECONDS = 4.0
# A heartbeat that is later than this is worth a warning: the server takes a silent worker for dead.
MAX_LATE_SECONDS = 5.0
# Logs and chunks beyond this are dropped, the oldest first, while the server cannot be reached.
MAX_REPORTS = 100_000


class WorkSession(Duplex):
    """Keeps a worker connected.

    Outcomes are kept until they are acknowledged, and sent again after a reconnection.
    """

    def __init__(self, settings: ClientSettings, hello: WorkerHello, handler: Handler) -> None:
        super().__init__(settings, WORK)
        self._hello = hello
        self._handler = handler
        self._greeted = False
        self._welcomed = False
        self._started: dict[AttemptKey, TaskStarted] = {}
        self._outcomes: list[TaskOutcome] = []
        self._kept: dict[AttemptKey, TaskOutcome] = {}
        self._reports: list[Report] = []
        self._thinner = Thinner(self.loop, self._put_report)
        self._steps = Steps(handler)
        self._labels: dict[str, str | int] = {}
        self._paused: bool | None = None
        self._leaving = False
        self._beat: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._wrote = True
        self._empty = False
        # A message is on its way out.
        self._writing = False
        self.welcome: asyncio.Future[str] = self.loop.create_future()
        # Fails when the server refuses a worker that it had welcomed.
        self.failed: asyncio.Future[None] = self.loop.create_future()
        # Resolved when nothing is left to be sent or acknowledged.
        self._drained: asyncio.Future[None] | None = None

    @property
    def worker_id(self) -> str:
        """The worker's id; "" before the first welcome."""
        return self._hello.worker_id

    # ---- what the worker tells; in the loop's thread

    def started(self, key: AttemptKey, at: float) -> None:
        """An attempt has begun; told with what is sent next. One that ends before says so in its outcome."""
        self._started[key] = TaskStarted(task_id=key[0], attempt=key[1], at=at)

    def finished(self, key: AttemptKey, outcome: TaskOutcome) -> None:
        """An attempt has ended."""
        self._started.pop(key, None)
        if self._thinner.used:
            self._thinner.flush(key)
        self._kept[key] = outcome
        self._outcomes.append(outcome)
        if not self._pending:
            self.wake()

    def report(self, report: Report) -> None:
        """Something that a running task says."""
        if isinstance(report, TaskProgress):
            self._thinner.progress(report)
        elif isinstance(report, TaskMetric):
            self._thinner.metric(report)
        else:
            self._put_report(report)

    def _put_report(self, report: Report) -> None:
        self._reports.append(report)
        if len(self._reports) > MAX_REPORTS:
            del self._reports[0 : MAX_REPORTS // 10]
        self.wake()

    def record(self, step: DurableStep, pending: Pending) -> None:
        """A step of a durable task; resolves its answer."""
        self._steps.record(step, pending)
        self.wake()

    def ask_history(self, key: AttemptKey) -> None:
        """What an earlier attempt recorded; the handler is told."""
        self._steps.ask_history(key)
        self.wake()

    def evict(self, key: AttemptKey, reason: str) -> None:
        """A waiting durable task leaves this worker."""
        self._thinner.flush(key)
        self._started.pop(key, None)
        self._steps.evict(key, reason)
        self.wake()

    def forget(self, key: AttemptKey) -> None:
        """An attempt of a durable task is over: nobody waits for answers to it."""
        self._steps.forget(key)

    def put_labels(self, labels: Mapping[str, str | int]) -> None:
        """Sets labels."""
        self._labels.update(labels)
        for name, value in labels.items():
            self._hello.labels[name].CopyFrom(label_value(value))
        self.wake()

    def pause(self) -> None:
        """Asks for nothing new."""
        self._paused = True
        self.wake()

    async def drain(self) -> None:
        """Waits until all outcomes are acknowledged, and what else there is to tell was sent, if anyone is there."""
        while self._undone():
            self._drained = self.loop.create_future()
            await self._drained

    async def leave(self, seconds: float) -> None:
        """Says that the worker leaves, and ends the stream; gives up in so many seconds."""
        if not self._welcomed:
            await self.close()
            return
        self._leaving = True
        await self.finish(seconds)

    def _undone(self) -> bool:
        return bool(self._kept) or (self._welcomed and (self._writing or self._busy()))

    def _busy(self) -> bool:
        return bool(
            self._outcomes
            or self._started
            or self._reports
            or self._steps.busy
            or self._labels
            or self._paused is not None
            or self._leaving
        )

    def _check_drained(self) -> None:
        if self._drained is not None and not self._drained.done() and not self._undone():
            self._drained.set_result(None)

    # ---- the stream

    def wanted(self) -> bool:
        return True

    def opened(self) -> None:
        self._greeted = self._welcomed = False
        hello = self._hello
        del hello.held[:]
        keys = dict.fromkeys((*self._handler.held(), *self._kept))
        hello.held.extend(Attempt(task_id=task_id, attempt=attempt) for task_id, attempt in keys)
        self._outcomes = []
        if self._beat is None:
            self._set_heartbeat()

    def _set_heartbeat(self) -> None:
        self._due = self.loop.time() + HEARTBEAT_SECONDS
        self._beat = self.loop.call_at(self._due, self._heartbeat)

    def _heartbeat(self) -> None:
        if (late := self.loop.time() - self._due) > MAX_LATE_SECONDS:
            logger.warning("the event loop was blocked for %.0f s: code that blocks belongs into plain functions", late)
        self._set_heartbeat()
        if self._welcomed and not self._wrote:
            self._wrote = True
            self._empty = True
            self.wake()
        self._wrote = False

    def take(self) -> Iterator[WorkRequest]:
        if not self._greeted:
            self._greeted = True
            yield WorkRequest(hello=self._hello)
        if not self._welcomed:
            return
        while self._empty or self._busy():
            self._wrote = self._writing = True
            self._empty = False
            yield self._fill(WorkRequest())
            self._writing = False
        self._check_drained()

    def _fill(self, request: WorkRequest) -> WorkRequest:
        if self._started:
            request.started.extend(self._started.values())
            self._started.clear()
        if self._reports:
            # What a task said comes before its outcome: a server need not keep an order within a message.
            self._fill_reports(request)
        elif self._steps.busy:
            # What durable tasks ask for comes before any outcome, likewise.
            self._steps.fill(request)
        elif self._outcomes:
            count = _batch_length(self._outcomes, "payload")
            request.outcomes.extend(self._outcomes[:count])
            self._outcomes = self._outcomes[count:]
        for name, value in self._labels.items():
            request.labels[name].CopyFrom(label_value(value))
        self._labels = {}
        if self._paused is not None:
            request.paused, self._paused = self._paused, None
        if self._leaving and not self._outcomes and not self._reports:
            request.leaving, self._leaving = True, False
        return request

    def _fill_reports(self, request: WorkRequest) -> None:
        size = count = 0
        for count, report in enumerate(self._reports, 1):
            if isinstance(report, TaskLog):
                request.logs.append(report)
                size += len(report.message) * 2 + 100
            elif isinstance(report, TaskStreamChunk):
                request.chunks.append(report)
                size += len(report.data) + 100
            elif isinstance(report, TaskProgress):
                request.progress.append(report)
                size += len(report.text) * 2 + 100
            elif isinstance(report, TaskMetric):
                request.metrics.append(report)
                size += 200
            elif isinstance(report, TimeoutRefresh):
                request.refreshes.append(report)
            else:
                request.released.append(report)
            if size > BATCH_BYTES or count == BATCH_ITEMS:
                break
        del self._reports[:count]

    def receive(self, data: bytes) -> None:
        response = WorkResponse.FromString(data)
        if response.HasField("welcome"):
            self._welcome(response)
        for attempt in response.acknowledged:
            self._kept.pop((attempt.task_id, attempt.attempt), None)
        handler = self._handler
        for assignment in response.assignments:
            # One that has ended here, and whose outcome is not acknowledged yet, does not run twice.
            if (assignment.task_id, assignment.attempt) not in self._kept:
                handler.assign(assignment)
        handler.settle()
        if response.answers or response.settled or response.histories or response.resync:
            self._steps.take(response)
            if response.resync:
                self._say_again()
        for attempt in response.stopped:
            handler.drop((attempt.task_id, attempt.attempt))
        for attempt in response.cancels:
            handler.cancel((attempt.task_id, attempt.attempt))
        for error in response.errors:
            if not self._welcomed and not error.id:
                self._refuse(RegistrationError(error.message, error.code, error.field))
            else:
                logger.warning("the server refused a report on %s: %s", error.id, error.message)
        if self._drained is not None:
            self._check_drained()

    def _say_again(self) -> None:
        """The server knows nothing of what durable tasks ask and wait for."""
        self._steps.say_again()
        self.wake()

    def _welcome(self, response: WorkResponse) -> None:
        self._hello.worker_id = response.welcome.worker_id
        self._welcomed = True
        for attempt in response.welcome.lost:
            key = (attempt.task_id, attempt.attempt)
            self._kept.pop(key, None)
            self._started.pop(key, None)
            self._handler.drop(key)
        self._outcomes = list(self._kept.values())
        self._say_again()
        if not self.welcome.done():
            self.welcome.set_result(self.worker_id)
        self.wake()

    def interrupted(self, error: grpc.aio.AioRpcError, permanent: bool) -> None:
        if self._welcomed:
            logger.warning("lost the server (%s %s); reconnecting", error.code().name, error.details())
        elif error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION):
            # It has forgotten this worker: be a new one.
            self._hello.worker_id = ""
        self._greeted = self._welcomed = self._writing = False
        self._check_drained()
        if permanent:
            self._refuse(request_error(error, RegistrationError))

    def _refuse(self, error: RegistrationError) -> None:
        if not self.welcome.done():
            self.welcome.set_exception(error)
        elif not self.failed.done():
            self.failed.set_exception(error)

    async def close(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
        await super().close()
        if self._drained is not None and not self._drained.done():
            self._drained.cancel()


def label_value(value: str | int) -> LabelValue:
    """A label as the server wants it."""
    return LabelValue(number=value) if isinstance(value, int) else LabelValue(text=value)


def _batch_length(items: list[Any], field: str) -> int:
    """How many of the items go in one message."""
    size = 0
    for count, item in enumerate(items[:BATCH_ITEMS]):
        size += len(getattr(item, field)) + 150
        if size > BATCH_BYTES and count:
            return count
    return min(len(items), BATCH_ITEMS)
