"""Schedules: runs that are to be started once, at a time.

Those that are due soon are in memory, up to a horizon; the others stand in the store alone, and cost nothing until the
horizon reaches them. A schedule's run and the note that it has fired are committed together, and the run's id follows
from the schedule's: each fires once.
"""

from __future__ import annotations

from hashlib import blake2b

from . import pause, trigger
from .command import ChangeSchedules, DropSchedules, Loaded, PutSchedules, RunSchedule, ScheduleRow, TriggerItem
from .error import Code, Refused
from .round import Round
from .state import State

# Timer key of a schedule, and of the look for those that come next.
TIMER = "schedule:"
LOOK_TIMER = "schedules"
# Seconds ahead that memory knows, rows of one load, and how long before the horizon the next one begins.
AHEAD = 300.0
MOST = 5000
EARLY = 60.0
# Ids of those that fired last: a change of one may be on its way.
KEEP_FIRED = 10_000


def run_id_of(row: ScheduleRow) -> str:
    """The id of its run: begins with its time, as ids do."""
    stamp = f"{int(max(row.at, 0) * 1000):012x}"
    text = blake2b(row.schedule_id.encode(), digest_size=10).hexdigest()
    return f"{stamp[:8]}-{stamp[8:12]}-7{text[:3]}-b{text[3:6]}-{text[6:18]}"


def wanted(state: State, now: float) -> tuple[float, str, float, int] | None:
    """What to load: schedules after a time and an id, up to a time, so many; None if nothing is wanted now."""
    if not state.schedules_wanted or state.schedules_loading:
        return None
    state.schedules_wanted = False
    state.schedules_loading = True
    state.schedules_passed.clear()
    state.schedules_gone.clear()
    at, schedule_id = state.schedules_until
    return at, schedule_id, max(now, at) + AHEAD, MOST


def on_look(state: State) -> None:
    """Memory comes to its horizon."""
    state.schedules_wanted = True


def loaded(state: State, command: Loaded, now: float) -> None:
    """Takes the schedules up to a new horizon; what has changed since the load began is not overwritten."""
    assert command.schedules_until is not None
    state.schedules_loading = False
    state.schedules_until = command.schedules_until
    for row in command.schedules:
        if row.schedule_id not in state.schedules_gone and row.schedule_id not in state.schedules_passed:
            _take(state, row)
    for row in state.schedules_passed.values():
        if _known_by_now(state, row):
            _take(state, row)
    state.schedules_passed.clear()
    state.schedules_gone.clear()
    state.timers.set(LOOK_TIMER, max(now, state.schedules_until[0] - EARLY))


def _known_by_now(state: State, row: ScheduleRow) -> bool:
    return (row.at, row.schedule_id) <= state.schedules_until


def _take(state: State, row: ScheduleRow) -> None:
    state.schedules[row.schedule_id] = row
    state.timers.set(TIMER + row.schedule_id, row.at)


def _put(state: State, row: ScheduleRow, round_: Round) -> None:
    round_.records.schedules[row.schedule_id] = row
    if _known_by_now(state, row):
        _take(state, row)
    elif state.schedules_loading:
        state.schedules_passed[row.schedule_id] = row


def _forget(state: State, schedule_id: str) -> None:
    state.schedules.pop(schedule_id, None)
    state.schedules_passed.pop(schedule_id, None)
    state.timers.clear(TIMER + schedule_id)
    if state.schedules_loading:
        state.schedules_gone.add(schedule_id)


def on_timer(state: State, key: str, now: float, round_: Round) -> None:
    """A schedule is due."""
    row = state.schedules.get(key.removeprefix(TIMER))
    if row is None:
        return
    if row.at > now:
        state.timers.set(key, row.at)
        return
    _fire(state, row, now, round_)


def _fire(state: State, row: ScheduleRow, now: float, round_: Round) -> str:
    item = TriggerItem(
        run_id_of(row), row.workflow, row.input, row.metadata, row.priority, row.parent_task_id, row.child_key
    )
    version = state.workflows.get(row.workflow)
    paused = pause.is_paused(state, version.workflow_id) if version is not None else None
    try:
        if paused is not None and paused.drop_schedules:
            raise Refused(Code.FAILED_PRECONDITION, "Dropped while its workflow was paused", "workflow")
        row.run_id = trigger.start_one(state, item, now, round_)
    except Refused as refused:
        row.problem = refused.message
        row.run_id = run_id_of(row)
    _forget(state, row.schedule_id)
    state.fired_schedules[row.schedule_id] = None
    if len(state.fired_schedules) > KEEP_FIRED:
        del state.fired_schedules[next(iter(state.fired_schedules))]
    round_.records.schedules[row.schedule_id] = row
    return row.run_id


# ---- commands ----


def put_schedules(state: State, command: PutSchedules, now: float, round_: Round) -> list[str]:
    """Makes schedules, all or none; those of the past fire at once. Returns their ids."""
    unknown = sorted({row.workflow for row in command.schedules if row.workflow not in state.workflows})
    if unknown:
        raise Refused(Code.NOT_FOUND, f"workflow not found: {', '.join(unknown)}", "workflow")
    for row in command.schedules:
        _put(state, row, round_)
        if row.at <= now:
            _fire(state, row, now, round_)
    return [row.schedule_id for row in command.schedules]


def change_schedules(state: State, command: ChangeSchedules, now: float, round_: Round) -> list[str]:
    """Moves schedules to other times; returns the ids of those that have not fired."""
    found = []
    for row, at in zip(command.rows, command.times, strict=True):
        current = state.schedules.get(row.schedule_id, row)
        if current.run_id or row.schedule_id in state.fired_schedules:
            continue
        _forget(state, row.schedule_id)
        current.at = at
        _put(state, current, round_)
        if at <= now:
            _fire(state, current, now, round_)
        found.append(row.schedule_id)
    return found


def drop_schedules(state: State, command: DropSchedules, now: float, round_: Round) -> list[str]:
    """Takes schedules away that have not fired; returns their ids."""
    for schedule_id in command.ids:
        _forget(state, schedule_id)
    round_.records.dropped_schedules.extend(command.ids)
    return command.ids


def run_schedule(state: State, command: RunSchedule, now: float, round_: Round) -> str:
    """Lets a schedule fire now."""
    row = state.schedules.get(command.row.schedule_id, command.row)
    if row.run_id:
        raise Refused(Code.FAILED_PRECONDITION, "scheduled: it has fired already", "scheduled")
    return _fire(state, row, now, round_)
