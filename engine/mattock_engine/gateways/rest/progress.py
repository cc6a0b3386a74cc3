"""How far runs and tasks are: by their own word, by their children that are over, by the batch that they wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.command import RunRow
from ...core.status import Status
from . import model
from .context import Context
from .version import Version

_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


async def add_progress(here: Context, tenant_id: str, summaries: Sequence[model.TaskSummary]) -> None:
    """Adds to tasks what they last told, and how many of their children are over; to runs what their tasks tell."""
    tasks = [task for each in summaries for task in (each.children or [each]) if task.type == "TASK"]
    if not tasks:
        return
    ids = [task.task_external_id for task in tasks]
    told = {record["task_id"]: record for record in await here.store.observe("progress_of", tenant_id, ids)}
    parents = [task.task_external_id for task in tasks if task.num_spawned_children]
    records = await here.store.observe("ended_children", tenant_id, parents) if parents else []
    ended = {record["parent"]: record["count"] for record in records}
    for task in tasks:
        record = told.get(task.task_external_id)
        # What an earlier attempt told is out of date; but a durable task goes on where it was.
        if record is not None and (task.is_durable or record["attempt"] == (task.retry_count or 0)):
            task.progress = _progress(record)
        task.num_finished_children = ended.get(task.task_external_id, 0)
    for run in summaries:
        if run.type == "DAG" and run.children:
            run.progress = _of_run(run.children)
            run.num_finished_children = sum(task.num_finished_children for task in run.children)


def _progress(record: Any) -> model.TaskProgress:
    return model.TaskProgress(fraction=record["fraction"], text=record["text"], updated_at=model.moment(record["at"]))


def _of_run(tasks: Sequence[model.TaskSummary]) -> model.TaskProgress:
    """A run of several tasks is as far as they are on the average; its text is what is told last."""
    parts = [1.0 if task.status in _ENDED else task.progress.fraction if task.progress else 0.0 for task in tasks]
    told = [task.progress for task in tasks if task.progress is not None and task.status == "RUNNING"]
    newest = max(told, key=lambda each: str(each.updated_at), default=None)
    return model.TaskProgress(
        fraction=sum(parts) / len(parts),
        text=newest.text if newest else "",
        updated_at=newest.updated_at if newest else None,
    )


async def add_batches(
    here: Context,
    tenant_id: str,
    rows: Sequence[RunRow],
    version: Version | None,
    summaries: Sequence[model.TaskSummary],
) -> None:
    """Adds to tasks that wait for a batch how full it is."""
    if version is None:
        return
    waiting: list[tuple[RunRow, model.TaskSummary, int]] = []
    for row, summary in zip(rows, summaries, strict=True):
        task = version.task(row.task_name) if row.task_name else None
        if task is not None and task.batch is not None and row.status == Status.QUEUED and row.queue_id:
            waiting.append((row, summary, task.batch.max_size))
    if not waiting:
        return
    queues = [row.queue_id for row, _, _ in waiting]
    most = max(size for _, _, size in waiting)
    records = await here.store.observe("queued_of", tenant_id, queues, most)
    counts = {record["queue_id"]: record["count"] for record in records}
    for row, summary, size in waiting:
        summary.batch = model.BatchFill(waiting=min(size, counts.get(row.queue_id, 0)), size=size)
