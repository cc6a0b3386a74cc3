"""Rows of the database as those of the core."""

from __future__ import annotations

import asyncpg
import msgspec

from ..core.command import CronRow, Extra, RunRow, StepRow, WorkerRow, WorkflowRow
from ..core.definition import ConditionDefinition, WorkflowDefinition

_RUN_FIELDS = RunRow.__struct_fields__


def to_cron(record: asyncpg.Record) -> CronRow:
    """A row of the cron table."""
    return CronRow(**{name: record[name] for name in CronRow.__struct_fields__})


def to_row(record: asyncpg.Record) -> RunRow:
    """A row of one of the `…_row` views."""
    row = RunRow(**{name: record[name] for name in _RUN_FIELDS})
    if record["extra"] is not None:
        row.extra = msgspec.json.decode(record["extra"], type=Extra)
    return row


def to_step(record: asyncpg.Record) -> StepRow:
    """A row of the step table."""
    values = dict(record)
    values["order"] = values.pop("place")
    conditions, met = values.pop("conditions"), values.pop("met")
    row = StepRow(**values)
    if conditions is not None:
        row.conditions = msgspec.json.decode(conditions, type=tuple[ConditionDefinition, ...])
    if met is not None:
        row.met = msgspec.json.decode(met, type=tuple[tuple[int, str], ...])
    return row


def to_version(record: asyncpg.Record) -> WorkflowRow:
    """A row of the table of workflows' versions."""
    return WorkflowRow(
        workflow_id=record["workflow_id"],
        version_id=record["version_id"],
        order=record["ord"],
        definition=msgspec.json.decode(record["definition"], type=WorkflowDefinition),
        latest=record["latest"],
    )


def to_worker(record: asyncpg.Record) -> WorkerRow:
    """A row of the worker table."""
    return WorkerRow(
        worker_id=record["worker_id"],
        name=record["name"],
        actions=list(record["actions"]),
        slots=msgspec.json.decode(record["slots"], type=dict[str, int]),
        labels=msgspec.json.decode(record["labels"], type=dict[str, str | int]),
        runtime=msgspec.json.decode(record["runtime"], type=dict[str, str]),
        paused=record["paused"],
        draining=record["draining"],
        seen_at=record["seen_at"],
    )
