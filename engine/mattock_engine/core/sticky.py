"""Sticky runs: which worker a run is bound to, and which of its tasks have to follow it there."""

from __future__ import annotations

import msgspec

from .command import Extra
from .queue import Queue
from .round import Round
from .run import Dag, Task
from .status import Status
from .worker import Worker


def bind(dag: Dag, task: Task, worker: Worker, round_: Round) -> None:
    """A sticky run stays where a task of it began first; as long as there is one task alone, where that began last."""
    extra = dag.extra or Extra()
    if extra.worker_id != worker.worker_id and not (extra.worker_id and _has_others(dag, task)):
        dag.extra = msgspec.structs.replace(extra, worker_id=worker.worker_id)
        round_.update(dag)


def is_astray(queue: Queue, task: Task) -> bool:
    """True if it asks for no worker, and its sticky run has one by now: by a task that was queued at the same time."""
    dag = task.dag
    if dag is None or queue.choice is not None or not task.spec.version.sticky:
        return False
    return dag.extra is not None and dag.extra.worker_id != "" and _has_others(dag, task)


def _has_others(dag: Dag, task: Task) -> bool:
    """True if other tasks of a run have begun, or are about to."""
    others = (other for other in dag.members.values() if other is not task)
    return any(other.assigned_at or other.status == Status.QUEUED for other in others)
