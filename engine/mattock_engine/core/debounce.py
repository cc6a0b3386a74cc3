"""Debounced workflows: of runs with one key that come in quick succession, the last one is started, after a delay.

A run that waits for this has the status BACKOFF, as one that waits for its next attempt: it is in no queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .command import Extra
from .run import Task
from .status import Status

if TYPE_CHECKING:
    from .state import State

REPLACED = "Replaced: a newer run with the same key has come"


def replaced(state: State, workflow_id: str, key: str) -> Task | None:
    """The run that waits with this key."""
    return state.tasks.get(state.debounced.get((workflow_id, key), ""))


def hold(state: State, task: Task, key: str, since: float, now: float) -> None:
    """Lets a new run wait; `since`: when the first one of its succession came."""
    policy = task.spec.version.definition.debounce
    assert policy is not None
    due = now + policy.delay
    if policy.max_wait:
        due = min(due, max(now, since + policy.max_wait))
    task.extra = msgspec.structs.replace(task.extra or Extra(), debounce=key, held_since=since)
    task.status = Status.BACKOFF
    task.due_at = due
    state.timers.set(task.run_id, due)
    state.debounced[(task.workflow_id, key)] = task.run_id


def release(state: State, task: Task) -> bool:
    """A run waits for this no more. False if it did not."""
    if task.extra is None or not task.extra.debounce:
        return False
    place = (task.workflow_id, task.extra.debounce)
    if state.debounced.get(place) == task.run_id:
        del state.debounced[place]
    task.extra = msgspec.structs.replace(task.extra, debounce="", held_since=0.0)
    return True


def adopt(state: State, task: Task) -> None:
    """A stored run that waits for this is known again, after a take-over."""
    if task.extra is not None and task.extra.debounce:
        state.debounced[(task.workflow_id, task.extra.debounce)] = task.run_id
