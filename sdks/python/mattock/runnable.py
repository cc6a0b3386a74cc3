"""What can be run: starting runs and awaiting their results, in eight ways."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from pydantic_core import from_json, to_json
from typing_extensions import Unpack

from ._contracts.session_pb2 import (
    RUN_STATUS_CANCELLED,
    RUN_STATUS_COMPLETED,
    RUN_STATUS_FAILED,
    RunResult,
    TriggerItem,
)
from .context import current_context
from .durable import DurableContext
from .duration import to_seconds
from .error import RunCancelled, RunFailed, TaskFailed, TriggerError
from .flow import label_messages
from .identity import new_id
from .option import RunOptions
from .serialization import Codec
from .tracing import trace_trigger

if TYPE_CHECKING:
    from .client import Mattock
    from .execution.journal import Pending
    from .reference import RunRef

I = TypeVar("I")  # noqa: E741 (input)
R = TypeVar("R", covariant=True)
T = TypeVar("T")

# In place of an input: {} is sent. (Typed so, because not every input type allows None.)
_NOTHING: Any = None


@dataclass(frozen=True)
class RunItem(Generic[I]):
    """One of many runs to start: its input and its own options.

    Attributes:
        input: the input.
        options: see `RunOptions`.
    """

    input: I
    options: RunOptions = field(default_factory=lambda: RunOptions())


class Runnable(ABC, Generic[I, R]):
    """A workflow, or a task that is one by itself.

    Each method is there twice: `run` blocks, `aio_run` is a coroutine. Within a task, what is started is a child of
    that task: a retried parent finds the children that it has already started, by their key or their number.
    """

    name: str
    client: Mattock
    input: Codec[I]

    @abstractmethod
    def _read(self, result: RunResult) -> R:
        """The run's output, from that of its tasks."""

    # ---- one

    async def aio_run(self, input: I = _NOTHING, options: RunOptions | None = None, **more: Unpack[RunOptions]) -> R:
        """Starts a run and awaits its output.

        Args:
            input: the input; without one, `{}` is sent.
            options: options of the run, see `RunOptions`.
            more: the same, one by one; they win.

        Returns:
            A task's output as its type; a workflow's as a dict of its tasks' outputs by name.

        Raises:
            RunFailed: a task failed; holds its traceback.
            RunCancelled: the run was cancelled.
            TriggerError: the server refused it: an unknown workflow, for example.
            ConnectionError: the server cannot be reached.
            TypeError: there is no such option.
        """
        chosen: Mapping[str, Any] = {**options, **more} if options else more
        item = self._item(input, chosen)
        parent = current_context.get()
        if isinstance(parent, DurableContext):
            return self._finish(await parent._child_result(await parent._begin_child(item), *self._task_names()))
        return self._finish(await self.client.session.execute(item, _is_patient(chosen)))

    def run(self, input: I = _NOTHING, options: RunOptions | None = None, **more: Unpack[RunOptions]) -> R:
        """Starts a run and waits for its output; as `aio_run`. Raises `SyncInAsyncError` where an event loop runs."""
        return self._block(self.aio_run(input, options, **more), "aio_run")

    async def aio_run_no_wait(
        self, input: I = _NOTHING, options: RunOptions | None = None, **more: Unpack[RunOptions]
    ) -> RunRef[R]:
        """Starts a run; returns once the server has it for good. Arguments and errors as for `aio_run`."""
        chosen: dict[str, Any] = {**(options or {}), **more}
        stream = chosen.pop("stream", False)
        item = self._item(input, chosen)
        parent = current_context.get()
        if isinstance(parent, DurableContext):
            return await self._child_ref(parent, await parent._begin_child(item))
        session = self.client.session
        accepting = session.trigger(item, _is_patient(chosen))
        listener = session.hear(item.run_id) if stream else None
        ref = self.ref(await accepting)
        if listener is not None:
            ref._keep(session, listener)
        return ref

    def run_no_wait(
        self, input: I = _NOTHING, options: RunOptions | None = None, **more: Unpack[RunOptions]
    ) -> RunRef[R]:
        """Starts a run; as `aio_run_no_wait`."""
        return self._block(self.aio_run_no_wait(input, options, **more), "aio_run_no_wait")

    # ---- many

    @overload
    async def aio_run_many(
        self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: Literal[True]
    ) -> list[R | BaseException]: ...
    @overload
    async def aio_run_many(
        self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: Literal[False] = False
    ) -> list[R]: ...
    async def aio_run_many(
        self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: bool = False
    ) -> list[R] | list[R | BaseException]:
        """Starts runs, all at once, and awaits their outputs.

        Args:
            inputs: inputs, or `RunItem`s, which have options of their own.
            return_exceptions: give errors in place of outputs; else the first one is raised, and the other runs go on.

        Returns:
            The outputs in the order of the inputs.

        Raises:
            RunFailed: a run failed; the first of them in the order of the inputs.
            RunCancelled: a run was cancelled.
            TriggerError: the server refused one.
            ConnectionError: the server cannot be reached.
        """
        items = [self._item_of(each) for each in inputs]
        parent = current_context.get()
        if isinstance(parent, DurableContext):
            return await self._children(parent, [item for item, _ in items], return_exceptions)
        session = self.client.session
        waiting = [(item.run_id, session.begin(item, patient)) for item, patient in items]
        found: list[Any] = []
        try:
            for _, future in waiting:
                try:
                    found.append(self._finish(await future))
                except Exception as error:
                    if not return_exceptions:
                        raise
                    found.append(error)
        finally:
            for run_id, future in waiting[len(found) :]:
                session.abandon(run_id, future)
        return found

    @overload
    def run_many(
        self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: Literal[True]
    ) -> list[R | BaseException]: ...
    @overload
    def run_many(self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: Literal[False] = False) -> list[R]: ...
    def run_many(
        self, inputs: Iterable[I | RunItem[I]], *, return_exceptions: bool = False
    ) -> list[R] | list[R | BaseException]:
        """Starts runs, all at once, and waits for their outputs; as `aio_run_many`."""
        if return_exceptions:
            return self._block(self.aio_run_many(inputs, return_exceptions=True), "aio_run_many")
        return self._block(self.aio_run_many(inputs), "aio_run_many")

    async def aio_run_many_no_wait(self, inputs: Iterable[I | RunItem[I]]) -> list[RunRef[R]]:
        """Starts runs, all at once; returns once the server has them for good.

        Args:
            inputs: inputs, or `RunItem`s, which have options of their own.

        Raises:
            TriggerError: the server refused one; the others run. Its `outcomes` tell of each.
            ConnectionError: the server cannot be reached.
        """
        parent = current_context.get()
        if isinstance(parent, DurableContext):
            steps = [await parent._begin_child(self._item_of(each)[0]) for each in inputs]
            return [await self._child_ref(parent, step) for step in steps]
        session = self.client.session
        accepting = [session.trigger(*self._item_of(each)) for each in inputs]
        found = await asyncio.gather(*accepting, return_exceptions=True)
        for each in found:
            if isinstance(each, BaseException):
                if isinstance(each, TriggerError):
                    each.outcomes = cast("list[str | TriggerError]", found)
                raise each
        return [self.ref(cast(str, run_id)) for run_id in found]

    def run_many_no_wait(self, inputs: Iterable[I | RunItem[I]]) -> list[RunRef[R]]:
        """Starts runs, all at once; as `aio_run_many_no_wait`."""
        return self._block(self.aio_run_many_no_wait(inputs), "aio_run_many_no_wait")

    def create_bulk_run_item(
        self, input: I = _NOTHING, options: RunOptions | None = None, **more: Unpack[RunOptions]
    ) -> RunItem[I]:
        """An item for `run_many` with options of its own.

        Args:
            input: the input; without one, `{}` is sent.
            options: options of the run, see `RunOptions`.
            more: the same, one by one; they win.
        """
        return RunItem(input, cast(RunOptions, {**(options or {}), **more}))

    def ref(self, run_id: str) -> RunRef[R]:
        """A reference to a run of this, started earlier or elsewhere; asks the server nothing.

        Args:
            run_id: id of the run.
        """
        from .reference import RunRef

        return RunRef(self.client, run_id, self._finish)

    # ---- inside

    async def _children(self, parent: DurableContext, items: list[TriggerItem], return_exceptions: bool) -> list[Any]:
        """Runs many as steps of a durable task."""
        names = self._task_names()
        steps = [await parent._begin_child(item) for item in items]
        results = await asyncio.gather(*(parent._child_result(step, *names) for step in steps), return_exceptions=True)
        found: list[Any] = []
        for result in results:
            try:
                if isinstance(result, BaseException):
                    raise result
                found.append(self._finish(result))
            except Exception as error:
                if not return_exceptions:
                    raise
                found.append(error)
        return found

    async def _child_ref(self, parent: DurableContext, step: Pending) -> RunRef[R]:
        """A reference whose result is a step of a durable task."""
        ref = self.ref((await step.answer).child_run_id)
        ref._child = lambda: parent._child_result(step, *self._task_names())
        return ref

    @abstractmethod
    def _task_names(self) -> tuple[list[str], bool]:
        """Names of its tasks, and whether its run is its one task."""

    def _block(self, work: Coroutine[Any, Any, T], twin: str) -> T:
        return self.client.block_on(work, f"{self.name}.{twin}(…)")

    def _item_of(self, each: I | RunItem[I]) -> tuple[TriggerItem, bool]:
        """What is sent, and whether it waits for room."""
        if isinstance(each, RunItem):
            return self._item(each.input, each.options), _is_patient(each.options)
        return self._item(each, {}), False

    def _item(self, input: I, options: Mapping[str, Any]) -> TriggerItem:
        item = TriggerItem(run_id=new_id(), workflow=self.client.qualify(self.name), input=self.input.dump(input))
        if options:
            _apply(item, options)
        parent = current_context.get()
        if parent is not None:
            item.parent_task_id = parent.task_id
            if not item.child_key:
                item.child_key = parent._next_child_key()
        trace_trigger(item, parent)
        return item

    def _finish(self, result: RunResult) -> R:
        """The output of a run that ended well; raises what it ended with otherwise."""
        if result.status == RUN_STATUS_COMPLETED:
            return self._read(result)
        raise run_error(result)


