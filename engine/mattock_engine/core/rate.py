"""Commands about rate limits: put one by name, pause one, drop one."""

from __future__ import annotations

from . import flow
from .capacity import PACE_KEY
from .command import DropRateLimit, PauseRateLimit, PutRateLimit
from .definition import WorkflowDefinition
from .error import Code, Refused, invalid
from .limit import RateLimit, RateRow
from .round import Round
from .state import State


def put_rate_limit(state: State, command: PutRateLimit, now: float, round_: Round) -> None:
    """Declares a limit, or changes it: a higher one leaves more at once, of a lower one at most itself is left."""
    _refuse_pace(command.key)
    known = state.rates.get(command.key)
    if known is None:
        row = RateRow(key=command.key, limit=command.limit, window=command.window, value=command.limit, declared=True)
        known = state.rates[command.key] = RateLimit(row)
    else:
        known.change(command.limit, command.window)
        known.row.declared = True
    _changed(state, known, round_)


def pause_rate_limit(state: State, command: PauseRateLimit, now: float, round_: Round) -> float:
    """Lets nothing pass before a time; an earlier time never shortens a pause. Returns when the pause ends."""
    known = _known(state, command.key)
    known.row.paused_until = max(known.row.paused_until, command.until)
    _changed(state, known, round_)
    return known.row.paused_until


def drop_rate_limit(state: State, command: DropRateLimit, now: float, round_: Round) -> None:
    """Forgets a limit; refused while tasks wait for it."""
    _refuse_pace(command.key)
    known = _known(state, command.key)
    if known.queues:
        raise Refused(Code.FAILED_PRECONDITION, f"key: tasks wait for the rate limit {command.key!r}", "key")
    del state.rates[command.key]
    round_.records.rates.pop(command.key, None)
    round_.records.dropped_rates.append(command.key)


def check_declared(state: State, definition: WorkflowDefinition) -> None:
    """Refuses a workflow that names a limit which nobody has put, and gives no expression of it."""
    for task in definition.tasks:
        for rate in task.rates:
            if rate.key and not rate.limit_expression and rate.key not in state.rates:
                raise invalid(f"tasks[{task.name}].rate_limits", f"no rate limit {rate.key!r}: put it first")


def _refuse_pace(key: str) -> None:
    if key == PACE_KEY:
        raise Refused(Code.FAILED_PRECONDITION, f"key: {key!r} is the tenant's pace: change its limits", "key")


def _known(state: State, key: str) -> RateLimit:
    known = state.rates.get(key)
    if known is None:
        raise Refused(Code.NOT_FOUND, f"key: no rate limit {key!r}", "key")
    return known


def _changed(state: State, limit: RateLimit, round_: Round) -> None:
    round_.records.rates[limit.key] = limit.row
    if limit.waiting:
        # It may have room now, or open at another time: who waits looks again.
        state.timers.clear(flow.RATE_TIMER + limit.key)
        state.opened[id(limit)] = limit
