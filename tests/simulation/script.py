"""Random steps: what callers, workers, the clock and fate do."""

from __future__ import annotations

import copy
from collections.abc import Callable

from mattock_engine.core import command as c
from mattock_engine.core.status import FINAL, Kind, Status
from mattock_engine.core.steer import CountWaiting, ListConcurrency, PauseRuns, PutTenantLimits
from mattock_engine.core.step import ForkTask, RestoreTask

from . import program
from .early import check_times
from .invariant import check, check_end
from .world import CALLER, SimulatedWorker, World


def step(world: World) -> None:
    """One random step."""
    (action,) = world.random.choices(list(_ACTIONS), list(_ACTIONS.values()))
    action(world)


def _trigger(world: World) -> None:
    names = ["plain", "plain", "lifo", "slow", "large", "diamond", "guarded"]
    names += ["keyed", "keyed", "newest", "progress", "limited", "limited", "sticky", "bound", "waiting"]
    names += ["choosy", "choosy", "choosy-large"]
    names += ["durable", "durable", "durable-dag", "once", "batched", "batched", "batched-dag"]
    names += ["capped", "capped-dag", "debounced", "debounced", "metered", "metered"]
    items = []
    for _ in range(world.random.choice([1, 1, 1, 2, 30])):
        item = c.TriggerItem(world.new_id(), world.random.choice(names), priority=world.random.choice([0, 0, 1, 2, 3]))
        if world.random.random() < 0.1:
            item.extra = c.Extra(ttl=world.random.choice([1.0, 30.0]))
        item.input = f'{{"key":"{world.random.choice("abc")}"}}' if world.random.random() < 0.95 else "{}"
        if world.random.random() < 0.3:
            parent = _any_task(world)
            if parent is not None:
                item.parent_task_id = parent
                item.child_key = f"k{world.random.randint(0, 5)}"
        items.append(item)
    command = c.Trigger(items, watch_session=CALLER if world.random.random() < 0.5 else "")
    crash = world.crash_point()
    replies = world.run(command, crash=crash)
    if crash:
        # The caller never got an answer, and asks again.
        for item in items:
            item.again = True
        replies = world.run(command)
    world.note_reply(command, replies[0])


def _push(world: World) -> None:
    events = [
        c.EventItem(
            world.new_event_id(),
            world.random.choice(["e:1", "e:2", "e:3", "other"]),
            f'{{"key":"{world.random.choice("abc")}"}}',
            scope=world.random.choice(["", "s", "t"]),
        )
        for _ in range(world.random.randint(1, 4))
    ]
    command = c.PushEvents(events)
    crash = world.crash_point()
    replies = world.run(command, crash=crash)
    if crash:
        command.again = True
        replies = world.run(command)
    world.note_reply(command, replies[0])


def _schedule(world: World) -> None:
    rows = [
        c.ScheduleRow(
            schedule_id=world.new_id(),
            workflow=world.random.choice(["plain", "diamond", "limited"]),
            at=world.now + world.random.choice([-1.0, 0.5, 2.0, 30.0, 200.0]),
            input='{"key":"a"}',
        )
        for _ in range(world.random.choice([1, 1, 12]))
    ]
    command = c.PutSchedules(rows)
    replies = world.run(command)
    world.note_reply(command, replies[0])


def _change_schedules(world: World) -> None:
    waiting = sorted(each for each in world.scheduled if not world.store.schedules[each].run_id)
    if not waiting:
        return
    chosen = world.random.sample(waiting, min(len(waiting), 2))
    if world.random.random() < 0.3:
        world.scheduled.difference_update(chosen)
        world.run(c.DropSchedules(chosen))
    else:
        rows = [copy.copy(world.store.schedules[each]) for each in chosen]
        times = [world.now + world.random.choice([-1.0, 1.0, 50.0]) for _ in rows]
        world.run(c.ChangeSchedules(rows, times), crash=world.crash_point())