def outputs_of(result: RunResult) -> dict[str, Any]:
    """Outputs of a run's tasks by name; raises what the run ended with otherwise."""
    if result.status != RUN_STATUS_COMPLETED:
        raise run_error(result)
    return {task.task_name: from_json(task.output or b"null") for task in result.tasks}


def run_error(result: RunResult) -> RunFailed | RunCancelled:
    """The error that a run ended with."""
    if result.status == RUN_STATUS_CANCELLED:
        reasons = (task.error for task in result.tasks if task.status == RUN_STATUS_CANCELLED and task.error)
        return RunCancelled(result.run_id, next(reasons, ""))
    failed = [
        TaskFailed.parse(task.task_name, task.task_id, task.error)
        for task in result.tasks
        if task.status == RUN_STATUS_FAILED
    ]
    return RunFailed(result.run_id, failed)


def _is_patient(options: Mapping[str, Any]) -> bool:
    """Whether a run waits for room in a full queue."""
    return options.get("when_full") == "wait"


def _apply(item: TriggerItem, options: Mapping[str, Any]) -> None:
    """Sets the options of a run; raises TypeError for an unknown one."""
    for name, value in options.items():
        if value is None:
            continue
        if name == "additional_metadata":
            item.metadata = to_json(value)
        elif name == "priority":
            item.priority = value
        elif name in ("child_key", "key"):
            item.child_key = f"k:{value}"
        elif name == "child_index":
            item.child_key = item.child_key or f"n:{value}"
        elif name == "desired_worker_id":
            item.desired_worker_id = value
        elif name == "desired_worker_labels":
            item.desired_labels.extend(label_messages(value))
        elif name == "ttl":
            item.ttl = to_seconds(value, "ttl")
        elif name == "when_full":
            if value not in ("raise", "wait"):
                raise ValueError(f"when_full: expected raise or wait, got {value!r}")
        else:
            raise TypeError(f"{name!r} is no option of a run" + (" but with no_wait" if name == "stream" else ""))
