"""Tasks and workflows, as they are declared."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_args

from typing_extensions import Unpack

from ._contracts.session_pb2 import RUN_STATUS_COMPLETED, RunResult
from .decorator import BatchTaskDecorator, DurableTaskDecorator, TaskDecorator
from .dependency import Plan
from .error import MattockError
from .option import BatchOptions, BatchTaskOptions, Executor, TaskOptions, WorkflowOptions
from .runnable import Runnable
from .serialization import SKIPPED, Codec

if TYPE_CHECKING:
    from .client import Mattock

I = TypeVar("I")  # noqa: E741 (input)
R = TypeVar("R", covariant=True)


class Task(Generic[I, R]):
    """A task of a workflow.

    Attributes:
        name: its name, unique in its workflow.
        function: what it runs.
        workflow: the workflow that it is part of.
        parents: the tasks whose outputs it needs.
        options: its options, as declared.
        executor: where it runs: "async", "thread" or "process".
        durable: its steps are recorded.
        batch: how its runs are gathered, if the function takes many at once.
        input: reads and writes its input.
        output: reads and writes its output.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        workflow: Workflow[Any],
        options: TaskOptions,
        parents: Sequence[Task[Any, Any]],
        names: Mapping[str, Any],
        durable: bool = False,
        batch: BatchOptions | None = None,
    ) -> None:
        self.function = function
        self.durable = durable
        self.batch = batch
        self.name: str = options.get("name") or _function_name(function)
        self.workflow = workflow
        self.parents = tuple(parents)
        self.options = options
        self.plan = Plan(function, names)
        self.executor = self._choose_executor()
        own, result = self.plan.input_type, self.plan.output_type
        if batch is not None:
            own, result = _element(own), _element(result)
        self.input: Codec[I] = workflow.input if own is Any or own == workflow.input.type else Codec(own)
        self.output: Codec[R] = Codec(result)
        self.__doc__ = function.__doc__
        self.__name__ = self.name
        self.__module__ = function.__module__
        self.__qualname__ = getattr(function, "__qualname__", self.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.action}>"

    @property
    def action(self) -> str:
        """`workflow:task`, lower case, without namespace."""
        return f"{self.workflow.name}:{self.name}".lower()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function itself, here and now, for example in a unit test."""
        return self.function(*args, **kwargs)

    def _choose_executor(self) -> Executor:
        chosen = self.options.get("executor")
        is_async = inspect.iscoroutinefunction(self.function)
        if self.durable and not is_async:
            raise TypeError(f"task {self.name!r}: a durable task must be a coroutine function")
        if chosen is None:
            return "async" if is_async else "thread"
        if (chosen == "async") is not is_async:
            kind = "a coroutine function" if is_async else "a plain function"
            raise TypeError(f"task {self.name!r}: executor={chosen!r} does not go with {kind}")
        if chosen == "process" and not self.plan.simple:
            raise TypeError(f"task {self.name!r}: executor='process' does not go with dependencies")
        if chosen == "process" and self.batch is not None:
            raise TypeError(f"task {self.name!r}: executor='process' does not go with batches")
        return chosen


class SoleTask(Task[I, R], Runnable[I, R]):
    """A task that is a workflow by itself."""

    workflow: Workflow[I]

    @property
    def client(self) -> Mattock:  # type: ignore[override]
        """The client that it was declared with."""
        return self.workflow.client

    def on_failure_task(self, **options: Unpack[TaskOptions]) -> TaskDecorator[I]:
        """Declares a task that is run once when this one has failed for good."""
        return self.workflow.on_failure_task(**options)

    def _task_names(self) -> tuple[list[str], bool]:
        return self.workflow._task_names()

    def _read(self, result: RunResult) -> R:
        tasks = result.tasks
        if len(tasks) > 1:
            return self.output.load(next((task.output for task in tasks if task.task_name == self.name), b""))
        return self.output.load(tasks[0].output if tasks else b"")


class Workflow(Runnable[I, dict[str, Any]]):
    """A named DAG of tasks with one input. Its output: each task's, by name.

    Attributes:
        name: its name, without namespace.
        client: the client that it was declared with.
        input: reads and writes its input.
        options: its options, as declared.
        tasks: its tasks, in the order of their declaration.
        failure_task: the one that is run when one of them has failed for good.
    """

    def __init__(self, client: Mattock, name: str, input_type: Any, options: WorkflowOptions) -> None:
        if not name:
            raise ValueError("name: a workflow must have one")
        self.client = client
        self.name = name
        self.input = Codec(input_type)
        self.options = options
        self.tasks: list[Task[Any, Any]] = []
        self.failure_task: Task[Any, Any] | None = None
        self._success: list[Task[Any, Any]] = []

    def __repr__(self) -> str:
        return f"<Workflow {self.name}>"

    def task(self, *, parents: Sequence[Task[Any, Any]] = (), **options: Unpack[TaskOptions]) -> TaskDecorator[I]:
        """Declares a task.

        Args:
            parents: tasks of this workflow that must have completed; their outputs are there for it.
            options: see `TaskOptions`.

        Returns:
            A decorator, which makes a function a `Task`.

        Raises:
            TypeError: an unknown option, or an `executor` that does not go with the function (when it is decorated).
            ValueError: a name that is taken in this workflow, or a parent that is not in it (when it is decorated).
        """
        return TaskDecorator(lambda function, names: self._add(Task(function, self, options, parents, names)))

    def durable_task(
        self, *, parents: Sequence[Task[Any, Any]] = (), **options: Unpack[TaskOptions]
    ) -> DurableTaskDecorator[I]:
        """Declares a durable task: a coroutine function with a `DurableContext`; as `task` in all else."""
        return DurableTaskDecorator(
            lambda function, names: self._add(Task(function, self, options, parents, names, durable=True))
        )

    def batch_task(
        self, *, parents: Sequence[Task[Any, Any]] = (), **options: Unpack[BatchTaskOptions]
    ) -> BatchTaskDecorator[I]:
        """Declares a batch task: a function that takes a list of inputs; as `task` in all else.

        Args:
            parents: tasks of this workflow that must have completed.
            options: see `BatchOptions` and `TaskOptions`.

        Returns:
            A decorator, which makes a function a `Task`.
        """
        batch, its = split_batch(options)
        return BatchTaskDecorator(
            lambda function, names: self._add(Task(function, self, its, parents, names, batch=batch))
        )

    def on_failure_task(self, **options: Unpack[TaskOptions]) -> TaskDecorator[I]:
        """Declares the task that is run once when any task has failed for good; `ctx.task_run_errors` says why."""

        def declare(function: Callable[..., Any], names: Mapping[str, Any]) -> Task[Any, Any]:
            if self.failure_task is not None:
                raise ValueError(f"workflow {self.name!r} has an on-failure task already: {self.failure_task.name!r}")
            self.failure_task = self._unique(Task(function, self, options, (), names))
            return self.failure_task

        return TaskDecorator(declare)

    def on_success_task(self, **options: Unpack[TaskOptions]) -> TaskDecorator[I]:
        """Declares a task that is run when all others have completed: its parents are those that are no one's."""

        def declare(function: Callable[..., Any], names: Mapping[str, Any]) -> Task[Any, Any]:
            task: Task[Any, Any] = self._add(Task(function, self, options, (), names))
            self._success.append(task)
            return task

        return TaskDecorator(declare)

    def parents_of(self, task: Task[Any, Any]) -> tuple[Task[Any, Any], ...]:
        """The tasks that must complete before one."""
        if task not in self._success:
            return task.parents
        others = [each for each in self.tasks if each not in self._success]
        inner = {parent for each in others for parent in each.parents}
        return tuple(each for each in others if each not in inner)

    def add_sole(
        self,
        function: Callable[..., Any],
        options: TaskOptions,
        names: Mapping[str, Any],
        durable: bool = False,
        batch: BatchOptions | None = None,
    ) -> SoleTask[I, Any]:
        """Makes this the workflow of one task."""
        task: SoleTask[I, Any] = SoleTask(function, self, options, (), names, durable, batch)
        self._add(task)
        return task

    def _add(self, task: Task[Any, Any]) -> Task[Any, Any]:
        for parent in task.parents:
            if parent not in self.tasks:
                name = getattr(parent, "name", parent)
                raise ValueError(f"parents: {name!r} is no task of workflow {self.name!r} (task {task.name!r})")
        self.tasks.append(self._unique(task))
        return task

    def _unique(self, task: Task[Any, Any]) -> Task[Any, Any]:
        known = [*self.tasks, *([self.failure_task] if self.failure_task else ())]
        if any(each.name.lower() == task.name.lower() for each in known):
            raise ValueError(f"name: workflow {self.name!r} has a task {task.name!r} already")
        return task

    def _task_names(self) -> tuple[list[str], bool]:
        names = [task.name for task in self.tasks]
        conditions = any(task.options.get(kind) for task in self.tasks for kind in ("wait_for", "skip_if", "cancel_if"))
        return names, len(names) == 1 and self.failure_task is None and not conditions

    def _read(self, result: RunResult) -> dict[str, Any]:
        codecs = {task.name: task.output for task in self.tasks}
        found: dict[str, Any] = {}
        for task in result.tasks:
            if task.status == RUN_STATUS_COMPLETED:
                codec: Codec[Any] = codecs.get(task.task_name) or _ANY
                found[task.task_name] = _ANY.load(task.output) if task.output == SKIPPED else codec.load(task.output)
        return found


def split_batch(options: Mapping[str, Any]) -> tuple[BatchOptions, Any]:
    """The options of a batch task: those of the batch, and the others.

    Raises:
        TypeError: `batch_size` is missing.
    """
    if "batch_size" not in options:
        raise TypeError("batch_size: a batch task needs to know how many runs go together at most")
    names = BatchOptions.__annotations__
    mine = cast(BatchOptions, {key: options[key] for key in names if key in options})
    return mine, {key: value for key, value in options.items() if key not in names}


def _element(type_: Any) -> Any:
    """The type of the elements of a list type."""
    arguments = get_args(type_)
    return arguments[0] if arguments else Any


_ANY: Codec[Any] = Codec(Any)


def _function_name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", "")
    if not name or name == "<lambda>":
        raise MattockError("name: this function has none, so the task needs one")
    return cast(str, name)
