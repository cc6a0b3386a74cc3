"""Rows of runs as the REST API shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.command import RunRow
from ...core.dispatch import SKIPPED_OUTPUT
from ...core.hold import is_paused
from ...core.status import FINAL, Kind, Status
from ..selection import READABLE
from . import model
from .version import Version

NIL = "00000000-0000-0000-0000-000000000000"


def json_object(text: str) -> model.Object:
    """An object from JSON text; anything else that was stored stands under `value`."""
    if not text:
        return {}
    value = json.loads(text)
    if isinstance(value, dict):
        return value
    return {} if value is None else {"value": value}


def metadata_of(row: RunRow) -> model.Metadata:
    """Id and times of a row."""
    latest = max(row.created_at, row.queued_at, row.assigned_at, row.started_at, row.finished_at)
    return model.Metadata(id=row.run_id, created_at=model.moment(row.created_at), updated_at=model.moment(latest))


def began(row: RunRow) -> float:
    """When it was begun, 0 if it was not: a short task's start may be told after its end, or not at all."""
    return row.started_at or (row.assigned_at if row.status in FINAL else 0.0)


def duration_of(row: RunRow) -> int | None:
    """Milliseconds from start to end."""
    start = began(row)
    return max(0, round((row.finished_at - start) * 1000)) if start and row.finished_at else None


def output_of(row: RunRow) -> model.Object:
    """A task's output."""
    return json_object(SKIPPED_OUTPUT if row.skipped else row.output)


def display_name(row: RunRow, version: Version | None) -> str:
    """A name for people."""
    name = row.task_name if row.kind == Kind.TASK else version.name if version else row.task_name
    return f"{name}-{int(row.created_at * 1000)}"


def summary_of(
    tenant_id: str,
    row: RunRow,
    version: Version | None,
    children: Sequence[RunRow] = (),
    spawned: Mapping[str, int] | None = None,
) -> model.TaskSummary:
    """A run or task.

    Args:
        tenant_id: whose.
        row: it.
        version: its version, if known.
        children: of a DAG run, its tasks.
        spawned: number of runs that each task has spawned.
    """
    spawned = spawned or {}
    is_dag = row.kind == Kind.DAG
    task = version.task(row.task_name) if version and not is_dag else None
    return model.TaskSummary(
        metadata=metadata_of(row),
        created_at=model.moment(row.created_at),
        display_name=display_name(row, version),
        input=json_object(row.input),
        output=_dag_output(children) if is_dag else output_of(row),
        num_spawned_children=sum(spawned.get(c.run_id, 0) for c in children) if is_dag else spawned.get(row.run_id, 0),
        status=READABLE[row.status],
        task_external_id=row.run_id,
        task_id=0 if is_dag else int(row.run_id[-12:], 16),
        task_inserted_at=model.moment(row.created_at),
        tenant_id=tenant_id,
        type="DAG" if is_dag else "TASK",
        workflow_id=row.workflow_id,
        workflow_run_external_id=row.root_id or row.run_id,
        action_id=task.action if task else None,
        retry_count=_retries(row),
        attempt=_retries(row) + 1,
        additional_metadata=json_object(row.metadata),
        children=[summary_of(tenant_id, child, version, (), spawned) for child in children] if is_dag else [],
        duration=duration_of(row),
        is_durable=bool(task and task.durable),
        is_evicted=row.status == Status.EVICTED,
        error_message=row.error or None,
        started_at=model.moment_or_none(began(row)),
        finished_at=model.moment_or_none(row.finished_at),
        step_id=NIL if is_dag else version.step_id(row.task_name) if version else None,
        workflow_name=version.name if version else None,
        workflow_version_id=row.version_id,
        parent_task_external_id=row.parent_task_id or None,
        idempotency_key=row.extra.claim or None if row.extra is not None else None,
        is_paused=is_paused(row) or None,
    )


def _retries(row: RunRow) -> int:
    """Attempts before this one, without those that left only to wait."""
    return row.attempt - (row.extra.restores if row.extra is not None else 0)


def _dag_output(tasks: Sequence[RunRow]) -> model.Object:
    return {task.task_name: output_of(task) for task in tasks if task.status == Status.COMPLETED}


