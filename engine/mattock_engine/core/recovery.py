"""Rows from the store: for one command, for the window of a queue, or for everything after a take-over."""

from __future__ import annotations

from . import debounce, flow, lifecycle, pause, schedule, session
from .batch import Batch
from .command import ExpireQueued, Loaded, RunRow, WorkerRow
from .dag import begin_waiting
from .dispatch import SKIPPED_OUTPUT
from .gate import Group
from .history import History
from .lifecycle import announce
from .limit import RateLimit, RateRow
from .message import RunFinished, TaskResult
from .queue import Queue
from .round import Round
from .run import Dag, Task, Version, dag_from_row, is_final, task_from_row
from .state import State
from .status import Kind, Status, Strategy
from .stream import TaskStream
from .user_event import time_of
from .worker import LOST_AFTER, Worker
from .workflow import adopt

# Seconds from a take-over in which an attempt may be reported whose time was over meanwhile: its worker has to come
# back first, or to be found out as one that never got it.
REPORT_GRACE = 15.0


def loaded(state: State, command: Loaded, now: float, round_: Round) -> bool:
    """Takes rows that were asked for. What memory knows is not overwritten.

    Returns:
        False if some rows were passed over, because their runs have left memory since the load began: what was read
        may be from before they changed.
    """
    if command.schedules_until is not None:
        schedule.loaded(state, command, now)
        return True
    if command.claims:
        state.loaded_claims.update(command.claims)
        return True
    if command.oldest is not None:
        state.loaded_oldest = command.oldest
        return True
    if command.steps or command.events is not None:
        return _take_steps(state, command)
    for version in command.versions:
        adopt(state, version)
    tasks, stale = _take_rows(state, command.rows, command.number)
    if command.queue is not None:
        _refill(state, command, tasks, stale, now)
    else:
        state.visiting.extend(task.run_id for task in tasks)
    stale.extend(_take_finished(state, command, now, round_))
    for parent_id, children in command.children.items():
        parent = state.tasks.get(parent_id)
        if parent is not None and parent.children is None:
            parent.children = children
        elif parent is None:
            state.loaded_children[parent_id] = children
    if not stale:
        state.looked_up.update(command.asked)
    return not stale


def _take_steps(state: State, command: Loaded) -> bool:
    fresh = True
    for task_id, steps in command.steps.items():
        task = state.tasks.get(task_id)
        if state.tombstones.get(task_id, -1) >= command.number:
            # Some of its steps left memory since the load began: they may be missing here.
            fresh = False
        elif task is not None and task.history is not None and task.status == Status.RUNNING:
            task.history.fill(steps)
        else:
            state.loaded_steps[task_id] = steps
    if command.events is not None:
        state.looked_events = [(time_of(event.event_id), event) for event in command.events]
    return fresh


def _take_rows(state: State, rows: list[RunRow], number: int) -> tuple[list[Task | Dag], list[RunRow]]:
    """Brings unfinished rows into memory; returns what can wait in a queue, in the rows' order, and the stale rows."""
    stale: list[RunRow] = []
    fresh_dags = set()
    for row in rows:
        if row.kind == Kind.DAG and not state.known(row.run_id) and state.tombstones.get(row.run_id, -1) < number:
            state.dags[row.run_id] = dag_from_row(row, state.versions[row.version_id])
            fresh_dags.add(row.run_id)
            if row.parent_task_id:
                state.link(row)
    tasks: list[Task | Dag] = []
    for row in rows:
        if row.kind == Kind.DAG:
            if row.run_id in state.dags:
                tasks.append(state.dags[row.run_id])
            elif row.queue_id:
                stale.append(row)
            continue
        task = state.tasks.get(row.run_id)
        if task is None:
            if row.root_id in state.dags and row.root_id not in fresh_dags:
                # Its run is in memory, and knows better.
                continue
            if state.tombstones.get(row.root_id or row.run_id, -1) >= number or (
                row.root_id and row.root_id not in fresh_dags
            ):
                stale.append(row)
                continue
            version = state.versions[row.version_id]
            task = task_from_row(row, version.spec(row.task_name), state.dags.get(row.root_id))
            state.tasks[task.run_id] = task
            if task.parent_task_id:
                state.link(task)
        tasks.append(task)
    return tasks, stale


