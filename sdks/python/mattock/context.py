"""The context of a task: what it knows of its run, and what it can tell the server while it runs."""

from __future__ import annotations

import itertools
import threading
from contextvars import ContextVar
from time import time
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import to_json

from ._contracts.session_pb2 import (
    Assignment,
    Attempt,
    TaskLog,
    TaskMetric,
    TaskProgress,
    TaskStreamChunk,
    TimeoutRefresh,
)
from .duration import Duration, to_seconds
from .error import TaskFailed
from .host import Host, WorkerHandle
from .observation import check_fraction, check_metric
from .serialization import SKIPPED, read_object

if TYPE_CHECKING:
    from .client import Mattock
    from .declaration import Task

R = TypeVar("R")
LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]

# The task that this code runs in, if any: what it triggers are its children.
current_context: ContextVar[Context | None] = ContextVar("mattock_context", default=None)


class Context:
    """What a task knows and can do.

    Attributes:
        input: the run's input.
        is_cancelled: True once the attempt was cancelled; plain functions should look at it now and then.
    """

    __slots__ = ("_assignment", "_cancelled", "_children", "_chunks", "_host", "_task", "input")

    def __init__(self, assignment: Assignment, task: Task[Any, Any], host: Host) -> None:
        self._assignment = assignment
        self._task = task
        self._host = host
        self._children: itertools.count[int] | None = None
        self._chunks: itertools.count[int] | None = None
        self._cancelled: threading.Event | Literal[True] | None = None
        self.input: Any = None

    # ---- what it is

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._assignment.run_id

    @property
    def workflow_run_id(self) -> str:
        """Id of the run; the same as `run_id`."""
        return self._assignment.run_id

    @property
    def task_id(self) -> str:
        """Id of this task within the run (for a task that is a workflow by itself: the run's)."""
        return self._assignment.task_id

    @property
    def task_name(self) -> str:
        """Name of the task."""
        return self._assignment.task_name

    @property
    def workflow_name(self) -> str:
        """Name of the workflow, with its namespace."""
        return self._assignment.workflow_name

    @property
    def workflow_id(self) -> str:
        """Id of the workflow."""
        return self._assignment.workflow_id

    @property
    def workflow_version_id(self) -> str:
        """Id of the workflow's version that this run is of."""
        return self._assignment.version_id

    @property
    def retry_count(self) -> int:
        """How many attempts there were before this one."""
        return self._assignment.attempt

    @property
    def attempt_number(self) -> int:
        """Number of this attempt, from 1."""
        return self._assignment.attempt + 1

    @property
    def max_attempts(self) -> int:
        """How many attempts the task may fail in all: its retries + 1."""
        return self._assignment.max_attempts

    @property
    def additional_metadata(self) -> dict[str, Any]:
        """The run's metadata."""
        return read_object(self._assignment.metadata)

    @property
    def priority(self) -> int:
        """The run's priority, 1 to 3."""
        return self._assignment.priority

    @property
    def triggering_event_id(self) -> str | None:
        """Id of the event that started the run, if one did."""
        return self._assignment.event_id or None

    @property
    def triggering_event_key(self) -> str | None:
        """Key of the event that started the run, if one did."""
        return self._assignment.event_key or None

    @property
    def filter_payload(self) -> dict[str, Any]:
        """Payload of the filter that matched that event."""
        return read_object(self._assignment.filter_payload)

    @property
    def trigger_data(self) -> dict[str, Any]:
        """Data of the conditions that this task has waited for, by their keys: an event's payload."""
        return {key: read_object(data) for key, data in self._assignment.triggers.items()}

    @property
    def parent_run_id(self) -> str | None:
        """Id of the run that started this one, if one did."""
        return self._assignment.parent_run_id or None

    @property
    def parent_task_id(self) -> str | None:
        """Id of the task that started this run, if one did."""
        return self._assignment.parent_task_id or None

    @property
    def child_key(self) -> str | None:
        """The key by which the task that started this run knows it, if it gave one."""
        key = self._assignment.child_key
        return key[2:] if key.startswith("k:") else None

    @property
    def child_index(self) -> int | None:
        """The run's number among those that its parent task started, unless it has a key."""
        kind, _, number = self._assignment.child_key.partition(":")
        return int(number) if kind in ("i", "n") and number.isdigit() else None

    @property
    def timeout(self) -> float:
        """Seconds that the attempt may take, from its assignment."""
        return self._assignment.timeout

    @property
    def client(self) -> Mattock:
        """The client of the worker."""
        return self._host.client

    @property
    def worker(self) -> WorkerHandle:
        """The worker that runs this."""
        return self._host.worker

    @property
    def lifespan(self) -> Any:
        """What the worker's lifespan yielded; None without one."""
        return self._host.lifespan

    # ---- the DAG

    def task_output(self, parent: Task[Any, R]) -> R:
        """Output of a parent task.

        Args:
            parent: one of this task's `parents`.

        Returns:
            The output, as the type that the parent's function is annotated with.

        Raises:
            KeyError: it is no parent of this task.
            ValueError: it was skipped (see `was_skipped`), or its output is not of its type.
        """
        data = self._parent(parent)
        if data == SKIPPED:
            raise ValueError(f"task {parent.name!r} was skipped: it has no output")
        return parent.output.load(data)

    def was_skipped(self, parent: Task[Any, Any]) -> bool:
        """True if a parent task was skipped.

        Args:
            parent: one of this task's `parents`.

        Raises:
            KeyError: it is no parent of this task.
        """
        return self._parent(parent) == SKIPPED

    def _parent(self, parent: Task[Any, Any]) -> bytes:
        parents = self._assignment.parents
        if parent.name not in parents:
            raise KeyError(f"{parent.name!r} is no parent of task {self.task_name!r}")
        return parents[parent.name]

    @property
    def task_run_errors(self) -> dict[str, str]:
        """In an on-failure task: the texts of the failures, by task name."""
        return dict(self._assignment.errors)

    def fetch_task_run_error(self, task: Task[Any, Any]) -> TaskFailed | None:
        """In an on-failure task: why a task failed.

        Args:
            task: a task of this workflow.

        Returns:
            The failure, with its traceback; None if that task has not failed.
        """
        text = self._assignment.errors.get(task.name)
        return None if text is None else TaskFailed.parse(task.name, "", text)

    # ---- what it can tell

    def log(self, message: object, level: LogLevel = "INFO", **fields: Any) -> None:
        """Writes a line to the task's log.

        Args:
            message: the text; anything but a str is written as JSON.
            level: DEBUG, INFO, WARN or ERROR.
            fields: further values, stored as a JSON object beside the text.
        """
        text = message if isinstance(message, str) else to_json(message, fallback=str).decode()
        item = self._assignment
        data = to_json(fields, fallback=str) if fields else b""
        self._host.post(
            TaskLog(task_id=item.task_id, attempt=item.attempt, at=time(), level=level, message=text, fields=data)
        )

    def progress(self, fraction: float, text: str = "") -> None:
        """Says how far the attempt is: shown with its run, live. Call it as often as you like; it does not block.

        Args:
            fraction: from 0 to 1.
            text: what it does now; cut to 500 characters.

        Raises:
            ValueError: the fraction is out of range.
        """
        item = self._assignment
        value = check_fraction(fraction)
        self._host.post(
            TaskProgress(task_id=item.task_id, attempt=item.attempt, at=time(), fraction=value, text=text[:500])
        )

    async def aio_progress(self, fraction: float, text: str = "") -> None:
        """As `progress`, which does not block either."""
        self.progress(fraction, text)

    def metric(self, name: str, value: float = 1, **labels: str) -> None:
        """Adds a value to a figure of the workflow: its sum, count, least and greatest value are kept by minute.

        Args:
            name: letters, digits, `.`, `_`, `-`, a letter first, up to 64 characters; a workflow has up to 50 of them.
            value: any finite number.
            labels: up to 5, to tell values apart by; each value up to 100 characters.

        Raises:
            ValueError: one of them is not as it should be; names it.
        """
        number = check_metric(name, value, labels)
        item = self._assignment
        self._host.post(
            TaskMetric(
                task_id=item.task_id,
                attempt=item.attempt,
                at=time(),
                name=name,
                labels=labels,
                total=number,
                count=1,
                low=number,
                high=number,
            )
        )

    async def aio_metric(self, name: str, value: float = 1, **labels: str) -> None:
        """As `metric`, which does not block either."""
        self.metric(name, value, **labels)

    def put_stream(self, data: str | bytes) -> None:
        """Sends a chunk to those who listen to the run's stream; does not wait for them.

        Args:
            data: the chunk; text is sent as UTF-8.
        """
        if self._chunks is None:
            self._chunks = itertools.count()
        item = self._assignment
        chunk = data.encode() if isinstance(data, str) else data
        self._host.post(
            TaskStreamChunk(task_id=item.task_id, attempt=item.attempt, index=next(self._chunks), data=chunk)
        )

    async def aio_put_stream(self, data: str | bytes) -> None:
        """As `put_stream`, which does not block either."""
        self.put_stream(data)

    def refresh_timeout(self, by: Duration) -> None:
        """Adds a duration to the attempt's time.

        Args:
            by: how much; seconds, a timedelta, or text such as "5m".

        Raises:
            ValueError: `by` is no duration, or negative.
        """
        item = self._assignment
        self._host.post(TimeoutRefresh(task_id=item.task_id, attempt=item.attempt, by=to_seconds(by, "by")))

    def release_slot(self) -> None:
        """Frees the worker's slot although the task goes on: others can begin."""
        self._host.post(Attempt(task_id=self._assignment.task_id, attempt=self._assignment.attempt))

    def cancel(self) -> None:
        """Cancels this run's task, as any client could; returns when the server has it.

        Raises:
            RequestError: the server refused it.
            ConnectionError: the server cannot be reached.
        """
        self.client.runs.cancel(self.task_id)

    async def aio_cancel(self) -> None:
        """Cancels this run's task, as any client could."""
        await self.client.runs.aio_cancel(self.task_id)

    # ---- cancellation

    @property
    def is_cancelled(self) -> bool:
        """True once the attempt was cancelled."""
        state = self._cancelled
        return state is True or (state is not None and state.is_set())

    @property
    def exit_flag(self) -> bool:
        """True once the attempt was cancelled; the same as `is_cancelled`."""
        return self.is_cancelled

    def wait_cancelled(self, timeout: float | None = None) -> bool:
        """Blocks until the attempt is cancelled, or for `timeout` seconds: a plain function's sleep.

        Args:
            timeout: seconds; None to wait without end.

        Returns:
            Whether it was cancelled.
        """
        with _event_lock:
            if self._cancelled is None:
                self._cancelled = threading.Event()
            state = self._cancelled
        return True if state is True else state.wait(timeout)

    # ---- for the worker

    def _flag_cancelled(self) -> None:
        with _event_lock:
            if isinstance(self._cancelled, threading.Event):
                self._cancelled.set()
            else:
                self._cancelled = True

    def _detach(self) -> None:
        """Keeps the assignment on its own: it is part of a message with many, and would keep all of them."""
        own = Assignment()
        own.CopyFrom(self._assignment)
        self._assignment = own

    def _next_child_key(self) -> str:
        if self._children is None:
            self._children = itertools.count()
        return f"i:{next(self._children)}"


_event_lock = threading.Lock()
