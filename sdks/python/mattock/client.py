"""The client: where tasks are declared, and what they reach the server by."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import Unpack

from .background import BackgroundLoop, call_in
from .context import current_context
from .declaration import SoleTask, Workflow, split_batch
from .decorator import BatchSoleDecorator, DurableSoleDecorator, SoleTaskDecorator
from .option import BatchOptions, SoleBatchTaskOptions, SoleTaskOptions, TaskOptions, WorkflowOptions
from .per_loop import PerLoop
from .session import CallSession
from .setting import ClientSettings

if TYPE_CHECKING:
    import logging

    from .administration import Runs, Workers
    from .backlog import Queues
    from .catalog import Workflows
    from .cron import Crons
    from .dead_letter import DeadLetters
    from .event import Events
    from .execution.worker import Lifespan, Worker
    from .filtering import Filters
    from .http import HttpPools
    from .rate import RateLimits
    from .schedule import Schedules
    from .steering import DurableTasks
    from .webhook import Webhooks

I = TypeVar("I")  # noqa: E741 (input)
T = TypeVar("T")


class Mattock:
    """A client of a Mattock server.

    It connects when it is first used, so it may be made, and tasks declared with it, where there is no server. All
    that runs in one event loop shares one stream; blocking calls share one more, in a thread of its own.

    Args:
        settings: settings; by default from the environment (see `ClientSettings`).
        given: single settings that win over the environment, such as `token` or `namespace`.
    """

    def __init__(self, settings: ClientSettings | None = None, **given: Any) -> None:
        unknown = given.keys() - ClientSettings.__dataclass_fields__.keys()
        if unknown:
            raise TypeError(f"unknown setting: {', '.join(sorted(unknown))}")
        self._fixed = settings
        self._given = given
        self._settings: ClientSettings | None = settings
        self._qualified: dict[str, str] = {}
        self._sessions: PerLoop[CallSession] = PerLoop()
        self._background = BackgroundLoop()
        self._pools: HttpPools | None = None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return functools.partial(Mattock, **self._given), (self._fixed,)

    # ---- declaring

    @overload
    def workflow(self, name: str, *, input_validator: type[I], **options: Unpack[WorkflowOptions]) -> Workflow[I]: ...
    @overload
    def workflow(
        self, name: str, *, input_validator: None = None, **options: Unpack[WorkflowOptions]
    ) -> Workflow[Any]: ...
    def workflow(self, name: str, *, input_validator: Any = None, **options: Unpack[WorkflowOptions]) -> Workflow[Any]:
        """Declares a workflow; its tasks are declared with `@workflow.task()`.

        Args:
            name: its name, unique in the tenant: letters, digits, `.`, `_`, `-`.
            input_validator: type of its input: a pydantic model, dataclass or TypedDict; by default any dict.
            options: see `WorkflowOptions`.

        Returns:
            The workflow, without tasks; the server knows of it once a worker with it has started.

        Raises:
            ValueError: the name is empty.
        """
        return Workflow(self, name, Any if input_validator is None else input_validator, options)

    def task(self, *, input_validator: Any = None, **options: Unpack[SoleTaskOptions]) -> SoleTaskDecorator:
        """Declares a task that is a workflow by itself.

        Args:
            input_validator: type of its input; by default what the function's parameter says.
            options: see `TaskOptions` and `WorkflowOptions`.

        Returns:
            A decorator, which makes a function a `SoleTask`.

        Raises:
            TypeError: an unknown option, or (when it is decorated) an `executor` that does not go with the function.
        """
        return SoleTaskDecorator(self._sole(input_validator, options, durable=False))

    def durable_task(self, *, input_validator: Any = None, **options: Unpack[SoleTaskOptions]) -> DurableSoleDecorator:
        """Declares a durable task that is a workflow by itself: a coroutine function with a `DurableContext`.

        Args:
            input_validator: type of its input; by default what the function's parameter says.
            options: see `TaskOptions` and `WorkflowOptions`. The `execution_timeout` is five years by default.

        Returns:
            A decorator, which makes a function a `SoleTask`.

        Raises:
            TypeError: an unknown option, or (when it is decorated) a function that is no coroutine function.
        """
        return DurableSoleDecorator(self._sole(input_validator, options, durable=True))

    def batch_task(self, *, input_validator: Any = None, **options: Unpack[SoleBatchTaskOptions]) -> BatchSoleDecorator:
        """Declares a batch task that is a workflow by itself: its runs are gathered, and run together.

        Its function takes a list of inputs and (if it wants) a `BatchContext`, and returns a list of as many outputs,
        in order; an output that is an exception fails that run alone.

        Args:
            input_validator: type of one input; by default what the function's parameter says.
            options: see `BatchOptions`, `TaskOptions` and `WorkflowOptions`.

        Returns:
            A decorator, which makes a function a `SoleTask`: run it as any other, with one input.

        Raises:
            TypeError: an unknown option, or no `batch_size`.
        """
        batch, others = split_batch(options)
        return BatchSoleDecorator(self._sole(input_validator, others, durable=False, batch=batch))

    def _sole(
        self, input_validator: Any, options: SoleTaskOptions, durable: bool, batch: BatchOptions | None = None
    ) -> Callable[[Callable[..., Any], Mapping[str, Any]], SoleTask[Any, Any]]:
        mine: WorkflowOptions = {key: options[key] for key in WorkflowOptions.__annotations__ if key in options}  # type: ignore[literal-required,assignment]
        # Its run is its one task: limits are the task's.
        mine.pop("concurrency", None)
        its: TaskOptions = {key: options[key] for key in TaskOptions.__annotations__ if key in options}  # type: ignore[literal-required,assignment]
        if unknown := options.keys() - mine.keys() - its.keys():
            raise TypeError(f"unknown option of a task: {', '.join(sorted(unknown))}")

        def declare(function: Callable[..., Any], names: Mapping[str, Any]) -> SoleTask[Any, Any]:
            name = options.get("name") or function.__name__
            workflow: Workflow[Any] = Workflow(self, name, Any if input_validator is None else input_validator, mine)
            task = workflow.add_sole(function, its, names, durable, batch)
            if input_validator is None:
                workflow.input = task.input
            return task

        return declare

    def worker(
        self,
        name: str,
        *,
        workflows: Iterable[Workflow[Any] | SoleTask[Any, Any]] = (),
        slots: int | Mapping[str, int] = 100,
        durable_slots: int = 1000,
        labels: Mapping[str, str | int] | None = None,
        lifespan: Lifespan | None = None,
        stop_timeout: float = 30.0,
        capture_logs: logging.Logger | None = None,
    ) -> Worker:
        """A worker, yet to be started.

        Args:
            name: its name, for people.
            workflows: what it runs.
            slots: how many tasks it runs at once, perhaps by kind: `{"default": 100, "gpu": 1}`.
            durable_slots: how many durable tasks, which mostly wait, it runs beside them.
            labels: labels to choose workers by, text or whole numbers.
            lifespan: an async generator function: what it yields is `ctx.lifespan`, the rest runs at the end.
            stop_timeout: how many seconds a graceful stop waits for what runs.
            capture_logs: a logger whose records, where a task writes them, go to the task's log, too.

        Returns:
            The worker; `start` or `aio_start` runs it.
        """
        from .execution.worker import Worker

        return Worker(
            self,
            name,
            workflows,
            slots={"durable": durable_slots, **({"default": slots} if isinstance(slots, int) else slots)},
            labels=labels or {},
            lifespan=lifespan,
            stop_timeout=stop_timeout,
            capture_logs=capture_logs,
        )

    # ---- asking

    @functools.cached_property
    def runs(self) -> Runs:
        """Looking at runs, cancelling, replaying and pausing them."""
        from .administration import Runs

        return Runs(self)

    @functools.cached_property
    def workers(self) -> Workers:
        """Looking at workers, pausing and draining them."""
        from .administration import Workers

        return Workers(self)

    @functools.cached_property
    def queues(self) -> Queues:
        """What waits and why, concurrency keys, pauses of queues, limits of the tenant."""
        from .backlog import Queues

        return Queues(self)

    @functools.cached_property
    def dead_letters(self) -> DeadLetters:
        """Runs that failed for good: run again, or discarded."""
        from .dead_letter import DeadLetters

        return DeadLetters(self)

    @functools.cached_property
    def events(self) -> Events:
        """Pushing events, looking at them."""
        from .event import Events

        return Events(self)

    @functools.cached_property
    def filters(self) -> Filters:
        """Filters of events, made and changed while all runs."""
        from .filtering import Filters

        return Filters(self)

    @functools.cached_property
    def workflows(self) -> Workflows:
        """Workflows as the server knows them: finding, pausing, resuming them."""
        from .catalog import Workflows

        return Workflows(self)

    @functools.cached_property
    def webhooks(self) -> Webhooks:
        """Incoming webhooks: deliveries of other services that become events."""
        from .webhook import Webhooks

        return Webhooks(self)

    @functools.cached_property
    def durable(self) -> DurableTasks:
        """Durable tasks: signals, updates, queries, approvals, histories, forks."""
        from .steering import DurableTasks

        return DurableTasks(self)

    @functools.cached_property
    def crons(self) -> Crons:
        """Crons: making, pausing, deleting them."""
        from .cron import Crons

        return Crons(self)

    @functools.cached_property
    def schedules(self) -> Schedules:
        """Runs that are started once, at a time."""
        from .schedule import Schedules

        return Schedules(self)

    @functools.cached_property
    def rate_limits(self) -> RateLimits:
        """Rate limits that tasks use by name."""
        from .rate import RateLimits

        return RateLimits(self)

    def login_link(self) -> str:
        """A link that logs a person into the dashboard, once, within a quarter of an hour.

        Raises:
            RequestError: the server refused it.
            ConnectionError: the server cannot be reached.
        """
        from .administration import login_link

        return login_link(self)

    # ---- connecting

    @property
    def settings(self) -> ClientSettings:
        """The settings; read from the environment when first needed.

        Raises:
            SettingError: there is no token, or something is wrong.
        """
        if self._settings is None:
            self._settings = ClientSettings.read(**self._given)
        return self._settings

    def qualify(self, name: str) -> str:
        """A workflow's name with the namespace before it."""
        found = self._qualified.get(name)
        if found is None:
            found = self._qualified[name] = self.settings.qualify(name)
        return found

    @property
    def session(self) -> CallSession:
        """The call session of the running event loop."""
        session = self._sessions.of(asyncio.get_running_loop())
        if session is None or session.closed:
            session = self._sessions.put(CallSession(self.settings))
        return session

    @property
    def _http(self) -> HttpPools:
        """Connections to the REST API; imported when first needed."""
        if self._pools is None:
            from .http import HttpPools

            self._pools = HttpPools()
        return self._pools

    def block_on(self, work: Coroutine[Any, Any, T], twin: str) -> T:
        """Runs a coroutine of this SDK, and blocks until it is done.

        Args:
            work: the coroutine.
            twin: how to call it without blocking, for the error.

        Raises:
            SyncInAsyncError: an event loop runs in this thread.
        """
        context = current_context.get()
        # A task in a worker's thread uses the worker's stream.
        loop = context._host.loop if context is not None and context.client is self else None
        return call_in(loop or self._background.loop, work, twin)

    async def aio_close(self) -> None:
        """Ends the streams; the next use opens others, with settings read anew."""
        await self._sessions.aio_close(CallSession.close)
        if self._pools is not None:
            await self._pools.aio_close()
        if not self._background.is_loop(asyncio.get_running_loop()):
            self._background.stop()
        self._settings = self._fixed
        self._qualified = {}

    def close(self) -> None:
        """As `aio_close`, blocking."""
        if self._background.running or self._sessions:
            call_in(self._background.loop, self.aio_close(), "client.aio_close()")
            self._background.stop()
        if self._pools is not None:
            self._pools.close()
        self._settings = self._fixed
        self._qualified = {}

    def __enter__(self) -> Mattock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Mattock:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aio_close()