def _refill(state: State, command: Loaded, tasks: list[Task | Dag], stale: list[RunRow], now: float) -> None:
    assert command.queue is not None
    queue_id, complete = command.queue
    queue = state.queues.get(queue_id)
    if queue is None:
        # Nothing waited in it any more.
        state.visiting.extend(task.run_id for task in tasks)
        return
    mine = sorted(
        (task for task in tasks if task.queue_id == queue_id and task.status == Status.QUEUED),
        key=lambda task: task.sort_key,
    )
    if queue.pool is None and mine:
        state.queue(mine[0])
    queue.refill(
        mine,
        None if complete else _last_key(command, queue_id),
        [row.sort_key for row in stale if row.queue_id == queue_id],
    )
    if not queue.more:
        state.partial.pop(queue_id, None)
    for task in mine:
        if task.windowed:
            if state.pauses:
                pause.hurry(state, task)
            state.timers.set(task.run_id, task.due_at)
    # A DAG came with all its tasks: those of other queues stay only if something holds the run.
    state.visiting.extend(task.run_id for task in tasks)
    if queue.batch is not None and queue.batch.calls(now):
        # What was read completes the batch that the queue waits for.
        state.opened[id(queue.batch)] = queue.batch
    elif queue.live and not queue.waiting and not queue.parked:
        state.fresh[queue_id] = queue
    state.retire(queue)


def _last_key(command: Loaded, queue_id: int) -> int:
    """The key up to which the rows were read. (A task in memory may stand elsewhere by now.)"""
    return max(row.sort_key for row in command.rows if row.queue_id == queue_id and row.status == Status.QUEUED)


def _take_finished(state: State, command: Loaded, now: float, round_: Round) -> list[RunRow]:
    """Keeps the rows of finished runs for the command that asked for them, and answers who watches them.

    Returns the stale rows: of runs that were replayed meanwhile.
    """
    stale: list[RunRow] = []
    by_root: dict[str, list[RunRow]] = {}
    for row in command.finished:
        by_root.setdefault(row.root_id or row.run_id, []).append(row)
    for root_id, group in by_root.items():
        root = next((row for row in group if row.run_id == root_id), None)
        if root is None or not is_final(root) or state.known(root_id):
            continue
        if state.tombstones.get(root_id, -1) >= command.number:
            stale.extend(group)
            continue
        for row in group:
            state.finished_rows[row.run_id] = group
        state.finished_rows[root_id] = group
        result = state.finished_results[root_id] = _result_of_rows(state, root, group)
        announce(state, result, now, round_)
    return stale


def _result_of_rows(state: State, root: RunRow, rows: list[RunRow]) -> RunFinished:
    version = state.versions.get(root.version_id)
    results = [
        TaskResult(
            row.run_id,
            row.task_name,
            row.status,
            SKIPPED_OUTPUT if row.skipped else row.output,
            None if row.status == Status.COMPLETED else row.error,
            row.skipped,
        )
        for row in sorted(rows, key=lambda row: _position(version, row))
        if row.kind != Kind.DAG and not (row.skipped and version is not None and _is_on_failure(version, row))
    ]
    return RunFinished(root.run_id, root.status, results)


def _position(version: Version | None, row: RunRow) -> int:
    return 0 if version is None or row.kind == Kind.DAG else version.spec(row.task_name).index


def _is_on_failure(version: Version, row: RunRow) -> bool:
    return version.on_failure is not None and version.on_failure.name == row.task_name