def _any_task(world: World) -> str | None:
    tasks = [row.run_id for row in world.store.hot.values() if row.kind != Kind.DAG]
    return world.random.choice(tasks) if tasks else None


def _some_worker(world: World) -> SimulatedWorker | None:
    return world.random.choice(list(world.workers.values())) if world.workers else None


def _report(world: World) -> None:
    worker = _some_worker(world)
    if worker is None:
        return
    world.receive(worker)
    if not worker.session or not worker.holds:
        return
    reports = []
    programs = dict(program.programs_of(world, worker))
    for task_id in world.random.sample(sorted(worker.holds), world.random.randint(1, len(worker.holds))):
        code = programs.get(task_id)
        if code is not None and not (code.done or code.broken) and world.random.random() < 0.9:
            continue
        kind = world.random.choices(
            [c.REPORT_STARTED, c.REPORT_COMPLETED, c.REPORT_FAILED, c.REPORT_CANCELLED], [3, 8, 3, 0.2]
        )[0]
        if code is not None and code.broken:
            kind = c.REPORT_FAILED
        report = c.TaskReport(task_id, kind, worker.holds[task_id], "{}" if kind == 2 else "boom")
        report.final = world.random.random() < 0.1
        if kind == c.REPORT_FAILED and world.random.random() < 0.2:
            report.retry_after = 3.0
        reports.append(report)
        if kind != c.REPORT_STARTED and world.random.random() < 0.95:
            # Else the report is sent again later: it must not count twice.
            del worker.holds[task_id]
    world.run(c.ReportTasks(reports), crash=world.crash_point())


def _go_on(world: World) -> None:
    """Durable code goes on, waits, or leaves its worker."""
    worker = _some_worker(world)
    if worker is None:
        return
    world.receive(worker)
    if not worker.session:
        return
    for task_id, code in program.programs_of(world, worker):
        if code.asked or code.broken or world.random.random() < 0.3:
            continue
        if code.waiting is not None:
            if world.random.random() < 0.2:
                program.evict(world, worker, task_id, code)
            elif world.random.random() < 0.1:
                program.await_again(world, worker)
        elif not code.done:
            program.ask(world, worker, task_id, code, world.crash_point())


def _pause_workflow(world: World) -> None:
    version = world.random.choice(list(world.tenant.state.workflows.values()))
    patience = world.random.choice([0.0, 0.0, 30.0])
    task_name = world.random.choice(["", *version.specs])
    command = c.PauseWorkflow(version.workflow_id, world.random.random() < 0.4, patience=patience, task_name=task_name)
    world.run(command, crash=world.crash_point())


def _pause_runs(world: World) -> None:
    ids = sorted(world.store.hot)
    if ids:
        chosen = world.random.sample(ids, min(len(ids), world.random.randint(1, 8)))
        world.run(PauseRuns(chosen, world.random.random() < 0.5), crash=world.crash_point())


def _limit_tenant(world: World) -> None:
    limits = c.TenantLimits(
        max_queued=world.random.choice([0, 0, 5, 25]),
        drop_oldest=world.random.random() < 0.5,
        max_running=world.random.choice([0, 0, 1, 4]),
        pace=world.random.choice([0.0, 0.0, 0.5, 10.0]),
    )
    world.run(PutTenantLimits(limits), crash=world.crash_point())


def _limit_rate(world: World) -> None:
    if world.random.random() < 0.3:
        command: c.Command = c.PauseRateLimit("shared", world.now + world.random.choice([0.5, 5.0]))
    else:
        command = c.PutRateLimit("shared", world.random.choice([2, 4, 7]), 6.0)
    world.run(command, crash=world.crash_point())


def _look(world: World) -> None:
    world.run(CountWaiting(), ListConcurrency(("", ""), 5))


def _restore_or_fork(world: World) -> None:
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


def _heartbeat(world: World) -> None:
    for worker in world.workers.values():
        if worker.session and world.random.random() < 0.9:
            world.run(c.Heartbeat(worker.worker_id))


