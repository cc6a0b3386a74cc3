"""Random steps: what callers, workers, people, the clock and fate do."""

from __future__ import annotations

from collections.abc import Callable

from mattock_engine.core import command as c
from mattock_engine.core.status import Status
from mattock_engine.core.steer import PauseRuns, PutTenantLimits

from . import program, steering, trigger, work
from .actor import SimulatedWorker
from .early import check_times
from .invariant import check, check_end
from .world import World


def step(world: World) -> None:
    """One random step."""
    (action,) = world.random.choices(list(_ACTIONS), list(_ACTIONS.values()))
    action(world)


def _tick(world: World) -> None:
    world.now += world.random.choice([0.001, 0.05, 1.0, 3.0])
    world.run(c.Tick())


def _jump(world: World) -> None:
    world.now += world.random.choice([10.0, 40.0])
    world.run(c.Tick())


def _arrive(world: World) -> None:
    if world.loads:
        world.arrive(world.random.randrange(len(world.loads)))


def _expire(world: World) -> None:
    rows = [r for r in world.store.hot.values() if r.status == Status.QUEUED and r.due_at and r.due_at <= world.now]
    if rows:
        world.run(c.ExpireQueued([row for row in rows if row.queue_id]))


def _crash(world: World) -> None:
    world.crash()


_ACTIONS: dict[Callable[[World], None], float] = {
    trigger.trigger: 10,
    trigger.push: 1.5,
    trigger.schedule: 1,
    trigger.change_schedules: 0.5,
    work.report: 30,
    work.go_on: 15,
    steering.restore_or_fork: 1,
    steering.pause_workflow: 1,
    steering.pause_runs: 1.5,
    steering.limit_tenant: 0.5,
    steering.limit_rate: 0.5,
    steering.look: 0.3,
    trigger.change_cron: 0.5,
    work.heartbeat: 3,
    work.reconnect: 1,
    work.attach_all: 3,
    work.disconnect: 0.7,
    work.kill_worker: 0.5,
    work.leave: 0.5,
    work.pause_worker: 0.5,
    work.relabel: 1.5,
    steering.cancel: 1.5,
    steering.replay: 1.5,
    work.slots_and_time: 1,
    _tick: 8,
    _jump: 0.3,
    _arrive: 12,
    _expire: 1,
    _crash: 0.3,
}


def settle(world: World) -> None:
    """Lets everything come to an end: workers serve, timers fire, no more accidents. Then checks the end."""
    for worker in list(world.workers.values()):
        if worker.session:
            world.run(c.ChangeWorker(worker.worker_id, paused=False))
    world.run(PutTenantLimits(c.TenantLimits()))
    while world.loads:
        # Runs that are to be paused may be on their way still.
        world.arrive(0)
    world.run(PauseRuns(sorted(world.store.hot), False))
    for cron_id in list(world.tenant.state.crons):
        world.run(c.ChangeCron(cron_id, False))
    for _, pause in sorted(world.store.pauses.items()):
        if pause.paused:
            world.run(c.PauseWorkflow(pause.workflow_id, False, task_name=pause.task_name))
    complete = SimulatedWorker(world.new_id())
    world.workers[complete.worker_id] = complete
    actions = sorted(
        {spec.action for version in world.tenant.state.versions.values() for spec in version.specs.values()}
    )
    world.run(c.RegisterWorker(complete.worker_id, "w", [*actions, "guarded:mend"], {"default": 5}, {"zone": "a"}))
    world.attach(complete)
    world.checks_each_round = False
    for _ in range(3_000):
        check(world)
        check_times(world)
        while world.loads:
            world.arrive(0)
        to_come = any(not schedule.run_id for schedule in world.store.schedules.values())
        if not world.store.hot and not world.wanted and not to_come:
            break
        work.attach_all(world)
        for worker in list(world.workers.values()):
            world.receive(worker)
            unfinished = _unfinished(world, worker)
            ended = {t: a for t, a in sorted(worker.holds.items()) if t not in unfinished}
            reports = [c.TaskReport(t, c.REPORT_COMPLETED, a, "{}") for t, a in ended.items()]
            for task_id in ended:
                del worker.holds[task_id]
            if reports:
                world.run(c.ReportTasks(reports))
            if worker.session:
                world.run(c.Heartbeat(worker.worker_id))
        world.now += 1.0
        world.run(c.Tick())
        _expire(world)
    check_end(world)


def _unfinished(world: World, worker: SimulatedWorker) -> set[str]:
    """Lets the durable code of a worker go on; ids of the tasks that have not come to their end."""
    found = set()
    for task_id, code in program.programs_of(world, worker):
        if code.done or code.broken:
            continue
        found.add(task_id)
        if worker.session and not code.asked and code.waiting is None:
            program.ask(world, worker, task_id, code)
    return found


def simulate(seed: int, steps: int, world: World | None = None) -> World:
    """Runs one seed."""
    world = world or World(seed)
    for number in range(steps):
        try:
            step(world)
        except Exception as error:
            raise AssertionError(f"seed {seed}, step {number}: {error}") from error
    try:
        settle(world)
    except Exception as error:
        raise AssertionError(f"seed {seed}, settling after {steps} steps: {error}") from error
    return world
