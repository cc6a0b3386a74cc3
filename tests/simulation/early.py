"""Timers never fire before their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mattock_engine.core.status import Status

if TYPE_CHECKING:
    from .world import World

# Sums of times are rounded.
_CLOSE = 1e-6


def check_times(world: World) -> None:
    """After a commit: no schedule, no sleep of a durable task or of a workflow's task has ended too early."""
    store, now = world.store, world.now + _CLOSE
    for schedule in store.schedules.values():
        assert not schedule.run_id or schedule.at <= now, f"schedule {schedule.schedule_id} fired before its time"
    for step in store.steps.values():
        for index, _ in step.met:
            due = step.recorded_at + step.conditions[index].seconds
            assert not step.settled_at or due <= step.settled_at + _CLOSE, f"{step.task_id} woke before its time"
    for run_id, since in list(world.naps.items()):
        row = store.hot.get(run_id) or store.finished[run_id]
        if row.status != Status.PENDING:
            del world.naps[run_id]
            woke = row.status in (Status.QUEUED, Status.RUNNING, Status.COMPLETED)
            assert not woke or since + 9.0 <= now, f"{run_id} woke before its time"
    for row in store.hot.values():
        if (
            row.task_name == "nap"
            and row.status == Status.PENDING
            and row.extra is not None
            and row.extra.waiting_since
        ):
            world.naps[row.run_id] = row.extra.waiting_since
