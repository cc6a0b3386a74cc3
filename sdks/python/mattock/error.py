"""Errors of the SDK.

MattockError
├── SettingError          the client is not, or wrongly, configured
├── ConnectionError       the server cannot be reached
├── TriggerError          a run was refused; names the field
├── RegistrationError     a workflow or worker was refused; names the field
├── RequestError          any other request was refused
├── RunFailed             the run that was waited for has failed
├── RunCancelled          the run that was waited for was cancelled
├── TaskFailed            what went wrong in one task, with the traceback of where it ran
├── SyncInAsyncError      a blocking call in a running event loop
└── NonRetryableError     raise it in a task: no more attempts
    └── NonDeterminismError   a durable task came to another step than the one that it had recorded
"""

from __future__ import annotations

import json
from collections.abc import Sequence

_TRACEBACK = "\nTraceback (most recent call last):\n"


class MattockError(Exception):
    """Root of all errors of the SDK."""


class SettingError(MattockError):
    """The client is not configured, or wrongly."""


class ConnectionError(MattockError):
    """The server cannot be reached."""


class SyncInAsyncError(MattockError):
    """A blocking call was made in a thread whose event loop runs: it would stop that loop. Use the `aio_` twin."""


class RequestError(MattockError):
    """The server refused a request.

    Attributes:
        code: gRPC status code (3 INVALID_ARGUMENT, 5 NOT_FOUND, …) or, from REST, HTTP status.
        field: the field that is to blame, or "".
    """

    def __init__(self, message: str, code: int = 0, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.field = field


class TriggerError(RequestError):
    """A run was refused, for example for an unknown workflow or an input that is too large.

    Attributes:
        existing_run_id: the run that has its idempotency key, or "".
        outcomes: of a call that starts many runs: for each input the id of its run, or why it was refused.
    """

    existing_run_id = ""
    outcomes: Sequence[str | TriggerError] = ()


class RegistrationError(RequestError):
    """A workflow or a worker was refused."""


class TaskFailed(MattockError):
    """What went wrong in one task.

    Attributes:
        task_name: name of the task.
        task_id: its id.
        exc_type: name of the exception's type where it was raised, or "" if the server made the error.
        message: the exception's text.
        remote_traceback: the traceback of where it was raised, or "".
    """

    def __init__(self, task_name: str, task_id: str, exc_type: str, message: str, remote_traceback: str = "") -> None:
        super().__init__(message)
        self.task_name = task_name
        self.task_id = task_id
        self.exc_type = exc_type
        self.message = message
        self.remote_traceback = remote_traceback

    @classmethod
    def parse(cls, task_name: str, task_id: str, text: str) -> TaskFailed:
        """Reads the text of a failure, as this SDK (and, as far as they can be told, others) writes it."""
        if text.startswith('{"') and (found := _parse_object(text)):
            message, trace = found
            return cls(task_name, task_id, "", message, trace)
        header, mark, trace = text.partition(_TRACEBACK)
        exc_type, colon, message = header.partition(": ")
        if not mark and not colon:
            return cls(task_name, task_id, "", text)
        if not exc_type.replace(".", "").replace("_", "").isalnum():
            exc_type, message = "", header
        return cls(task_name, task_id, exc_type, message, (mark.lstrip("\n") + trace).rstrip())

    def __str__(self) -> str:
        cause = f"{self.exc_type}: {self.message}" if self.exc_type else self.message
        trace = f"\n\n{self.remote_traceback}" if self.remote_traceback else ""
        return f"task {self.task_name!r} failed: {cause}{trace}"

    def __reduce__(self) -> tuple[type[TaskFailed], tuple[str, ...]]:
        return type(self), (self.task_name, self.task_id, self.exc_type, self.message, self.remote_traceback)


def _parse_object(text: str) -> tuple[str, str] | None:
    """Message and stack of a failure that is a JSON object."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    message = found.get("message")
    return (str(message), str(found.get("stack") or "")) if message is not None else None


class RunFailed(MattockError):
    """The run has failed; its text holds each failed task's error with the traceback of where it was raised.

    Attributes:
        run_id: id of the run.
        tasks: the tasks that failed.
    """

    def __init__(self, run_id: str, tasks: Sequence[TaskFailed]) -> None:
        super().__init__(run_id, tasks)
        self.run_id = run_id
        self.tasks = tuple(tasks)

    def __str__(self) -> str:
        return "\n\n".join([f"run {self.run_id} failed", *(str(task) for task in self.tasks)])


class RunCancelled(MattockError):
    """The run was cancelled.

    Attributes:
        run_id: id of the run.
        reason: why, or "".
    """

    def __init__(self, run_id: str, reason: str = "") -> None:
        super().__init__(run_id, reason)
        self.run_id = run_id
        self.reason = reason

    def __str__(self) -> str:
        return f"run {self.run_id} was cancelled" + (f": {self.reason}" if self.reason else "")


class NonRetryableError(MattockError):
    """Raise it (or a subclass) in a task: the task fails for good, whatever its retries."""


class NonDeterminismError(NonRetryableError):
    """A durable task has departed from its history: an earlier attempt recorded another step at this place.

    Attributes:
        node: number of the step.
    """

    def __init__(self, node: int, recorded: str, came: str) -> None:
        super().__init__(f"non-determinism error at step {node}\nexpected: {recorded}\nreceived: {came}")
        self.node = node

    @classmethod
    def told(cls, node: int, text: str) -> NonDeterminismError:
        """As the server tells it."""
        error = cls(node, "", "")
        error.args = (text,)
        return error
