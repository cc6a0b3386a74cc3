"""Runs attempts: in the event loop, in threads, or in processes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AsyncExitStack
from contextvars import copy_context
from time import time
from typing import TYPE_CHECKING, Any

from .._contracts.session_pb2 import (
    OUTCOME_KIND_CANCELLED,
    OUTCOME_KIND_COMPLETED,
    OUTCOME_KIND_FAILED,
    Assignment,
    History,
    SettledStep,
    StepPlace,
    TaskOutcome,
)
from ..context import Context, current_context
from ..declaration import Task
from ..durable import DurableContext
from ..host import Report, WorkerHandle
from ..option import EvictionPolicy
from ..tracing import trace_task
from .batch import BatchRun, run_batch
from .eviction import Evictor, policy_of
from .failure import describe
from .handler import AttemptKey
from .journal import Journal
from .session import WorkSession

if TYPE_CHECKING:
    from ..client import Mattock
    from .pool import ProcessPool

logger = logging.getLogger("mattock")

_ENVELOPE_BYTES = 2048


class Running:
    """An attempt that runs."""

    __slots__ = ("batch", "cancelled", "context", "future", "journal", "key", "policy", "silent", "started_at")

    def __init__(self, key: AttemptKey, context: Context) -> None:
        self.key = key
        self.context = context
        self.future: asyncio.Task[None] | None = None
        self.started_at = 0.0
        self.cancelled = False
        # No one wants its outcome.
        self.silent = False
        # Those that run together with it, itself among them.
        self.batch: BatchRun | None = None
        # Of a durable task.
        self.journal: Journal | None = None
        self.policy: EvictionPolicy | None = None


class Runner:
    """Runs attempts, and tells the session how they end. It is the `Host` of their contexts."""

    def __init__(
        self,
        client: Mattock,
        tasks: Mapping[str, Task[Any, Any]],
        slots: int,
        durable_slots: int,
        worker: WorkerHandle,
    ) -> None:
        self.client = client
        self.worker = worker
        self.lifespan: Any = None
        self.clock: Callable[[], float] = time
        self._loop = asyncio.get_running_loop()
        self.loop: asyncio.AbstractEventLoop | None = self._loop
        self.session: WorkSession
        self._tasks = tasks
        self._slots = slots
        self._running: dict[AttemptKey, Running] = {}
        self._fresh: list[Running] = []
        self._gathered: dict[str, BatchRun] = {}
        self._durable: dict[AttemptKey, Running] = {}
        self._evictor = Evictor(lambda: tuple(self._durable.values()), durable_slots, self._evict)
        self._thread = threading.get_ident()
        self._threads: ThreadPoolExecutor | None = None
        self._in_threads: set[Future[Any]] = set()
        self._processes: ProcessPool | None = None
        self._idle: asyncio.Future[None] | None = None
        self._max_output = client.settings.max_message_bytes - _ENVELOPE_BYTES

    # ---- what the session tells

    def assign(self, assignment: Assignment) -> None:
        """Starts an attempt, unless it runs already."""
        key = (assignment.task_id, assignment.attempt)
        if key in self._running:
            return
        task = self._tasks.get(assignment.action)
        if task is None:
            self._refuse(key, assignment.action)
            return
        running = self._begin(key, assignment, task)
        self._running[key] = running
        running.started_at = self.clock()
        self.session.started(key, running.started_at)
        if task.batch is not None:
            batch = self._gathered.setdefault(assignment.batch_id, BatchRun(task))
            batch.members.append(running)
            running.batch = batch
            return
        running.future = self._loop.create_task(self._run(running, task))
        self._fresh.append(running)

    def _begin(self, key: AttemptKey, assignment: Assignment, task: Task[Any, Any]) -> Running:
        if not task.durable:
            return Running(key, Context(assignment, task, self))
        journal = Journal(key, self.session, replays=assignment.attempt > 0)
        running = Running(key, DurableContext(assignment, task, self, journal))
        running.journal, running.policy = journal, policy_of(task.options)
        self._durable[key] = running
        self._evictor.start()
        return running

    def settle(self) -> None:
        """All assignments of a message were given: those that do not end at once let go of the message."""
        if self._gathered:
            for batch in self._gathered.values():
                batch.future = self._loop.create_task(run_batch(self, batch))
            self._gathered = {}
        if self._fresh:
            # Called after the first step of each.
            self._loop.call_soon(self._keep, self._fresh)
            self._fresh = []

    def _keep(self, fresh: list[Running]) -> None:
        for running in fresh:
            if running.future is not None and not running.future.done():
                running.context._detach()
                self.session.wake()

    def cancel(self, key: AttemptKey) -> None:
        """Stops an attempt: a coroutine is cancelled, other code is told by its context."""
        running = self._running.get(key)
        if running is None or running.cancelled:
            return
        running.cancelled = True
        running.context._flag_cancelled()
        if self._processes is not None:
            self._processes.cancel(key)
        if running.batch is not None:
            running.batch.cancel()
        elif running.future is not None:
            running.future.cancel()

    def drop(self, key: AttemptKey) -> None:
        """Stops an attempt, and reports nothing of it."""
        running = self._running.get(key)
        if running is not None:
            running.silent = True
            self.cancel(key)

    def history(self, history: History) -> None:
        """What a durable task recorded in earlier attempts."""
        running = self._durable.get((history.task_id, history.attempt))
        if running is not None and running.journal is not None:
            running.journal.history(history)

    def settle_step(self, step: SettledStep) -> None:
        """A step of a durable task is settled."""
        running = self._durable.get((step.task_id, step.attempt))
        if running is not None and running.journal is not None:
            running.journal.settle(step)

    def places(self) -> Iterable[StepPlace]:
        """Steps that durable tasks wait for."""
        journals = (running.journal for running in self._durable.values())
        return [place for journal in journals if journal is not None for place in journal.places()]

    def _evict(self, running: Running, reason: str) -> None:
        """A waiting durable task leaves."""
        del self._durable[running.key]
        self.session.evict(running.key, reason)
        self.drop(running.key)

    def evict_waiting(self) -> None:
        """The worker stops: durable tasks leave it as soon as they wait."""
        self._evictor.stop()

    def held(self) -> Iterable[AttemptKey]:
        """The attempts that run."""
        return tuple(self._running)

    # ---- what the worker asks

    async def idle(self) -> None:
        """Waits until no attempt runs."""
        while self._running:
            self._idle = self._loop.create_future()
            await self._idle

    def drop_all(self) -> int:
        """Stops all attempts, and reports nothing of them. Returns how many there were."""
        for key in tuple(self._running):
            self.drop(key)
        return len(self._running)

    def close(self) -> None:
        """Lets go of threads and processes."""
        self._evictor.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        if self._processes is not None:
            self._processes.close()

    @property
    def stuck_threads(self) -> int:
        """How many threads still run a task."""
        return sum(future.running() for future in self._in_threads)

    def post(self, report: Report) -> None:
        """Sends what a task says, from whatever thread."""
        if threading.get_ident() == self._thread:
            self.session.report(report)
        else:
            self._loop.call_soon_threadsafe(self.session.report, report)

    # ---- running

    async def _run(self, running: Running, task: Task[Any, Any]) -> None:
        context = running.context
        current_context.set(context)
        kind, payload, final, retry_after = OUTCOME_KIND_COMPLETED, b"", False, None
        try:
            try:
                value = context.input = task.input.load_input(context._assignment.input)
            except ValueError as error:
                # Another attempt would read the same.
                kind, (payload, _) = OUTCOME_KIND_FAILED, describe(error)
                final = True
            else:
                with trace_task(context):
                    if task.executor == "async" and task.plan.simple:
                        result = await task.function(*task.plan.arguments(value, context))
                    else:
                        result = await self.run_elsewhere(running, task, value)
                kind, payload, final = self.outcome_of(task, result)
        except asyncio.CancelledError as error:
            kind, payload = OUTCOME_KIND_CANCELLED, b""
            if not running.cancelled:
                kind, (payload, final) = OUTCOME_KIND_FAILED, describe(error)
        except (KeyboardInterrupt, GeneratorExit):
            running.silent = True
            raise
        except BaseException as error:
            kind, (payload, final) = OUTCOME_KIND_FAILED, describe(error)
            retry_after = getattr(error, "retry_after", None)
        finally:
            self.end(running, kind, payload, final, retry_after)

    def outcome_of(self, task: Task[Any, Any], result: Any) -> tuple[Any, bytes, bool]:
        """How an attempt ends that has returned something: the outcome's kind and payload, and whether it is final.

        Raises:
            ValueError: the result is not of the task's type.
        """
        payload = task.output.dump(result)
        if len(payload) <= self._max_output:
            return OUTCOME_KIND_COMPLETED, payload, False
        text = f"ValueError: output: {len(payload)} bytes, more than a message can hold"
        return OUTCOME_KIND_FAILED, text.encode(), True

    def end(self, running: Running, kind: Any, payload: bytes, final: bool = False, retry_after: Any = None) -> None:
        """An attempt is over; the session is told how it ended, if anyone wants to know."""
        key = running.key
        del self._running[key]
        if self._durable.pop(key, None) is not None:
            self.session.forget(key)
        if not running.silent:
            outcome = TaskOutcome(
                task_id=key[0],
                attempt=key[1],
                kind=kind,
                payload=payload,
                final=final,
                started_at=running.started_at,
                finished_at=self.clock(),
            )
            if isinstance(retry_after, (int, float)):
                outcome.retry_after = retry_after
            self.session.finished(key, outcome)
        if self._idle is not None and not self._running and not self._idle.done():
            self._idle.set_result(None)

    async def run_elsewhere(self, running: Running, task: Task[Any, Any], value: Any) -> Any:
        """Runs what is not a plain coroutine function."""
        if task.executor == "process":
            return await self.processes.run(running.key, task, running.context._assignment)
        context = running.context
        if task.plan.simple:
            return await self._in_thread(running, lambda: task.function(*task.plan.arguments(value, context)))
        async with AsyncExitStack() as stack:
            arguments = await task.plan.resolve(value, context, stack, lambda: self.threads)
            if task.executor == "async":
                return await task.function(**arguments)
            return await self._in_thread(running, lambda: task.function(**arguments))

    async def _in_thread(self, running: Running, work: Callable[[], Any]) -> Any:
        """Runs a plain function in a thread. Cancelled, it is waited for: code in a thread cannot be stopped."""
        future = self.threads.submit(copy_context().run, work)
        self._in_threads.add(future)
        future.add_done_callback(self._in_threads.discard)
        wrapped = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(wrapped)
        except asyncio.CancelledError:
            if running.cancelled and not future.cancel():
                await asyncio.wait((wrapped,))
                if not wrapped.cancelled():
                    wrapped.exception()
            raise

    @property
    def threads(self) -> Executor:
        """The thread pool."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._slots, thread_name_prefix="mattock-task")
        return self._threads

    @property
    def processes(self) -> ProcessPool:
        """The process pool."""
        if self._processes is None:
            from .pool import ProcessPool

            self._processes = ProcessPool(self)
        return self._processes

    def _refuse(self, key: AttemptKey, action: str) -> None:
        text = f"LookupError: this worker has no task {action!r}"
        logger.error(text)
        outcome = TaskOutcome(task_id=key[0], attempt=key[1], kind=OUTCOME_KIND_FAILED, payload=text.encode())
        self.session.finished(key, outcome)
