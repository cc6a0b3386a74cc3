"""The worker: a process that runs tasks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any

from .._contracts.session_pb2 import WorkerHello
from ..background import new_event_loop
from ..declaration import SoleTask, Task, Workflow
from ..error import MattockError, SyncInAsyncError
from ..registration import action_of, register
from .capture import TaskLogHandler
from .runner import Runner
from .session import WorkSession, label_value

if TYPE_CHECKING:
    from ..client import Mattock

logger = logging.getLogger("mattock")

Lifespan = Callable[[], AsyncIterator[Any]]

# A server that has read a farewell ends the stream; for one that does not, this is long enough.
_LEAVE_SECONDS = 1.0


class Worker:
    """Runs tasks until it is stopped; made by `Mattock.worker`.

    Attributes:
        name: its name.
        ready: set while it is connected for the first time and has registered; `aio_start` in a task, and then
            `await worker.ready.wait()`.
    """

    def __init__(
        self,
        client: Mattock,
        name: str,
        workflows: Iterable[Workflow[Any] | SoleTask[Any, Any]],
        *,
        slots: Mapping[str, int],
        labels: Mapping[str, str | int],
        lifespan: Lifespan | None,
        stop_timeout: float,
        capture_logs: logging.Logger | None,
    ) -> None:
        self.client = client
        self.name = name
        self.ready = threading.Event()
        # The time, in seconds since 1970: tests have their own.
        self.clock: Callable[[], float] = time.time
        self._workflows: list[Workflow[Any]] = []
        self._slots = dict(slots)
        self._labels = dict(labels)
        self._lifespan = lifespan
        self._stop_timeout = stop_timeout
        self._capture = capture_logs
        self._session: WorkSession | None = None
        self._runner: Runner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._forced: asyncio.Event | None = None
        self._ready_waiters: list[asyncio.Future[None]] = []
        self.register(*workflows)

    # ---- what it is

    @property
    def id(self) -> str:
        """The id that the server gave it; "" before."""
        return self._session.worker_id if self._session else ""

    @property
    def labels(self) -> Mapping[str, str | int]:
        """Its labels."""
        return dict(self._labels)

    def upsert_labels(self, labels: Mapping[str, str | int]) -> None:
        """Sets labels, and leaves the others as they are. May be called in any thread."""
        self._labels.update(labels)
        if self._session is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._session.put_labels, dict(labels))

    def register(self, *workflows: Workflow[Any] | SoleTask[Any, Any]) -> None:
        """Adds workflows; before the start."""
        if self._session is not None:
            raise MattockError("workflows must be registered before the worker starts")
        for each in workflows:
            if isinstance(each, Task) and not isinstance(each, SoleTask):
                raise TypeError(f"workflows: task {each.name!r} is part of {each.workflow.name!r}: register that")
            workflow = each.workflow if isinstance(each, SoleTask) else each
            if workflow not in self._workflows:
                self._workflows.append(workflow)

    # ---- running

    def start(self) -> None:
        """Runs until SIGTERM, SIGINT or `stop`; blocks.

        The first signal stops gracefully: no new tasks, and those that run have `stop_timeout` seconds. The second
        one ends at once.

        Raises:
            RegistrationError: the server refused the worker or a workflow.
            SettingError: the client is not configured.
            SyncInAsyncError: an event loop runs in this thread: use `aio_start`.
        """
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop()
            raise SyncInAsyncError("worker.start() blocks, and an event loop runs in this thread: use aio_start()")
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            stuck = runner.run(self._serve())
        if stuck and threading.current_thread() is threading.main_thread():
            # Python would wait for them at its end.
            logger.warning("ending with %d threads still at work", stuck)
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(1)

    async def aio_start(self) -> None:
        """Runs until `stop`, or until it is cancelled (which stops gracefully, too); raises as `start`."""
        await self._serve()

    def stop(self) -> None:
        """Stops it: gracefully the first time, at once the second. May be called in any thread, and in handlers."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._stopping is None or self._forced is None:
            return
        if self._stopping.is_set():
            self._forced.set()
        self._stopping.set()

    async def aio_ready(self) -> None:
        """Waits until it is registered and connected.

        Raises:
            MattockError: it ended before.
        """
        if not self.ready.is_set():
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ready_waiters.append(waiter)
            await waiter

    def _tell_ready(self, error: MattockError | None) -> None:
        waiters, self._ready_waiters = self._ready_waiters, []
        for waiter in waiters:
            waiter.get_loop().call_soon_threadsafe(_resolve, waiter, error)

    async def _serve(self) -> int:
        """Runs; returns how many threads are still at work at its end."""
        if not self._workflows:
            raise MattockError("workflows: the worker has none")
        if self._session is not None:
            raise MattockError("the worker runs already")
        self._loop = asyncio.get_running_loop()
        self._stopping, self._forced = asyncio.Event(), asyncio.Event()
        settings = self.client.settings
        tasks = {action_of(task, settings): task for workflow in self._workflows for task in _all_tasks(workflow)}
        slots = self._slots_for(tasks.values())
        runner = self._runner = Runner(self.client, tasks, sum(self._slots.values()), slots.get("durable", 0), self)
        runner.clock = self.clock
        session = self._session = WorkSession(settings, self._hello(list(tasks), slots), runner)
        runner.session = session
        try:
            with self._signals(), self._captured():
                async with AsyncExitStack() as stack:
                    if self._lifespan is not None:
                        runner.lifespan = await stack.enter_async_context(_context_manager(self._lifespan))
                    try:
                        await self._connect(session)
                        await self._until_stopped(session)
                    finally:
                        await asyncio.shield(self._wind_down(session, runner))
        finally:
            await session.close()
            runner.close()
            self._session = self._runner = None
            self.ready.clear()
            self._tell_ready(MattockError("the worker has ended"))
            call_session = self.client._sessions.of(self._loop)
            if call_session is not None and not call_session.wanted():
                # Else others than its tasks wait there still: callers beside it, or another worker's tasks.
                await call_session.close()
        return runner.stuck_threads

    async def _connect(self, session: WorkSession) -> None:
        assert self._stopping is not None
        stopping = asyncio.ensure_future(self._stopping.wait())
        registering = asyncio.ensure_future(self._register(session))
        try:
            await asyncio.wait((stopping, registering), return_when=asyncio.FIRST_COMPLETED)
            if registering.done():
                registering.result()
        finally:
            stopping.cancel()
            registering.cancel()

    async def _register(self, session: WorkSession) -> None:
        await register(session.channel, session.settings, self._workflows)
        session.start()
        await session.welcome
        self.ready.set()
        self._tell_ready(None)
        logger.info("worker %s (%s) is ready: %s", self.name, self.id, ", ".join(w.name for w in self._workflows))

    async def _until_stopped(self, session: WorkSession) -> None:
        assert self._stopping is not None
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((stopping, session.failed), return_when=asyncio.FIRST_COMPLETED)
            if session.failed.done():
                session.failed.result()
        finally:
            stopping.cancel()

    async def _wind_down(self, session: WorkSession, runner: Runner) -> None:
        """Finishes what runs, tells the server, and leaves."""
        assert self._forced is not None
        if not self.ready.is_set() or session.failed.done():
            runner.drop_all()
            return
        session.pause()
        runner.evict_waiting()
        forced = asyncio.ensure_future(self._forced.wait())
        finishing = asyncio.ensure_future(self._finish(session, runner))
        await asyncio.wait((forced, finishing), timeout=self._stop_timeout, return_when=asyncio.FIRST_COMPLETED)
        finishing.cancel()
        forced.cancel()
        if left := runner.drop_all():
            logger.warning("worker %s stops with %d tasks unfinished; others will run them", self.name, left)
        await session.leave(_LEAVE_SECONDS)

    @staticmethod
    async def _finish(session: WorkSession, runner: Runner) -> None:
        await runner.idle()
        await session.drain()

    # ---- around it

    def _slots_for(self, tasks: Iterable[Task[Any, Any]]) -> dict[str, int]:
        """Its slots; those for durable tasks only if it has any."""
        durable = any(task.durable for task in tasks)
        return {kind: count for kind, count in self._slots.items() if kind != "durable" or durable}

    def _hello(self, actions: list[str], slots: Mapping[str, int]) -> WorkerHello:
        hello = WorkerHello(
            name=self.client.settings.qualify(self.name),
            actions=actions,
            slots=slots,
            sdk_version=metadata.version("mattock"),
            language="python",
            language_version=platform.python_version(),
            os=platform.system().lower(),
        )
        for name, value in self._labels.items():
            hello.labels[name].CopyFrom(label_value(value))
        return hello

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Stops on signals, where this is the main thread."""
        if threading.current_thread() is not threading.main_thread() or self._loop is None:
            yield
            return
        handled = []
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            with contextlib.suppress(NotImplementedError, RuntimeError):
                self._loop.add_signal_handler(number, self._stop)
                handled.append(number)
        try:
            yield
        finally:
            for number in handled:
                self._loop.remove_signal_handler(number)
                signal.signal(number, before[number])

    @contextlib.contextmanager
    def _captured(self) -> Iterator[None]:
        """Gives log records to the tasks that write them."""
        if self._capture is None:
            yield
            return
        handler = TaskLogHandler()
        self._capture.addHandler(handler)
        try:
            yield
        finally:
            self._capture.removeHandler(handler)


def _all_tasks(workflow: Workflow[Any]) -> list[Task[Any, Any]]:
    return [*workflow.tasks, *([workflow.failure_task] if workflow.failure_task else ())]


def _context_manager(lifespan: Lifespan) -> Any:
    made = lifespan()
    return made if hasattr(made, "__aenter__") else asynccontextmanager(lambda: made)()


def _resolve(waiter: asyncio.Future[None], error: MattockError | None) -> None:
    if waiter.done():
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(error)
