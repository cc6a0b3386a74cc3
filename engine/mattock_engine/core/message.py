"""Messages: what a session is told, once the records that it depends on are committed."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, tag=True, array_like=True):
    """Base of all messages; the engine delivers them, in order, to one session."""


class Assign(Message):
    """An attempt for a worker."""

    worker_id: str
    task_id: str
    attempt: int
    run_id: str
    workflow_id: str
    version_id: str
    workflow_name: str
    # Id of the task's definition within its version.
    step_id: str
    task_name: str
    # In the spelling in which the worker registered it.
    action: str
    input: str
    # Outputs of the DAG parents as JSON text, "" for none.
    parents: dict[str, str]
    # On-failure tasks: error texts of the failed tasks. None for other tasks.
    errors: dict[str, str] | None
    metadata: str
    priority: int
    parent_run_id: str
    parent_task_id: str
    child_key: str
    max_attempts: int
    # Seconds.
    timeout: float
    durable: bool = False
    # How many of the attempts before began because a durable task's wait was over.
    restores: int = 0
    # The event that started the run, and the payload of the filter that matched it; "" for none.
    event_id: str = ""
    event_key: str = ""
    filter_payload: str = ""
    # Data of the conditions that were satisfied, by their keys, as JSON text.
    triggers: dict[str, str] = {}


class AssignBatch(Message):
    """Attempts for a worker that it runs together."""

    worker_id: str
    batch_id: str
    # What they have in common, and why they are started now: see `batch`.
    key: str
    reason: str
    at: float
    tasks: list[Assign]


class CancelTask(Message):
    """Stop an attempt. (Carries what the shared contract repeats in its cancel action.)

    `batched`: it runs together with others; the shared contract's batches have no retry count.
    """

    worker_id: str
    task_id: str
    attempt: int
    run_id: str
    action: str
    task_name: str
    step_id: str = ""
    workflow_id: str = ""
    version_id: str = ""
    restores: int = 0
    durable: bool = False
    batched: bool = False


class StepSettled(Message):
    """A recorded step of a durable task is settled, as the `order`-th one. (See `StepRow` for the other fields.)"""

    task_id: str
    attempt: int
    branch: int
    node: int
    kind: int
    payload: str
    failed: bool
    order: int


class StopTask(Message):
    """An attempt of a durable task is of no account any more: stop it, and report nothing."""

    task_id: str
    attempt: int
    reason: str


def attempts_of(message: Message) -> list[Assign]:
    """The attempts that a message gives to its worker."""
    if isinstance(message, AssignBatch):
        return message.tasks
    return [message] if isinstance(message, Assign) else []


class SessionReplaced(Message):
    """Another session of the same worker has taken over: end this one."""

    worker_id: str


class TaskResult(msgspec.Struct, array_like=True):
    """Outcome of one task of a run. `error` is None unless it failed or was cancelled."""

    task_id: str
    task_name: str
    status: int
    output: str
    error: str | None
    skipped: bool = False


class RunFinished(Message):
    """A watched run is final; all its results are."""

    run_id: str
    status: int
    tasks: list[TaskResult]


class TaskEvent(Message):
    """Something happened to a task of a run that the session listens to.

    `kind`: the shared contract's ResourceEventType: 1 STARTED, 2 COMPLETED, 3 FAILED, 4 CANCELLED, 5 TIMED_OUT.
    """

    run_id: str
    task_id: str
    kind: int
    at: float
    payload: str = ""
    attempt: int = 0
    retries: int = 0


class StreamChunk(Message):
    """A chunk of a task's stream, in the order of attempts and indexes."""

    run_id: str
    task_id: str
    attempt: int
    index: int
    data: bytes
    at: float


class TaskLogged(Message):
    """A line of the log of a task whose run the session listens to; `fields` is JSON text or ""."""

    run_id: str
    task_id: str
    attempt: int
    at: float
    level: str
    message: str
    fields: str = ""


class Change(msgspec.Struct, array_like=True, frozen=True):
    """A run or task whose status may be another one; `root_id` is "" but for a task of a DAG."""

    id: str
    root_id: str
    workflow_id: str
    kind: int
    status: int
    attempt: int


class TenantChanged(Message):
    """What has changed in a tenant within a fraction of a second: the newest state of each, not every step of it.

    `more`: how many changes of runs are left out of `runs`. `logged`: tasks with new lines. `topics`: see `digest`.
    """

    runs: list[Change]
    more: int
    logged: list[str]
    topics: list[str]


class RunEnded(Message):
    """The run that the session listens to is final (kind 2, 3 or 4); after a `hangup` nothing follows."""

    run_id: str
    kind: int
    at: float
    hangup: bool
