"""Dispatch: which task goes to which worker.

Workers that got room serve the queues that wait for them in turn, one task each; queues that got tasks look for a
worker with room, in turn as well. So the cost is that of the assignments made, however many queues wait, and no queue
starves another. A queue whose head needs more slots than a worker has free keeps that worker's turn until they are:
a large task is not passed by for ever.
"""

from __future__ import annotations

import msgspec

from . import flow, spike, sticky
from .batch import FULL_BYTES, MEMBER_BYTES, Batch, batch_id_of
from .command import Extra
from .gate import Group, Hold
from .history import History
from .message import Assign, AssignBatch, CancelTask
from .queue import Queue
from .round import Round
from .run import Dag, Task
from .state import State
from .status import FINAL, Action, Status
from .worker import Worker

_NO_EXTRA = Extra()
SKIPPED_OUTPUT = '{"skipped":true}'


def dispatch(state: State, round_: Round, now: float) -> None:
    """Assigns what can be assigned."""
    while state.freed or state.fresh or state.opened:
        if state.opened:
            _call_in(state, now)
        while state.freed:
            _, worker = state.freed.popitem()
            if worker.open:
                _serve_waiting(state, round_, worker, now)
        if state.fresh:
            _serve_fresh(state, round_, now)


def _call_in(state: State, now: float) -> None:
    """Lets queues that wait at gates with room look for a worker, in turn: as many as there is room for.

    A queue that does not take its place (another gate is closed, or no worker has a slot) leaves it to the next one:
    the gate is looked at again until nobody waits there, or it is full.
    """
    for number, gate in list(state.opened.items()):
        called = 0
        room = gate.limit - len(gate.holders) if isinstance(gate, Group) else len(gate.waiting)
        while gate.waiting and called < room:
            queue = gate.waiting.pop(next(iter(gate.waiting)))
            queue.parked = False
            if queue.live:
                called += 1
                state.fresh[queue.queue_id] = queue
            else:
                state.retire(queue)
        if not called or not isinstance(gate, Group):
            del state.opened[number]


def _serve_waiting(state: State, round_: Round, worker: Worker, now: float) -> None:
    for kinds in list(worker.waiting):
        _serve_group(state, round_, worker, worker.waiting[kinds], now)
        if not worker.waiting[kinds]:
            del worker.waiting[kinds]


def _serve_group(state: State, round_: Round, worker: Worker, waiting: dict[int, Queue], now: float) -> None:
    """Serves the queues that wait for the same kinds of slots, in turn."""
    while waiting:
        queue_id = next(iter(waiting))
        queue = waiting.pop(queue_id)
        task = queue.head()
        if task is None or isinstance(task, Dag):
            # Other workers drop it when its turn comes there.
            queue.waiting = False
        elif queue.gates and flow.closed_gate(state, queue, now) is not None:
            # It waits at the gate; other workers find it closed too.
            queue.waiting = False
        elif queue.choice is not None and not queue.choice.allows(worker):
            # The worker's labels have changed.
            queue.waiting = False
            state.fresh[queue_id] = queue
        elif sticky.is_astray(queue, task):
            _move(state, round_, queue, task)
            if queue.live:
                _put_first(waiting, queue)
        elif worker.fits(task.spec.slots):
            assign(state, round_, queue, task, worker, now)
            if queue.live:
                waiting[queue_id] = queue
            else:
                state.retire(queue)
        elif worker.could_fit(task.spec.slots):
            _put_first(waiting, queue)
            return


def _put_first(waiting: dict[int, Queue], queue: Queue) -> None:
    rest = list(waiting.items())
    waiting.clear()
    waiting[queue.queue_id] = queue
    waiting.update(rest)


def _serve_fresh(state: State, round_: Round, now: float) -> None:
    """One task of each queue in turn, until each is empty or found no room."""
    fresh, state.fresh = state.fresh, {}
    while fresh:
        for queue_id, queue in list(fresh.items()):
            task = queue.head()
            if task is None:
                del fresh[queue_id]
                state.retire(queue)
                continue
            if queue.gates and flow.closed_gate(state, queue, now) is not None:
                del fresh[queue_id]
                continue
            if isinstance(task, Dag):
                admit_run(state, round_, queue, task, now)
                continue
            if sticky.is_astray(queue, task):
                _move(state, round_, queue, task)
                continue
            worker = _pick(queue, task)
            if worker is not None:
                assign(state, round_, queue, task, worker, now)
                continue
            del fresh[queue_id]
            wait_for_room(queue, task, queue.workers)


