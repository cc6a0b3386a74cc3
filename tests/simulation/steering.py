"""What people change: pauses, limits, cancellations, replays, forks."""

from __future__ import annotations

from mattock_engine.core import command as c
from mattock_engine.core.status import FINAL
from mattock_engine.core.steer import CountWaiting, ListConcurrency, PauseRuns, PutTenantLimits
from mattock_engine.core.step import ForkTask, RestoreTask

from .world import World


def pause_workflow(world: World) -> None:
    """A workflow or a task of it is paused, or goes on."""
    version = world.random.choice(list(world.tenant.state.workflows.values()))
    patience = world.random.choice([0.0, 0.0, 30.0])
    task_name = world.random.choice(["", *version.specs])
    command = c.PauseWorkflow(version.workflow_id, world.random.random() < 0.4, patience=patience, task_name=task_name)
    world.run(command, crash=world.crash_point())


def pause_runs(world: World) -> None:
    """Runs are paused, or go on."""
    ids = sorted(world.store.hot)
    if ids:
        chosen = world.random.sample(ids, min(len(ids), world.random.randint(1, 8)))
        world.run(PauseRuns(chosen, world.random.random() < 0.5), crash=world.crash_point())


def limit_tenant(world: World) -> None:
    """The tenant's limits change."""
    limits = c.TenantLimits(
        max_queued=world.random.choice([0, 0, 5, 25]),
        drop_oldest=world.random.random() < 0.5,
        max_running=world.random.choice([0, 0, 1, 4]),
        pace=world.random.choice([0.0, 0.0, 0.5, 10.0]),
    )
    world.run(PutTenantLimits(limits), crash=world.crash_point())


def limit_rate(world: World) -> None:
    """A rate limit changes."""
    if world.random.random() < 0.3:
        command: c.Command = c.PauseRateLimit("shared", world.now + world.random.choice([0.5, 5.0]))
    else:
        command = c.PutRateLimit("shared", world.random.choice([2, 4, 7]), 6.0)
    world.run(command, crash=world.crash_point())


def look(world: World) -> None:
    """Somebody asks what waits."""
    world.run(CountWaiting(), ListConcurrency(("", ""), 5))


def restore_or_fork(world: World) -> None:
    """A durable task starts anew, or is forked at a step."""
    rows = [*world.store.hot.values(), *world.store.finished.values()]
    tasks = [
        row
        for row in rows
        if row.task_name and world.tenant.state.versions[row.version_id].spec(row.task_name).definition.durable
    ]
    if not tasks:
        return
    row = world.random.choice(tasks)
    if world.random.random() < 0.4:
        world.run(RestoreTask(row.run_id), crash=world.crash_point())
        return
    result = '"changed"' if world.random.random() < 0.3 else None
    node, input_ = world.random.randint(1, 4), world.random.choice(["", '{"key":"b"}'])
    world.run(ForkTask(row.run_id, node, input=input_, result=result), crash=world.crash_point())


def cancel(world: World) -> None:
    """Runs are cancelled."""
    ids = sorted(world.store.hot)
    if ids:
        world.run(c.CancelRuns(world.random.sample(ids, min(len(ids), world.random.randint(1, 3)))))


def replay(world: World) -> None:
    """Runs that have ended start again."""
    ids = sorted(run_id for run_id, row in world.store.finished.items() if row.status in FINAL)
    if ids:
        chosen = world.random.sample(ids, min(len(ids), world.random.randint(1, 3)))
        for run_id in chosen:
            row = world.store.finished[run_id]
            world.answered.discard(row.root_id or run_id)
            world.unordered.add(row.root_id or run_id)
        world.run(c.ReplayRuns(chosen), crash=world.crash_point())
