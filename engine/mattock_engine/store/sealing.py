"""What is sealed of the records that are written: everything that users' code made, nothing that is searched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from ..core.command import LogLine, RunRow, StepRow
from ..core.record import Records

Seal = Callable[[str], str]
K = TypeVar("K")


def sealed_records(records: Records, seal: Seal) -> Records:
    """A copy of a round's records with their payloads sealed; the core's own rows stay as they are."""
    made = copy.copy(records)
    for name in ("inserted", "updated", "finished", "born_final", "refinished", "reopened"):
        rows: dict[str, RunRow] = getattr(records, name)
        if rows:
            setattr(made, name, {key: _run(row, seal) for key, row in rows.items()})
    made.steps = {key: _step(step, seal) for key, step in records.steps.items()}
    made.crons = {key: replace(cron, input=seal(cron.input)) for key, cron in records.crons.items()}
    made.schedules = {key: replace(row, input=seal(row.input)) for key, row in records.schedules.items()}
    made.user_events = [
        replace(row, event=replace(row.event, payload=seal(row.event.payload))) for row in records.user_events
    ]
    made.events = [replace(event, message=seal(event.message), error=seal(event.error)) for event in records.events]
    made.logs = [_log(line, seal) for line in records.logs]
    return made


def _run(row: RunRow, seal: Seal) -> RunRow:
    extra = row.extra
    if extra is not None and (extra.input or extra.satisfied):
        satisfied = tuple((place, seal(data)) for place, data in extra.satisfied)
        extra = replace(extra, input=seal(extra.input), satisfied=satisfied)
    return replace(row, input=seal(row.input), output=seal(row.output), error=seal(row.error), extra=extra)


def _step(step: StepRow, seal: Seal) -> StepRow:
    met = tuple((place, seal(data)) for place, data in step.met)
    return replace(step, payload=seal(step.payload), met=met)


def _log(line: LogLine, seal: Seal) -> LogLine:
    return replace(line, message=seal(line.message), fields=seal(line.fields))
