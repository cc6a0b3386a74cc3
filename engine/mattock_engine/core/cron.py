"""Crons: workflows that are started at the times of an expression.

`tick.py` says when an expression fires.

A tick's run and the cron's next time are committed together, and the run's id follows from the cron's and the tick:
each tick fires once, over restarts too.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice, takewhile

import msgspec

from . import pause, trigger
from .command import (
    BackfillCron,
    ChangeCron,
    CronRow,
    DropCron,
    PutCron,
    RunCron,
    TriggerItem,
)
from .error import Code, Refused, invalid
from .round import Round
from .run import Version
from .state import State
from .tick import next_time, times_after, times_until, utc_text

# Timer key of a cron.
TIMER = "cron:"
# A tick that is late by more seconds has been missed: its policy says what becomes of it.
MISSED_AFTER = 60.0
# Missed ticks that `all` makes up for, and runs of one backfill.
MOST_MISSED = 100
MOST_BACKFILLED = 10_000
# What of a cron a command may change; the second is a workflow's own business where it declares the cron.
_CHANGEABLE = tuple(name for name in ChangeCron.__struct_fields__ if name != "cron_id")
_DECLARED = ("expression", "name", "timezone", "input")


def declared_id(workflow_id: str, expression: str) -> str:
    """The id of a cron that a workflow's definition brings."""
    text = blake2b(f"{workflow_id}/{expression}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}"


def run_id_of(cron_id: str, tick: float) -> str:
    """The id of a tick's run: begins with the tick's time, as ids do."""
    stamp = f"{int(tick * 1000):012x}"
    text = blake2b(f"{cron_id}/{tick:.3f}".encode(), digest_size=10).hexdigest()
    return f"{stamp[:8]}-{stamp[8:12]}-7{text[:3]}-b{text[3:6]}-{text[6:18]}"


# ---- memory ----


def adopt_crons(state: State, rows: list[CronRow], active: list[str]) -> None:
    """Makes the stored crons known after a take-over; `active`: their last runs that have not ended."""
    for row in rows:
        state.crons[row.cron_id] = row
        state.cron_names[_name_of(row)] = row.cron_id
        if row.last_run_id in active:
            state.cron_runs[row.last_run_id] = row.cron_id
        _set_timer(state, row)


def declare(state: State, version: Version, now: float, round_: Round) -> None:
    """The crons of a workflow's newest version replace those of the one before."""
    definition = version.definition
    wanted = {declared_id(version.workflow_id, text): text for text in definition.crons}
    for row in [row for row in state.crons.values() if row.declared and row.workflow == version.name]:
        if row.cron_id not in wanted:
            _drop(state, row, round_)
    for cron_id, text in wanted.items():
        known = state.crons.get(cron_id)
        if known is not None and known.input == (definition.cron_input or "{}"):
            continue
        row = CronRow(
            cron_id=cron_id,
            workflow=version.name,
            expression=text,
            input=definition.cron_input or "{}",
            declared=True,
            created_at=now,
            next_at=next_time(text, "", now),
        )
        _put(state, row, round_)


def drop_crons_of(state: State, workflow: str, round_: Round) -> None:
    """A workflow is no more: its crons neither."""
    for row in [row for row in state.crons.values() if row.workflow == workflow]:
        _drop(state, row, round_)


def _name_of(row: CronRow) -> tuple[str, str, str]:
    return row.workflow, row.name, row.expression


def _put(state: State, row: CronRow, round_: Round) -> None:
    state.crons[row.cron_id] = row
    state.cron_names[_name_of(row)] = row.cron_id
    round_.records.crons[row.cron_id] = row
    _set_timer(state, row)


def _drop(state: State, row: CronRow, round_: Round) -> None:
    del state.crons[row.cron_id]
    state.cron_names.pop(_name_of(row), None)
    state.timers.clear(TIMER + row.cron_id)
    round_.records.crons.pop(row.cron_id, None)
    round_.records.dropped_crons.append(row.cron_id)


def _set_timer(state: State, row: CronRow) -> None:
    if row.enabled:
        state.timers.set(TIMER + row.cron_id, row.next_at + _jitter(row))
    else:
        state.timers.clear(TIMER + row.cron_id)


def _jitter(row: CronRow) -> float:
    """Seconds by which a tick is late: the same whenever it is asked for."""
    if not row.jitter:
        return 0.0
    digest = blake2b(f"{row.cron_id}/{row.next_at}".encode(), digest_size=4).digest()
    return row.jitter * int.from_bytes(digest, "big") / 2**32


# ---- ticks ----


def on_timer(state: State, key: str, now: float, round_: Round) -> None:
    """A cron is due."""
    row = state.crons.get(key.removeprefix(TIMER))
    if row is None or not row.enabled:
        return
    due = row.next_at + _jitter(row)
    if due > now:
        state.timers.set(key, due)
        return
    ticks = _due(row, now)
    for tick in ticks:
        _fire(state, row, tick, now, round_)
    try:
        row.next_at = next_time(row.expression, row.timezone, max(now, row.next_at) if not ticks else ticks[-1])
        if row.next_at <= now - MISSED_AFTER:
            row.next_at = next_time(row.expression, row.timezone, now)
    except StopIteration:
        row.enabled = False
    _put(state, row, round_)


def _due(row: CronRow, now: float) -> list[float]:
    """The ticks that fire now: the one that is due, or of the missed ones those that the policy wants."""
    if now - row.next_at - _jitter(row) <= MISSED_AFTER:
        return [row.next_at]
    if row.missed == "skip":
        return []
    most = 1 if row.missed == "one" else MOST_MISSED
    missed = takewhile(lambda tick: tick >= row.next_at, times_until(row.expression, row.timezone, now))
    return list(islice(missed, most))[::-1] or [row.next_at]


def _fire(state: State, row: CronRow, tick: float, now: float, round_: Round) -> None:
    running = state.known(row.last_run_id) or row.last_run_id in state.cron_runs
    if running and row.overlap == "skip":
        return
    if running and row.overlap == "queue":
        row.pending += 1
        return
    if running and row.overlap == "cancel":
        state.victims[row.last_run_id] = None
    _start(state, row, run_id_of(row.cron_id, tick), tick, now, round_)


def _start(state: State, row: CronRow, run_id: str, tick: float, now: float, round_: Round) -> str:
    own = {
        "hatchet__cron_expression": row.expression,
        "hatchet__cron_name": row.name,
        "hatchet__cron_scheduled_at": utc_text(tick),
    }
    metadata = trigger.merge_metadata(row.metadata, msgspec.json.encode(own).decode())
    item = TriggerItem(run_id, row.workflow, row.input, metadata, row.priority)
    if _dropped(state, row.workflow):
        row.problem = "Dropped while its workflow was paused"
        return ""
    try:
        found = trigger.start_one(state, item, now, round_)
    except Refused as refused:
        row.problem = refused.message
        return ""
    row.last_run_id, row.problem = found, ""
    if row.overlap != "allow" and state.known(found):
        state.cron_runs[found] = row.cron_id
    return found


def _dropped(state: State, workflow: str) -> bool:
    version = state.workflows.get(workflow)
    paused = pause.is_paused(state, version.workflow_id) if version is not None else None
    return paused is not None and paused.drop_crons


def on_run_finished(state: State, run_id: str, now: float, round_: Round) -> None:
    """The last run of a cron has ended: one that waited for it begins."""
    row = state.crons.get(state.cron_runs.pop(run_id))
    if row is not None and row.pending and row.last_run_id == run_id:
        tick = _oldest_pending(row, now)
        row.pending -= 1
        # By the run it comes after: several may end, and follow, within one moment.
        _start(state, row, run_id_of(f"{row.cron_id}/{run_id}", now), tick, now, round_)
        round_.records.crons[row.cron_id] = row


def _oldest_pending(row: CronRow, now: float) -> float:
    """The tick that has waited longest: those that wait are the last ones before the next."""
    ticks = islice(times_until(row.expression, row.timezone, row.next_at - 0.001), min(row.pending, MOST_BACKFILLED))
    return min(ticks, default=now)


# ---- commands ----


def put_cron(state: State, command: PutCron, now: float, round_: Round) -> CronRow:
    """Makes a cron."""
    row = command.cron
    if row.workflow not in state.workflows:
        raise Refused(Code.NOT_FOUND, f"workflow: no workflow {row.workflow!r}", "workflow")
    if _name_of(row) in state.cron_names:
        raise Refused(Code.ALREADY_EXISTS, "cronName: this workflow has a cron of that name and expression", "cronName")
    row.created_at = now
    row.next_at = next_time(row.expression, row.timezone, now)
    _put(state, row, round_)
    return row


def _cron(state: State, cron_id: str) -> CronRow:
    row = state.crons.get(cron_id)
    if row is None:
        raise Refused(Code.NOT_FOUND, f"cron: no cron {cron_id!r}", "cron")
    return row


def change_cron(state: State, command: ChangeCron, now: float, round_: Round) -> None:
    """Pauses a cron, lets it go on, or changes it; what it would have fired meanwhile is not made up for."""
    row = _cron(state, command.cron_id)
    given = {name: value for name in _CHANGEABLE if (value := getattr(command, name)) not in (None, getattr(row, name))}
    if row.declared and (fixed := next((name for name in _DECLARED if name in given), None)):
        raise Refused(Code.FAILED_PRECONDITION, f"{fixed}: the workflow declares this cron: change it there", fixed)
    changed = msgspec.structs.replace(row, **given)
    if _name_of(changed) != _name_of(row) and _name_of(changed) in state.cron_names:
        raise Refused(Code.ALREADY_EXISTS, "cronName: this workflow has a cron of that name and expression", "cronName")
    if changed.enabled and not given.keys().isdisjoint(("enabled", "expression", "timezone")):
        changed.next_at = next_time(changed.expression, changed.timezone, now)
    state.cron_names.pop(_name_of(row), None)
    _put(state, changed, round_)


def drop_cron(state: State, command: DropCron, now: float, round_: Round) -> None:
    """Takes a cron away."""
    _drop(state, _cron(state, command.cron_id), round_)


def run_cron(state: State, command: RunCron, now: float, round_: Round) -> str:
    """Starts a run of a cron at once, beside its ticks."""
    row = _cron(state, command.cron_id)
    found = _start(state, row, command.run_id, now, now, round_)
    if not found:
        raise Refused(Code.FAILED_PRECONDITION, row.problem, "cron")
    round_.records.crons[row.cron_id] = row
    return found


def backfill_cron(state: State, command: BackfillCron, now: float, round_: Round) -> list[str]:
    """Starts the runs of all ticks of a past range that have none; returns their ids."""
    row = _cron(state, command.cron_id)
    ticks = list(islice(_ticks_of(row, command.since, min(command.until, now)), MOST_BACKFILLED + 1))
    if len(ticks) > MOST_BACKFILLED:
        raise invalid("since", f"more than {MOST_BACKFILLED} ticks; choose a shorter range")
    found = []
    for each in ticks:
        run_id = run_id_of(row.cron_id, each)
        if not (state.known(run_id) or run_id in state.recent or run_id in state.finished_rows):
            found.append(_start(state, row, run_id, each, now, round_))
    round_.records.crons[row.cron_id] = row
    return [run_id for run_id in found if run_id]


def backfilled_ids(state: State, command: BackfillCron) -> list[str]:
    """Ids of the runs that a backfill may find."""
    row = state.crons.get(command.cron_id)
    if row is None:
        return []
    ticks = islice(_ticks_of(row, command.since, command.until), MOST_BACKFILLED + 1)
    return [run_id_of(row.cron_id, tick) for tick in ticks]


def _ticks_of(row: CronRow, since: float, until: float) -> Iterator[float]:
    """The ticks from `since` until before `until`."""
    return takewhile(lambda tick: tick < until, times_after(row.expression, row.timezone, since - 0.001))
