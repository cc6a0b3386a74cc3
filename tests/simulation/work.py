"""What workers do, and what happens to them."""

from __future__ import annotations

from mattock_engine.core import command as c
from mattock_engine.core.status import Kind, Status

from . import program
from .world import World


def report(world: World) -> None:
    """A worker tells of attempts: started, ended, failed; now and then twice."""
    worker = world.some_worker()
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


def go_on(world: World) -> None:
    """Durable code goes on, waits, or leaves its worker."""
    worker = world.some_worker()
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


def slots_and_time(world: World) -> None:
    """A task gives its slot back, or asks for more time."""
    running = [row.run_id for row in world.store.hot.values() if row.status == Status.RUNNING and row.kind != Kind.DAG]
    if running:
        task_id = world.random.choice(running)
        if world.random.random() < 0.5:
            world.run(c.ReleaseSlot(task_id))
        else:
            world.run(c.RefreshTimeout(task_id, 5.0))


def heartbeat(world: World) -> None:
    """Most workers say that they live."""
    for worker in world.workers.values():
        if worker.session and world.random.random() < 0.9:
            world.run(c.Heartbeat(worker.worker_id))


def reconnect(world: World) -> None:
    """A worker opens another stream."""
    worker = world.some_worker()
    if worker is not None:
        world.attach(worker)


def attach_all(world: World) -> None:
    """All workers that are not connected come."""
    for worker in list(world.workers.values()):
        if not worker.session:
            world.attach(worker)


def disconnect(world: World) -> None:
    """A worker's stream breaks; what was on its way is lost."""
    worker = world.some_worker()
    if worker is not None and worker.session:
        world.inflight.pop(worker.session, None)
        world.run(c.DetachWorker(worker.worker_id, worker.session))
        worker.session = ""


def kill_worker(world: World) -> None:
    """A worker dies with what it holds, and another comes."""
    worker = world.some_worker()
    if worker is not None:
        world.kill(worker)
    if len(world.workers) < 4:
        world.add_worker()


def leave(world: World) -> None:
    """A worker goes for good."""
    worker = world.some_worker()
    if worker is not None and world.random.random() < 0.3:
        del world.workers[worker.worker_id]
        world.inflight.pop(worker.session, None)
        world.run(c.RemoveWorker(worker.worker_id))
        world.add_worker()


def pause_worker(world: World) -> None:
    """A worker is paused, drained, or goes on."""
    worker = world.some_worker()
    if worker is not None:
        draining = True if world.random.random() < 0.2 else None
        world.run(c.ChangeWorker(worker.worker_id, paused=world.random.random() < 0.5, draining=draining))


def relabel(world: World) -> None:
    """A worker gets other labels."""
    worker = world.some_worker()
    if worker is not None:
        paused = world.random.choice([None, None, None, True, False])
        world.run(c.ChangeWorker(worker.worker_id, world.labels(), paused), crash=world.crash_point())