def _move(state: State, round_: Round, queue: Queue, task: Task) -> None:
    """Puts the head of a queue into the queue of those that ask for the same, in its place."""
    take_out(state, task)
    # Drops its entry, which would stand again.
    queue.head()
    state.tallies.went(task)
    task.queue_id = flow.queue_id_of(task)
    round_.update(task)
    state.admit(task)


def admit_run(state: State, round_: Round, queue: Queue, dag: Dag, now: float) -> None:
    """A run passes its workflow's limits: its tasks can be queued."""
    queue.remove(dag)
    state.tallies.went(dag)
    state.timers.clear(dag.run_id)
    flow.pass_gates(state, dag, queue.gates, round_, now)
    dag.queue_id = 0
    dag.due_at = 0.0
    round_.update(dag)
    state.admitted.append(dag)


def wait_for_room(queue: Queue, head: Task, workers: list[Worker]) -> None:
    """Lets a queue wait for its turn at these workers."""
    queue.waiting = True
    for worker in workers:
        worker.waiting.setdefault(head.spec.kinds, {}).setdefault(queue.queue_id, queue)


def _pick(queue: Queue, task: Task) -> Worker | None:
    """The next worker in turn that has room, and nobody who waits for it; the most preferred of them."""
    pool = queue.pool
    assert pool is not None
    workers = queue.workers
    count = len(workers)
    slots, kinds = task.spec.slots, task.spec.kinds
    best, best_rank, best_turn = None, 0, 0
    for step in range(count):
        turn = (pool.turn + step) % count
        worker = workers[turn]
        if kinds in worker.waiting or not worker.fits(slots):
            continue
        if queue.choice is None:
            pool.turn = (turn + 1) % count
            return worker
        rank = queue.choice.rank(worker)
        if best is None or rank > best_rank:
            best, best_rank, best_turn = worker, rank, turn
    if best is not None:
        pool.turn = best_turn + 1
    return best


def assign(state: State, round_: Round, queue: Queue, task: Task, worker: Worker, now: float) -> None:
    """Gives the head of a queue to a worker, or a batch of them."""
    if queue.batch is not None:
        assign_batch(state, round_, queue, task, worker, now)
        return
    waited = queue.waiting
    queue.remove(task)
    if waited and not queue.live:
        # A worker may keep its room for this queue's head, which is gone.
        wake_workers(state, queue)
    begin_attempt(state, round_, task, queue.gates, worker, now)
    round_.send(worker.session, assignment(task, worker))


def assign_batch(state: State, round_: Round, queue: Queue, first: Task, worker: Worker, now: float) -> None:
    """Gives the tasks at the head of a batch task's queue to a worker: as many as their other gates let pass."""
    gate = queue.batch
    assert gate is not None
    reason = gate.reason(now)
    batch = Batch(batch_id_of(first), first.spec.slots, gate.group)
    gates = tuple(hold for hold in queue.gates if hold[0] is not gate and hold[0] is not gate.group)
    gate.group.take(batch.batch_id, 1, now)
    waited, size = queue.waiting, 0
    sent: list[Assign] = []
    task = first
    while True:
        queue.remove(task)
        task.batch = batch
        task.extra = msgspec.structs.replace(task.extra or _NO_EXTRA, batch_id=batch.batch_id)
        begin_attempt(state, round_, task, gates, worker, now)
        sent.append(assignment(task, worker))
        size += len(sent[-1].input) + MEMBER_BYTES
        head = queue.head()
        if not isinstance(head, Task) or len(sent) >= first.spec.batch_size or size >= FULL_BYTES:
            break
        if not all(other.has_room(units, now) for other, units in gates):
            break
        task = head
    gate.flushed()
    if waited and not queue.live:
        wake_workers(state, queue)
    key = first.extra.batch_key if first.extra is not None else ""
    round_.send(worker.session, AssignBatch(worker.worker_id, batch.batch_id, key, reason, now, sent))


def begin_attempt(state: State, round_: Round, task: Task, gates: tuple[Hold, ...], worker: Worker, now: float) -> None:
    """A task that was taken out of its queue begins its attempt at a worker, which the caller tells of it."""
    worker.take(task)
    state.tallies.went(task)
    spike.begun(state, task.root)
    if gates:
        flow.pass_gates(state, task, gates, round_, now)
    task.status = Status.RUNNING
    task.assigned_at = now
    task.due_at = now + task.spec.definition.execution_timeout
    state.timers.set(task.run_id, task.due_at)
    if task.spec.definition.durable:
        if task.history is None:
            # Nothing is recorded before the first attempt.
            task.history = History(task.extra.branches if task.extra is not None else (), complete=task.attempt == 0)
        task.history.begin(task.attempt)
    round_.update(task)
    if task.dag is not None and task.dag.status == Status.QUEUED:
        task.dag.status = Status.RUNNING
        task.dag.started_at = now
        round_.update(task.dag)
    if task.dag is not None and task.spec.version.sticky:
        sticky.bind(task.dag, task, worker, round_)