def recover(
    state: State,
    workers: list[WorkerRow],
    rows: list[RunRow],
    queue_ids: list[int],
    members: list[RunRow],
    rates: list[RateRow],
    sequence: int,
    now: float,
) -> None:
    """Builds the state of a tenant from what the store has of its unfinished work. (Versions were adopted before.)

    Args:
        state: empty but for the versions.
        workers: all that have not left. They have no session until they attach, and the usual time to do so.
        rows: RUNNING and BACKOFF tasks, and every row of the DAG runs that they belong to.
        queue_ids: queues that have waiting tasks; their windows are filled on demand.
        members: unfinished rows with concurrency keys (without payloads): they make up the groups.
        rates: rate limits.
        sequence: the highest place given in a queue so far.
        now: the time.
    """
    state.sequence = max(state.sequence, sequence)
    for row in workers:
        worker = Worker(row, now)
        worker.stored_seen_at = row.seen_at
        state.workers[worker.worker_id] = worker
        state.timers.set(session.LIVENESS + worker.worker_id, now + LOST_AFTER)
    for queue_id in queue_ids:
        state.queues[queue_id] = state.partial[queue_id] = Queue(queue_id, more=True)
    for rate in rates:
        state.rates[rate.key] = RateLimit(rate)
    for member in members:
        _regroup(state, member)
    batches: dict[str, Batch] = {}
    for task in _take_rows(state, rows, 0)[0]:
        if isinstance(task, Dag):
            continue
        if task.status == Status.RUNNING:
            _hand_back(state, task, batches, now)
            # Nobody could report while the tenant had no owner.
            task.due_at = max(task.due_at, now + REPORT_GRACE)
        if task.spec.definition.durable:
            task.history = History(task.extra.branches if task.extra is not None else ())
        debounce.adopt(state, task)
        if task.status in (Status.RUNNING, Status.BACKOFF):
            state.timers.set(task.run_id, task.due_at)
        if task.waits:
            begin_waiting(state, task)


def _regroup(state: State, row: RunRow) -> None:
    """Counts an unfinished row in its groups: as one that runs, or as one that a strategy may cancel."""
    version = state.versions[row.version_id]
    is_run = row.kind == Kind.DAG
    chain = version.concurrency if is_run else version.spec(row.task_name).concurrency
    runs = row.queue_id == 0 if is_run else row.status == Status.RUNNING
    for gate, _ in flow.gates_of(state, chain, row.extra):
        if isinstance(gate, Group):
            if runs:
                gate.holders[row.run_id] = None
            if gate.strategy != Strategy.GROUP_ROUND_ROBIN:
                gate.members[row.run_id] = (row.priority, int(row.created_at * 1_000_000))


def _hand_back(state: State, task: Task, batches: dict[str, Batch], now: float) -> None:
    """A running task belongs to its worker still; one whose worker has left waits for its liveness to run out."""
    worker = state.workers.get(task.worker_id)
    if worker is None:
        row = WorkerRow(worker_id=task.worker_id, name="", actions=[task.spec.action], slots={})
        worker = state.workers[task.worker_id] = Worker(row, now)
        state.timers.set(session.LIVENESS + worker.worker_id, now + LOST_AFTER)
    worker.tasks[task.run_id] = task
    task.worker = worker
    task.stream = TaskStream(midway=task.attempt)
    task.holds = tuple(flow.gates_of(state, task.spec.concurrency, task.extra))
    if task.spec.batch_size and task.extra is not None and task.extra.batch_id:
        _rejoin(state, task, task.extra.batch_id, batches, now)
    if not task.slot_released:
        worker.take_slots(task)


def _rejoin(state: State, task: Task, batch_id: str, batches: dict[str, Batch], now: float) -> None:
    """A running task of a batch is together with the others again."""
    batch = batches.get(batch_id)
    if batch is None:
        group = flow.batches_of(state, task)
        batch = batches[batch_id] = Batch(batch_id, task.spec.slots, group)
        group.take(batch_id, 1, now)
    task.batch = batch


def expire_queued(state: State, command: ExpireQueued, now: float, round_: Round) -> None:
    """Ends queued tasks beyond the windows whose schedule deadline has passed."""
    for row in command.rows:
        dag = state.dags.get(row.run_id)
        if dag is not None and dag.queue_id > 0 and not dag.windowed and dag.due_at <= now:
            lifecycle.expire_run(state, dag, now, round_)
        task = state.tasks.get(row.run_id)
        waits = task is not None and task.status == Status.QUEUED and task.queue_id > 0 and not task.windowed
        if task is not None and waits and task.due_at <= now:
            lifecycle.expire(state, task, now, round_)
