"""The engine in memory with a worker in this process, as a test sees it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic_core import to_json

from ..channel import CHANNELS
from ..client import Mattock
from ..declaration import SoleTask, Task, Workflow
from ..duration import Duration, to_seconds
from ..error import MattockError, RequestError
from ..execution.worker import Worker
from ..record import TaskProgress
from ..setting import ClientSettings
from ..steering import RecordedStep
from .bridge import Bridge
from .channel import MemoryChannel
from .mock import MockedTask

if TYPE_CHECKING:
    from mattock_engine.memory import StepRow

T = TypeVar("T")
# Turns of the event loop without a command after which nobody is about to say something.
_QUIET_TURNS = 40
# Seconds in which nothing can happen any more, until who awaits a result is told so.
_PATIENCE = 1.0
_numbers = itertools.count(1)
_TOKEN = "e30.e30.e30"


class LeakedRuns(MattockError, AssertionError):
    """A test has left runs unfinished; the text says which, and what they wait for."""


class Engine(Bridge):
    """An engine in memory; made by `engine`.

    It runs in the event loop of its `async with`, or in a thread of its own for a plain `with`. Its methods may be
    called from any thread; those that take time have a twin with `aio_`.

    Attributes:
        client: a client of it. Clients of the workflows that it serves, and those that read their settings from the
            environment meanwhile, are its clients too.
        allow_unfinished: do not fail when runs are left unfinished.
    """

    def __init__(self, workflows: tuple[SoleTask[Any, Any] | Workflow[Any], ...], allow_unfinished: bool) -> None:
        self.allow_unfinished = allow_unfinished
        self._first = workflows
        self._address = f"memory:{next(_numbers)}"
        self._settings = ClientSettings(
            token=_TOKEN, tenant_id="memory", host_port=self._address, server_url="http://memory", tls_strategy="none"
        )
        self.client = Mattock(self._settings)
        self._clients: dict[int, Mattock] = {id(self.client): self.client}
        self._mocks: list[MockedTask] = []
        self._workers: list[tuple[Worker, asyncio.Task[None]]] = []
        self._before: dict[str, str | None] = {}
        self._thread: threading.Thread | None = None
        self._stirred: asyncio.Event
        self._skipping: asyncio.Task[None] | None = None

    # ---- life

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        left = await self._close()
        self._complain(left, kind)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mattock-engine", daemon=True)
        self._thread.start()
        self._wait(self._open())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        left = self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        assert self._thread is not None
        self._thread.join()
        self._loop.close()
        for client in self._clients.values():
            client.close()
        self._complain(left, kind)

    def _complain(self, left: list[str], kind: type[BaseException] | None) -> None:
        if left and kind is None and not self.allow_unfinished:
            raise LeakedRuns(f"{len(left)} runs are unfinished:\n" + "\n".join(left))

    async def _open(self) -> None:
        try:
            from mattock_engine.memory import MemoryDoor, MemoryEngine
        except ImportError:
            raise MattockError("there is no engine to test with: pip install 'mattock[server]'") from None
        self._stirred = asyncio.Event()
        self._engine = MemoryEngine()
        self._engine.on_activity = self._stirred.set
        self._door = MemoryDoor(self._engine)
        self._began = self._engine.now
        CHANNELS[self._address] = lambda: MemoryChannel(self._loop, self._door)
        names = {"TOKEN": _TOKEN, "TENANT_ID": "memory", "HOST_PORT": self._address, "SERVER_URL": "http://memory"}
        variables = {f"MATTOCK_CLIENT_{name}": value for name, value in {**names, "TLS_STRATEGY": "none"}.items()}
        self._before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        self._skipping = asyncio.create_task(self._skip())
        await self._serve(self._first, {})

    async def _close(self) -> list[str]:
        """Ends everything; returns what is left unfinished, in words."""
        await self._quiet()
        left = self._unfinished()
        if self._skipping is not None:
            self._skipping.cancel()
        for worker, serving in self._workers:
            worker.stop()
            worker.stop()
            await asyncio.wait((serving,))
        for mocked in reversed(self._mocks):
            mocked.restore()
        if self._thread is None:
            for client in self._clients.values():
                await client.aio_close()
        self._engine.close()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        del CHANNELS[self._address]
        return left

    # ---- work

    def serve(self, *workflows: SoleTask[Any, Any] | Workflow[Any], **options: Any) -> None:
        """Runs workflows in this process; blocking.

        Args:
            workflows: what to run; their clients become clients of this engine.
            options: of the worker: `slots`, `labels`, `lifespan` (see `Mattock.worker`).
        """
        self._wait(self._serve(workflows, options))

    async def aio_serve(self, *workflows: SoleTask[Any, Any] | Workflow[Any], **options: Any) -> None:
        """Runs workflows in this process; as `serve`."""
        await self._in_loop(self._serve(workflows, options))

    async def _serve(
        self, workflows: tuple[SoleTask[Any, Any] | Workflow[Any], ...], options: Mapping[str, Any]
    ) -> None:
        if not workflows:
            return
        for each in workflows:
            self._clients[id(each.client)] = each.client
            each.client._settings = self._settings
        worker = workflows[0].client.worker("test", workflows=list(workflows), stop_timeout=0, **options)
        worker.clock = lambda: self._engine.now
        serving = asyncio.create_task(worker.aio_start())
        self._workers.append((worker, serving))
        ready = asyncio.create_task(worker.aio_ready())
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            ready.cancel()
            # Why it has ended.
            serving.result()

    def mock(self, task: Task[Any, Any], result: Any = None) -> MockedTask:
        """Lets a task run other code, here and until the end.

        Args:
            task: the task.
            result: a function in place of its own, of the input and (if it wants) the context, plain or `async`; an
                exception to be raised; or what it returns.

        Returns:
            What tells of its calls.
        """
        code: Callable[..., Any]
        if isinstance(result, BaseException) or (isinstance(result, type) and issubclass(result, BaseException)):
            failure = result

            def code(input: Any) -> Any:
                raise failure

        elif callable(result):
            code = result
        else:

            def code(input: Any) -> Any:
                return result

        mocked = MockedTask(task, code)
        self._mocks.append(mocked)
        return mocked

    # ---- time

    @property
    def now(self) -> datetime:
        """The engine's time, in UTC."""
        return datetime.fromtimestamp(self._engine.now, UTC)

    @property
    def elapsed(self) -> timedelta:
        """How long this engine is there by its own clock."""
        return timedelta(seconds=self._engine.now - self._began)

    def sleep(self, duration: Duration) -> None:
        """Lets time pass: all that is due meanwhile happens, each at its time; blocking.

        Args:
            duration: seconds, a timedelta, or text such as "7d".
        """
        self._wait(self._pass(duration))

    async def aio_sleep(self, duration: Duration) -> None:
        """Lets time pass; as `sleep`."""
        await self._in_loop(self._pass(duration))

    async def _pass(self, duration: Duration) -> None:
        end = self._engine.now + to_seconds(duration, "duration")
        await self._idle()
        while (due := self._engine.next_due()) is not None and due <= end:
            self._engine.skip_to(due)
            await self._idle()
        self._engine.skip_to(end)
        await self._idle()

    async def _quiet(self) -> None:
        """Waits until nobody says anything any more."""
        seen = -1
        while seen != self._engine.activity:
            seen = self._engine.activity
            for _ in range(_QUIET_TURNS):
                await asyncio.sleep(0)

    async def _idle(self) -> None:
        """Waits until no task is at work."""
        from mattock_engine.memory.waiting import at_work

        await self._quiet()
        while at_work(self._engine.tenant.state):
            self._stirred.clear()
            await self._stirred.wait()
            await self._quiet()

    async def _skip(self) -> None:
        """Skips the time in which somebody waits, and nobody works."""
        while True:
            await self._idle()
            if not self._engine.awaited():
                await self._stirred_again()
                continue
            due = self._engine.next_due()
            if due is not None:
                self._engine.skip_to(due)
            elif not await self._stirred_again(_PATIENCE):
                self._give_up()

    async def _stirred_again(self, seconds: float | None = None) -> bool:
        self._stirred.clear()
        try:
            await asyncio.wait_for(self._stirred.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _give_up(self) -> None:
        """Nothing will happen any more: who awaits a result is told why there will be none."""
        self._door.fail_callers("nothing will happen any more: " + "; ".join(self._unfinished()))

    # ---- speaking to runs

    def push(self, key: str, payload: Mapping[str, Any] | None = None, **options: Any) -> str:
        """Pushes an event.

        Args:
            key: by which workflows and waits know it.
            payload: a JSON object.
            options: `scope`, `priority` (1 to 3), `additional_metadata` (a JSON object).

        Returns:
            The event's id.
        """
        metadata = options.pop("additional_metadata", None)
        text = to_json(payload or {}).decode()
        metadata_text = to_json(metadata).decode() if metadata else ""
        return self._here(lambda: self._engine.push(key, text, metadata=metadata_text, **options))

    def signal(self, task_id: str, name: str, data: Any = None, by: str = "") -> None:
        """Sends a signal to a durable task (see `client.durable.signal`)."""
        self._message(task_id, name, data, by)

    def approve(
        self, task_id: str, key: str, *, by: str, approved: bool = True, comment: str = "", value: Any = None
    ) -> None:
        """Decides what a durable task asks (see `client.durable.approve`)."""
        data = {"approved": approved, "comment": comment, "value": value}
        self._message(task_id, f"approval/{key}", data, by)

    def update(self, task_id: str, name: str, data: Any = None, *, by: str = "") -> Any:
        """Sends an update to a durable task; its answer (see `client.durable.update`); blocking."""
        return self._wait(self._update(task_id, name, data, by))

    async def aio_update(self, task_id: str, name: str, data: Any = None, *, by: str = "") -> Any:
        """Sends an update; as `update`."""
        return await self._in_loop(self._update(task_id, name, data, by))

    async def _update(self, task_id: str, name: str, data: Any, by: str) -> Any:
        message_id = self._message(task_id, f"update/{name}", data, by)
        while True:
            await self._idle()
            for step in self._engine.steps(task_id):
                if step.fingerprint == f"reply/{message_id}" and step.order:
                    return json.loads(step.payload)
            due = self._engine.next_due()
            if due is None or self._engine.row(task_id) is None:
                raise RequestError(f"task: {task_id} gives no answer", 9, "task")
            self._engine.skip_to(due)

    def _message(self, task_id: str, name: str, data: Any, by: str) -> str:
        from mattock_engine.memory import Refused

        text = to_json(data).decode()
        try:
            return self._here(lambda: self._engine.signal(task_id, name, text, by))
        except Refused as refused:
            raise RequestError(refused.message, int(refused.code), refused.field) from None

    def published(self, task_id: str, name: str) -> Any:
        """The last value that a durable task has published (see `client.durable.query`); None if it has not."""
        steps = self._here(lambda: self._engine.steps(task_id))
        found = [step for step in steps if step.fingerprint == f"state/{name}"]
        return json.loads(found[-1].payload) if found else None

    def steps(self, task_id: str) -> list[RecordedStep]:
        """What a durable task has recorded (see `client.durable.history`)."""
        return self._here(lambda: [_step(row) for row in self._engine.steps(task_id)])

    def logs(self, task_id: str) -> list[str]:
        """The lines that a task has logged, in order."""
        return self._here(lambda: [line.message for line in self._engine.store.logs if line.task_id == task_id])

    def progress(self, task_id: str) -> TaskProgress | None:
        """How far a task says that it is (`ctx.progress`); None if it has told nothing."""
        told = self._here(lambda: self._engine.progress.get(task_id))
        if told is None:
            return None
        return TaskProgress(fraction=told.fraction, text=told.text, updated_at=datetime.fromtimestamp(told.at, UTC))

    def metrics(self) -> dict[str, float]:
        """What tasks have added to figures (`ctx.metric`), by name."""
        found: dict[str, float] = {}
        for sample in self._here(lambda: list(self._engine.samples)):
            found[sample.name] = found.get(sample.name, 0) + sample.total
        return found

    def unfinished(self) -> list[str]:
        """Runs that have not ended, and what they wait for, in words."""
        return self._here(self._unfinished)

    def _unfinished(self) -> list[str]:
        return [f"  {name} ({run_id}) waits for {why}" for run_id, name, why in self._engine.unfinished()]


def _step(row: StepRow) -> RecordedStep:
    kind = {1: "RUN", 2: "WAIT_FOR", 3: "MEMO"}[int(row.kind)]
    payload = row.payload if row.failed else json.loads(row.payload or "null")
    return RecordedStep(row.node, row.branch, kind, row.what, row.label, bool(row.order), payload, True, row.child_id)


def engine(*workflows: SoleTask[Any, Any] | Workflow[Any], allow_unfinished: bool = False) -> Engine:
    """An engine in memory that skips time, for `with` (in a thread of its own) or `async with` (in this loop).

    Args:
        workflows: what it runs; more with `Engine.serve`.
        allow_unfinished: do not fail at the end when runs are left unfinished.

    Raises:
        LeakedRuns: at its end: runs are unfinished, and nothing else went wrong.
        MattockError: the engine's package is not installed.
    """
    return Engine(workflows, allow_unfinished)