def assignment(task: Task, worker: Worker) -> Assign:
    """What the worker is told of its task."""
    spec, root = task.spec, task.root
    version = spec.version
    extra = root.extra or _NO_EXTRA
    return Assign(
        worker_id=worker.worker_id,
        task_id=task.run_id,
        attempt=task.attempt,
        run_id=root.run_id,
        workflow_id=version.workflow_id,
        version_id=version.version_id,
        workflow_name=version.name,
        step_id=spec.step_id,
        task_name=spec.name,
        action=worker.actions[spec.action],
        input=extra.input or root.input,
        parents={} if task.dag is None else _parent_outputs(task, task.dag),
        errors=_errors(task.dag) if spec.is_on_failure and task.dag is not None else None,
        metadata=root.metadata,
        priority=task.priority,
        parent_run_id=root.parent_run_id,
        parent_task_id=root.parent_task_id,
        child_key=root.child_key,
        max_attempts=spec.max_attempts,
        timeout=spec.definition.execution_timeout,
        durable=spec.definition.durable,
        restores=task.restores,
        event_id=extra.event_id,
        event_key=extra.event_key,
        filter_payload=extra.filter_payload,
        triggers=_triggers(task),
    )


def _triggers(task: Task) -> dict[str, str]:
    """Data of the satisfied conditions that let it be queued; of several with one key the first."""
    if task.extra is None or not task.extra.satisfied:
        return {}
    conditions = task.spec.definition.conditions
    found: dict[str, str] = {}
    for index, text in task.extra.satisfied:
        if conditions[index].action == Action.QUEUE:
            found.setdefault(conditions[index].key, text)
    return found


def _parent_outputs(task: Task, dag: Dag) -> dict[str, str]:
    outputs: dict[str, str] = {}
    for name in task.spec.parents:
        parent = dag.members[name]
        outputs[name] = SKIPPED_OUTPUT if parent.skipped else parent.output
    return outputs


def _errors(dag: Dag) -> dict[str, str]:
    return {name: member.error for name, member in dag.members.items() if member.status == Status.FAILED}


def cancellation(task: Task, worker: Worker) -> CancelTask:
    """What the worker is told when its attempt must stop."""
    spec = task.spec
    return CancelTask(
        worker_id=worker.worker_id,
        task_id=task.run_id,
        attempt=task.attempt,
        run_id=task.root.run_id,
        action=worker.actions.get(spec.action, spec.action),
        task_name=spec.name,
        step_id=spec.step_id,
        workflow_id=task.workflow_id,
        version_id=task.version_id,
        restores=task.restores,
        durable=spec.definition.durable,
        batched=bool(spec.batch_size),
    )


def wake_workers(state: State, queue: Queue) -> None:
    """Lets the workers that a queue waits for look again at what waits there."""
    for worker in queue.workers:
        if worker.waiting:
            state.freed[worker.worker_id] = worker


def withdraw(state: State, task: Task) -> Worker | None:
    """Takes a task out of its queue or from its worker. Returns the worker that held it.

    Its status and row are the caller's to change.
    """
    if task.status in FINAL:
        return None
    state.timers.clear(task.run_id)
    if task.windowed:
        take_out(state, task)
    if task.status == Status.QUEUED:
        state.tallies.went(task)
    flow.leave_gates(state, task)
    worker = task.worker
    if worker is None:
        return None
    worker.give_back(task)
    task.worker = None
    if task.batch is not None:
        flow.leave_batch(state, task)
    if worker.waiting:
        state.freed[worker.worker_id] = worker
    return worker


def withdraw_run(state: State, dag: Dag) -> None:
    """Takes a run that waits for its workflow's limits out of its queue."""
    state.timers.clear(dag.run_id)
    if dag.windowed:
        take_out(state, dag)
    if dag.queue_id:
        state.tallies.went(dag)
    dag.queue_id = 0
    dag.due_at = 0.0


def take_out(state: State, item: Task | Dag) -> None:
    """Takes what waits out of its queue."""
    queue = state.queues[item.queue_id]
    if queue.waiting:
        wake_workers(state, queue)
    queue.remove(item)
    state.retire(queue)
