"""Tasks of a run that wait for a sleep to end or an event to come, before they are queued, skipped or cancelled.

Such a task is PENDING, with what is satisfied so far in its row; its run is held in memory.
"""

from __future__ import annotations

import msgspec

from . import dag as dag_rules
from . import lifecycle
from .command import Command, EventItem, Extra
from .condition import data_text, decide, event_holds, since_when
from .definition import ConditionDefinition
from .round import Round
from .run import Task
from .state import State
from .status import Status


class LookBack(Command):
    """A waiting task looks at events of the past. (The core sends it itself.)"""

    task_id: str


def on_timer(state: State, task: Task, now: float, round_: Round) -> None:
    """A sleep of a waiting task has ended."""
    extra = task.extra
    if extra is None or not extra.waiting_since:
        return
    satisfied = dict(extra.satisfied)
    for index, condition in enumerate(task.spec.definition.conditions):
        if condition.sleep_text and extra.waiting_since + condition.seconds <= now:
            satisfied.setdefault(index, data_text(condition, ""))
    _go_on(state, task, satisfied, now, round_)


def on_event(state: State, event: EventItem, now: float, round_: Round) -> None:
    """An event came: those that wait for it look at it."""
    for task in list(state.event_waits.get(event.key, {}).values()):
        extra = task.extra
        if task.status != Status.PENDING or extra is None:
            continue
        satisfied = dict(extra.satisfied)
        for index, condition in enumerate(task.spec.definition.conditions):
            if index not in satisfied and event_holds(condition, event.key, event.scope, event.payload):
                satisfied[index] = data_text(condition, event.payload)
        if len(satisfied) > len(extra.satisfied):
            _go_on(state, task, satisfied, now, round_)


def look_back(state: State, command: LookBack, now: float, round_: Round) -> None:
    """Each condition that looks back takes the first event that would have satisfied it."""
    task = state.tasks.get(command.task_id)
    extra = task.extra if task is not None else None
    if task is None or extra is None or not task.waits:
        return
    satisfied = dict(extra.satisfied)
    for at, event in [*(state.looked_events or ()), *state.recent_events]:
        for index, each in enumerate(task.spec.definition.conditions):
            since = since_when(each, extra.waiting_since)
            if (
                index not in satisfied
                and since
                and at >= since
                and event_holds(each, event.key, event.scope, event.payload)
            ):
                satisfied[index] = data_text(each, event.payload)
    if len(satisfied) > len(extra.satisfied):
        _go_on(state, task, satisfied, now, round_)


def past_of(state: State, command: LookBack) -> list[tuple[ConditionDefinition, float]]:
    """The events that it has to look at, as `Need.events`."""
    task = state.tasks.get(command.task_id)
    if task is None or task.extra is None or not task.waits:
        return []
    met = dict(task.extra.satisfied)
    waiting_since = task.extra.waiting_since
    wanted = (
        (each, since_when(each, waiting_since))
        for index, each in enumerate(task.spec.definition.conditions)
        if index not in met
    )
    return [each for each in wanted if each[1]]


def _go_on(state: State, task: Task, satisfied: dict[int, str], now: float, round_: Round) -> None:
    """More is satisfied: the task waits on, or is queued, skipped or cancelled."""
    dag = task.dag
    assert dag is not None
    task.extra = msgspec.structs.replace(task.extra or Extra(), satisfied=tuple(satisfied.items()))
    round_.update(task)
    action = decide(task.spec.definition.conditions, satisfied)
    if action is None:
        dag_rules.keep_waiting(state, task)
        return
    ended = dag_rules.act(state, dag, task.spec, action, now, round_)
    if ended is not None and dag_rules.after_member(state, dag, ended, now, round_):
        lifecycle.finish_dag(state, dag, now, round_)
    else:
        # The rest of the run may stand in the store alone.
        state.overflowed.append(task)
