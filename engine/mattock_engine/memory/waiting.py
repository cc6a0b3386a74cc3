"""What a state machine waits for: whether somebody works, and when something will happen by itself."""

from __future__ import annotations

from ..core.run import Task
from ..core.schedule import LOOK_TIMER
from ..core.state import State
from ..core.status import Status

# Timers of workers' liveness, of reports that are held back, and of looks at the store: nothing that anyone waits for.
_PASSED_OVER = ("worker", "grace", "late", LOOK_TIMER)


def next_due(state: State) -> float | None:
    """When the first timer is due that anyone may wait for."""
    times = (at for key, at in state.timers.items() if not _passed_over(state, key))
    return min(times, default=None)


def _passed_over(state: State, key: str) -> bool:
    task = state.tasks.get(key)
    if task is not None:
        # Its deadline, mostly years away: who waits for an event that never comes is told so.
        return task.status == Status.RUNNING and task.spec.definition.durable
    return key.partition(":")[0] in _PASSED_OVER


def at_work(state: State) -> list[Task]:
    """Tasks whose code runs, and waits for nothing that the engine knows of."""
    return [task for task in state.tasks.values() if task.status == Status.RUNNING and not _waits(state, task)]


def _waits(state: State, task: Task) -> bool:
    if task.history is not None:
        return any(not step.order for step in task.history.steps.values())
    # Its code awaits the results of runs that it has started.
    return any(child in state.watchers for child in state.below.get(task.run_id, ()))
