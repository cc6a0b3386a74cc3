"""Commands about runs."""

from __future__ import annotations

import msgspec

from ..definition import LabelDefinition
from ..row import Extra
from .base import Command


class TriggerItem(msgspec.Struct, array_like=True):
    """One run to start.

    Attributes:
        run_id: the id of the run to be (UUIDv7 text).
        workflow: the workflow's name.
        input: text of a JSON object.
        metadata: text of a JSON object, or "".
        priority: 1 to 3, 0 for the workflow's default.
        parent_task_id: the task that spawns it, or "".
        child_key: what tells the children of one parent apart; with a parent, the same key names the same run.
        desired_worker_id: for a workflow that is sticky, the worker that it is to go to.
        desired_labels: labels that it desires of its worker; they go before its definition's of the same key.
        extra: what an event or a timer tells of the run, and for how long it may wait for its start.
        again: the item may have been sent before: a run with this id is not an error, it is the answer.
    """

    run_id: str
    workflow: str
    input: str = "{}"
    metadata: str = ""
    priority: int = 0
    parent_task_id: str = ""
    child_key: str = ""
    desired_worker_id: str = ""
    again: bool = False
    desired_labels: tuple[LabelDefinition, ...] = ()
    extra: Extra | None = None


class Trigger(Command):
    """Starts runs. Reply: for each item the id of its run, or a `Refusal`; with `atomic`, all or none.

    With `watch_session` the session also watches each of them, as by `WatchRuns`. `enqueued`: places of the rows that
    the items stand for, which go when their runs come; `problems`: rows that can be no run, and why.
    """

    items: list[TriggerItem]
    atomic: bool = False
    watch_session: str = ""
    enqueued: list[int] = []
    problems: list[tuple[int, str]] = []


class EnqueuedRow(msgspec.Struct, array_like=True):
    """A run that was enqueued in a transaction of a user; `place` is its order."""

    place: int
    run_id: str
    workflow: str
    input: str
    metadata: str
    priority: int


class CancelRuns(Command):
    """Cancels runs or single tasks, and all that they spawned. Reply: the ids (of `ids`) that were not final yet.

    With `unbegun`, runs that have begun are left alone.
    """

    ids: list[str]
    reason: str = "Cancelled by user"
    unbegun: bool = False


class ReplayRuns(Command):
    """Runs final runs again, or chosen tasks of a run with all that is downstream. Reply: the ids that it took."""

    ids: list[str]


class ExplainWait(Command):
    """Why a task or run waits. Reply: text, "" if it does not, or stands in the store alone (others go first)."""

    task_id: str