def run_of(tenant_id: str, row: RunRow, version: Version | None, tasks: Sequence[RunRow]) -> model.WorkflowRun:
    """A run by itself."""
    return model.WorkflowRun(
        metadata=metadata_of(row),
        status=READABLE[row.status],
        tenant_id=tenant_id,
        display_name=display_name(row, version),
        workflow_id=row.workflow_id,
        input=json_object(row.input),
        output=_dag_output(tasks) if row.kind == Kind.DAG else output_of(row),
        started_at=model.moment_or_none(began(row)),
        finished_at=model.moment_or_none(row.finished_at),
        duration=duration_of(row),
        additional_metadata=json_object(row.metadata),
        error_message=row.error or None,
        workflow_version_id=row.version_id,
        created_at=model.moment(row.created_at),
        parent_task_external_id=row.parent_task_id or None,
        is_paused=is_paused(row) or None,
    )


def shape_of(version: Version | None, tasks: Sequence[RunRow]) -> list[model.ShapeItem]:
    """The run's graph; a task that is not there yet has the nil id."""
    if version is None:
        return []
    ids = {task.task_name: task.run_id for task in tasks}
    return [
        model.ShapeItem(
            task_external_id=ids.get(task.name, NIL),
            step_id=version.step_id(task.name),
            children_step_ids=[version.step_id(name) for name in version.children(task.name)],
            task_name=task.name,
        )
        for task in version.tasks
    ]


def events_of(tasks: Sequence[RunRow], stored: Sequence[Any], version: Version | None) -> list[model.TaskEvent]:
    """What happened to these tasks, in order: what their rows tell of the last attempt, and what was stored."""
    rows = {task.run_id: task for task in tasks}
    told = {(record["task_id"], record["attempt"]) for record in stored if record["kind"] in _FAILURES}
    found: list[tuple[float, int, str, str, str, str, str, int]] = []
    for task in tasks:
        found.extend(_of_row(task))
        if task.status == Status.FAILED and (task.run_id, task.attempt) not in told:
            found.append((task.finished_at, _LAST, task.run_id, "FAILED", "", task.error, task.worker_id, task.attempt))
    for record in stored:
        if record["task_id"] in rows:
            found.append(
                (
                    record["at"],
                    _FIRST if record["kind"] == "RETRIED_BY_USER" else _LAST,
                    record["task_id"],
                    record["kind"],
                    record["message"],
                    record["error"],
                    record["worker_id"],
                    record["attempt"],
                )
            )
    found.sort(key=lambda item: (item[0], item[1]))
    return [
        model.TaskEvent(
            id=number,
            task_id=task_id,
            timestamp=model.moment(at),
            event_type=kind,
            message=message,
            error_message=error or None,
            output=rows[task_id].output or None if kind == "FINISHED" and attempt == rows[task_id].attempt else None,
            worker_id=worker_id or None,
            task_display_name=display_name(rows[task_id], version),
            retry_count=attempt,
            attempt=attempt + 1,
        )
        for number, (at, _, task_id, kind, message, error, worker_id, attempt) in enumerate(found, 1)
    ]


# Of what happened at one time: the replay before what it began, other things after what the row tells.
_FIRST, _LAST = -1, 6
_FAILURES = ("FAILED", "TIMED_OUT", "SCHEDULING_TIMED_OUT")


def _of_row(row: RunRow) -> list[tuple[float, int, str, str, str, str, str, int]]:
    times = [
        (row.created_at, "CREATED", 0),
        (row.queued_at, "QUEUED", row.attempt),
        (row.assigned_at, "ASSIGNED", row.attempt),
        (row.started_at, "STARTED", row.attempt),
    ]
    if row.status == Status.COMPLETED and not row.skipped:
        times.append((row.finished_at, "FINISHED", row.attempt))
    return [
        (at, place, row.run_id, kind, "", "", row.worker_id if place >= 2 else "", attempt)
        for place, (at, kind, attempt) in enumerate(times)
        if at
    ]


def log_line(record: Any, name: str) -> model.LogLine:
    """A line of a task's log; `name`: the task's, for people."""
    return model.LogLine(
        created_at=model.moment(record["at"]),
        message=record["message"],
        metadata=json_object(record["fields"]),
        task_external_id=record["task_id"],
        task_display_name=name,
        retry_count=record["attempt"],
        attempt=record["attempt"] + 1,
        level=record["level"],
    )