def _reconnect(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None:
        world.attach(worker)


def _attach_all(world: World) -> None:
    for worker in list(world.workers.values()):
        if not worker.session:
            world.attach(worker)


def _disconnect(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None and worker.session:
        world.inflight.pop(worker.session, None)
        world.run(c.DetachWorker(worker.worker_id, worker.session))
        worker.session = ""


def _kill_worker(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None:
        world.kill(worker)
    if len(world.workers) < 4:
        world.add_worker()


def _leave(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None and world.random.random() < 0.3:
        del world.workers[worker.worker_id]
        world.inflight.pop(worker.session, None)
        world.run(c.RemoveWorker(worker.worker_id))
        world.add_worker()


def _change_cron(world: World) -> None:
    crons = world.tenant.state.crons
    if len(crons) < 3:
        row = c.CronRow(cron_id=world.new_id(), workflow="limited", expression="*/5 * * * * *", name=world.new_id())
        world.run(c.PutCron(row), crash=world.crash_point())
        return
    cron_id = world.random.choice(sorted(crons))
    command = c.ChangeCron(
        cron_id,
        enabled=world.random.random() < 0.8,
        overlap=world.random.choice([None, "allow", "skip", "queue", "cancel"]),
        missed=world.random.choice([None, "skip", "one", "all"]),
        jitter=world.random.choice([None, 0.0, 2.0]),
    )
    if not crons[cron_id].declared:
        command.expression = world.random.choice([None, "*/5 * * * * *", "*/11 * * * * *"])
    world.run(command, crash=world.crash_point())


def _pause(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None:
        draining = True if world.random.random() < 0.2 else None
        world.run(c.ChangeWorker(worker.worker_id, paused=world.random.random() < 0.5, draining=draining))


def _relabel(world: World) -> None:
    worker = _some_worker(world)
    if worker is not None:
        paused = world.random.choice([None, None, None, True, False])
        world.run(c.ChangeWorker(worker.worker_id, world.labels(), paused), crash=world.crash_point())


def _cancel(world: World) -> None:
    ids = sorted(world.store.hot)
    if ids:
        world.run(c.CancelRuns(world.random.sample(ids, min(len(ids), world.random.randint(1, 3)))))


def _replay(world: World) -> None:
    ids = sorted(run_id for run_id, row in world.store.finished.items() if row.status in FINAL)
    if ids:
        chosen = world.random.sample(ids, min(len(ids), world.random.randint(1, 3)))
        for run_id in chosen:
            row = world.store.finished[run_id]
            world.answered.discard(row.root_id or run_id)
            world.unordered.add(row.root_id or run_id)
        world.run(c.ReplayRuns(chosen), crash=world.crash_point())


def _slots_and_time(world: World) -> None:
    running = [row.run_id for row in world.store.hot.values() if row.status == Status.RUNNING and row.kind != Kind.DAG]
    if running:
        task_id = world.random.choice(running)
        if world.random.random() < 0.5:
            world.run(c.ReleaseSlot(task_id))
        else:
            world.run(c.RefreshTimeout(task_id, 5.0))


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
    _trigger: 10,
    _push: 1.5,
    _schedule: 1,
    _change_schedules: 0.5,
    _report: 30,
    _go_on: 15,
    _restore_or_fork: 1,
    _pause_workflow: 1,
    _pause_runs: 1.5,
    _limit_tenant: 0.5,
    _limit_rate: 0.5,
    _look: 0.3,
    _change_cron: 0.5,
    _heartbeat: 3,
    _reconnect: 1,
    _attach_all: 3,
    _disconnect: 0.7,
    _kill_worker: 0.5,
    _leave: 0.5,
    _pause: 0.5,
    _relabel: 1.5,
    _cancel: 1.5,
    _replay: 1.5,
    _slots_and_time: 1,
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
        _attach_all(world)
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
