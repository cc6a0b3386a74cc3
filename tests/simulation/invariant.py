"""What must hold after each step, whatever happened."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mattock_engine.core.batch import FULL, OVERDUE, BatchGate
from mattock_engine.core.history import branch_at
from mattock_engine.core.limit import RateLimit
from mattock_engine.core.message import AssignBatch, attempts_of
from mattock_engine.core.run import Dag
from mattock_engine.core.status import DROPPED_BY_WORKFLOW, FINAL, Kind, Status, StepKind

from .actor import Window

if TYPE_CHECKING:
    from mattock_engine.core.command import RunRow
    from mattock_engine.core.round import Round
    from mattock_engine.core.state import State
    from mattock_engine.memory.store import MemoryStore

    from .world import World


def check_round(store: MemoryStore, round_: Round) -> None:
    """Before a commit: what is assigned is the first of what the store has waiting (FIFO within a rank)."""
    records = round_.records
    limited = any(row.max_running or row.pace for row in (*store.tenant_limits, *records.tenant_limits))
    assigned: dict[int, int] = {}
    for messages in round_.messages.values():
        for message in messages:
            if isinstance(message, AssignBatch):
                _check_batch(message, limited)
            for attempt in attempts_of(message):
                row = records.inserted.get(attempt.task_id) or records.updated.get(attempt.task_id)
                row = row or records.reopened.get(attempt.task_id)
                if row is not None:
                    assigned[row.queue_id] = max(assigned.get(row.queue_id, 0), row.sort_key)
    touched = {*records.updated, *records.finished, *records.inserted, *records.reopened}
    for row in store.hot.values():
        if row.status == Status.QUEUED and row.queue_id and row.run_id not in touched:
            assert row.sort_key > assigned.get(row.queue_id, -1), f"{row.run_id} was passed by in its queue"


def check_places(state: State, round_: Round) -> None:
    """Before a commit: what is assigned goes where it asks to go. (What is only sent again stays where it is.)"""
    records = round_.records
    for message in (message for messages in round_.messages.values() for message in messages):
        for attempt in attempts_of(message):
            row = records.updated.get(attempt.task_id) or records.inserted.get(attempt.task_id)
            if row is None or row.status != Status.RUNNING:
                continue
            if attempt.workflow_name.startswith("choosy"):
                zone = state.workers[attempt.worker_id].row.labels["zone"]
                assert zone == "a", f"{row.run_id} asks for zone a, and was sent to {zone}"
            if attempt.workflow_name == "bound":
                extra = state.dags[attempt.run_id].extra
                assert extra is not None
                assert extra.worker_id == attempt.worker_id, f"{row.run_id} has left the worker of its run"


def _check_batch(message: AssignBatch, limited: bool) -> None:
    """A batch is of one key, and no larger than it may be; the tenant's limits may let only a part of it start."""
    most = 3 if message.tasks[0].workflow_name == "batched" else 4
    assert 1 <= len(message.tasks) <= most, f"{len(message.tasks)} tasks in batch {message.batch_id}"
    if message.reason == FULL and not limited:
        assert len(message.tasks) == most or message.tasks[0].workflow_name != "batched", "a batch that is not full"
    keys = {task.input for task in message.tasks}
    assert len(keys) == 1, f"inputs of several keys in batch {message.batch_id}: {keys}"


def count_units(world: World, round_: Round) -> None:
    """After a commit: counts what the tasks that were assigned took of their rate limits, window by window."""
    rows = world.store.rates
    for key, row in rows.items():
        window = world.windows.get(key)
        if window is None or window.began_at != row.began_at:
            world.windows[key] = Window(row.began_at, row.limit, row.limit)
        else:
            window.granted += max(0, row.limit - window.limit)
            window.limit = row.limit
    for messages in round_.messages.values():
        for attempt in (each for message in messages for each in attempts_of(message)):
            task = world.store.hot.get(attempt.task_id)
            start = (attempt.task_id, attempt.attempt)
            # What a worker may have missed is sent to it again.
            if task is None or task.extra is None or start in world.starts:
                continue
            world.starts.add(start)
            for key, units in task.extra.rates:
                world.windows[key].given += units


def check(world: World) -> None:
    """After a commit."""
    store, state = world.store, world.tenant.state
    for event_id, wanted in world.pushed.items():
        started = set(store.events[event_id])
        # One that was refused may come again, and find room.
        assert wanted - len(store.problems[event_id]) <= len(started) <= wanted, (
            f"event {event_id} started {len(started)} runs in place of {wanted}"
        )
        assert all(run_id in store.hot or run_id in store.finished for run_id in started), "a run of an event is lost"
    for schedule_id in world.scheduled:
        started_id = store.schedules[schedule_id].run_id
        there = started_id in store.hot or started_id in store.finished
        assert there or not started_id or store.schedules[schedule_id].problem, "a schedule's run is lost"
    for run_id in world.returned:
        assert run_id in store.hot or run_id in store.finished, f"run {run_id} was returned, and is lost"
    running: Counter[str] = Counter()
    places: Counter[tuple[str, str]] = Counter()
    batches: set[tuple[str, str] | None] = set()
    for row in store.hot.values():
        assert row.run_id not in store.finished, f"{row.run_id} is both unfinished and finished"
        if row.kind != Kind.TASK:
            assert row.status not in FINAL, f"{row.run_id} is final among the unfinished"
        _count_places(world, row, places)
        if row.kind == Kind.DAG:
            continue
        version = state.versions[row.version_id]
        spec = version.spec(row.task_name)
        assert row.app_failures <= spec.definition.retries + (row.status in FINAL), f"{row.run_id} exceeds its retries"
        assert row.reassignments <= 10 or row.status in FINAL
        if row.status == Status.PENDING and row.extra is not None and row.extra.waiting_since:
            assert row.run_id in state.tasks, f"{row.run_id} waits for conditions, and is forgotten"
        if row.status == Status.EVICTED:
            assert row.run_id in state.tasks, f"{row.run_id} is evicted, and forgotten"
        if row.status == Status.RUNNING:
            assert row.run_id in state.tasks, f"{row.run_id} is running, and forgotten"
            batch = (row.extra.batch_key, row.extra.batch_id) if spec.batch_size and row.extra is not None else None
            if batch is not None and batch not in batches:
                places[(f"batch/{spec.action}", batch[0])] += 1
            if not row.slot_released and (batch is None or batch not in batches):
                running[row.worker_id] += spec.slots[0][1]
            batches.add(batch)
        task = state.tasks.get(row.run_id)
        if task is not None:
            assert (task.status, task.attempt, task.sort_key) == (row.status, row.attempt, row.sort_key), (
                f"{row.run_id} differs between memory and store"
            )
    for worker_id, worker in state.workers.items():
        free = worker.free.get("default", 0)
        assert free == worker.row.slots.get("default", 0) - running[worker_id], f"slots of {worker_id} do not add up"
        assert free >= 0 or not worker.row.slots, f"worker {worker_id} has more than its slots"
    for (scope, key), count in places.items():
        group = state.groups.get((scope, key))
        assert group is not None, f"group {key} of {scope} has members, and is forgotten"
        assert len(group.holders) == count, f"places of {key} do not add up"
        assert count <= group.limit, f"{count} of {key} run at once"
    for group in state.groups.values():
        assert places[(group.scope, group.key)] or not group.holders, f"places of {group.key} are held by nobody"
    _check_claims(world)
    _check_rates(world)
    _check_spikes(world)
    _check_capacity(world)
    _check_holds(world)
    _check_steps(world)
    _check_windows(world)
    _check_nobody_idles(world)
    _check_batches(world)


def _check_claims(world: World) -> None:
    """Of the runs with one idempotency key, one is unfinished."""
    claims = Counter(row.extra.claim for row in world.store.hot.values() if row.extra is not None and row.extra.claim)
    replayed = {row.extra.claim for row in world.store.hot.values() if row.extra is not None and row.attempt}
    for key, count in claims.items():
        assert count == 1 or key in replayed, f"{count} runs have the idempotency key {key}"


def _check_rates(world: World) -> None:
    """No window of a rate limit gives more than it may, whatever died meanwhile."""
    for key, row in world.store.rates.items():
        assert 0 <= row.value <= row.limit, f"{row.value} of {row.limit} are left of {key}"
        window = world.windows[key]
        assert window.given <= window.granted, f"{window.given} of {key} were taken where {window.granted} may be"


def _check_capacity(world: World) -> None:
    """No more tasks run, and no more are counted, than the tenant may have and the store has."""
    store, state = world.store, world.tenant.state
    running = {row.run_id for row in store.hot.values() if row.kind != Kind.DAG and row.status == Status.RUNNING}
    gate = state.capacity.running
    if gate is not None:
        assert set(gate.holders) == running, "places of the tenant do not add up"
        fresh = len(running - world.ran)
        assert not fresh or len(running) <= gate.limit, f"{len(running)} tasks of the tenant run at once"
    world.ran = running
    counts = {tally.queue_id: tally.count for tally in store.tallies()}
    known = {number: tally.count for number, tally in state.tallies.by_queue.items()}
    assert known == counts, "what waits is not as counted"
    assert state.tallies.queued == sum(count for number, count in counts.items() if number > 0)


def _check_holds(world: World) -> None:
    """What is queued of a paused run stands in no queue, and what is queued of others does."""
    hot = world.store.hot
    for row in hot.values():
        if row.status == Status.QUEUED and row.queue_id:
            root = hot[row.root_id or row.run_id]
            paused = root.extra is not None and root.extra.paused_at > 0
            assert (row.queue_id < 0) == paused, f"{row.run_id} waits as if its run were not as it is"


def _check_spikes(world: World) -> None:
    """No more runs wait for their start than may, the oldest goes for the newest, and no two have the same key."""
    store, state = world.store, world.tenant.state
    held: Counter[str] = Counter()
    for row in store.hot.values():
        if row.kind == Kind.TASK:
            continue
        if row.extra is not None and row.extra.debounce:
            held[row.extra.debounce] += 1
            assert state.debounced[(row.workflow_id, row.extra.debounce)] == row.run_id
    for version in state.workflows.values():
        if version.definition.queue_limit is not None:
            _check_waiting(world, version.workflow_id, version.definition.queue_limit.max_queued)
    assert max(held.values(), default=0) <= 1, f"runs wait with the same key: {held}"
    assert len(state.debounced) == sum(held.values()), "keys are held by nobody"


def _check_waiting(world: World, workflow_id: str, most: int) -> None:
    """Of one workflow: one more comes to wait only if there is room then, or room is made by the oldest."""
    waiting = world.tenant.state.unstarted.get(workflow_id, {})
    fresh = waiting.keys() - world.counted.get(workflow_id, set())
    # Runs that are replayed wait too, but count after a take-over alone; there may be too many then.
    assert not fresh or len(waiting) <= most, f"{len(waiting)} runs wait for their start"
    for run_id in waiting:
        assert world.store.hot[run_id].status == Status.QUEUED, f"{run_id} is counted, and does not wait"
    place = count_waiting(world, workflow_id)
    places = [place[run_id] for run_id in waiting if run_id not in world.unordered]
    assert places == sorted(places), f"runs wait as {list(waiting)}, and came otherwise"
    for run_id in place:
        row = world.store.finished.get(run_id)
        if row is not None and row.error == DROPPED_BY_WORKFLOW and run_id not in world.dropped:
            world.dropped.add(run_id)
            # One that a run spawned goes with that run.
            unordered = run_id in world.unordered or row.parent_task_id
            assert unordered or not places or place[run_id] < places[0], f"{run_id} was dropped, and an older one waits"


def count_waiting(world: World, workflow_id: str) -> dict[str, int]:
    """Notes which runs of a workflow wait for their start; places of all that ever did, in the order they came."""
    waiting = world.tenant.state.unstarted.get(workflow_id, {})
    arrived = world.arrived.setdefault(workflow_id, {})
    for run_id in waiting:
        arrived.setdefault(run_id, len(arrived))
    world.counted[workflow_id] = set(waiting)
    return arrived


def _check_steps(world: World) -> None:
    """What is recorded has no gaps, each step is settled once, and nothing that is open is forgotten."""
    store, state = world.store, world.tenant.state
    orders: set[tuple[str, int]] = set()
    for (task_id, branch, node), step in store.steps.items():
        if step.order:
            assert (task_id, step.order) not in orders, f"two steps of {task_id} were settled at once"
            orders.add((task_id, step.order))
        row = store.hot.get(task_id)
        branches = row.extra.branches if row is not None and row.extra is not None else ()
        if row is None or row.status in FINAL or branch != branch_at(branches, node):
            continue
        if node > 1:
            before = (task_id, branch_at(branches, node - 1), node - 1)
            assert before in store.steps, f"step {node} of {task_id} stands after a gap"
        if step.order == 0 and step.kind != StepKind.MEMO:
            task = state.tasks.get(task_id)
            known = task.history.steps if task is not None and task.history is not None else {}
            assert (branch, node) in known, f"step {node} of {task_id} is open, and forgotten"
            assert step.child_id not in store.finished or not step.child_id, f"{task_id} missed the end of its child"


def _count_places(world: World, row: RunRow, places: Counter[tuple[str, str]]) -> None:
    """Counts who holds a place in a concurrency group, by what the store says."""
    if row.extra is None or not row.extra.keys:
        return
    version = world.tenant.state.versions[row.version_id]
    if row.kind == Kind.DAG:
        chain, holds = version.concurrency, row.queue_id == 0
    else:
        chain, holds = version.spec(row.task_name).concurrency, row.status == Status.RUNNING
    if holds:
        for index, (scope, _) in enumerate(chain):
            places[(scope, row.extra.keys[index])] += 1


def _check_windows(world: World) -> None:
    """A window holds all that waits up to its horizon."""
    state = world.tenant.state
    for row in world.store.hot.values():
        if row.status != Status.QUEUED or row.queue_id <= 0:
            continue
        queue = state.queues.get(row.queue_id)
        assert queue is not None, f"{row.run_id} waits in a queue that nobody knows"
        if not queue.more or row.sort_key <= queue.horizon:
            task = state.tasks.get(row.run_id) or state.dags.get(row.run_id)
            assert task is not None, f"{row.run_id} is missing in its window"
            assert task.windowed, f"{row.run_id} is not in its window"
    for task in state.tasks.values():
        if task.dag is not None:
            assert state.dags.get(task.root_id) is task.dag, f"{task.run_id} belongs to a run that memory has dropped"
            assert task.dag.members[task.task_name] is task, f"{task.run_id} is not among its run's tasks"
        assert not (task.status == Status.QUEUED and task.run_id not in world.store.hot), f"{task.run_id} is a ghost"


def _check_nobody_idles(world: World) -> None:
    """A task that waits in a window and a worker with room for it do not stand side by side."""
    for queue in world.tenant.state.queues.values():
        head = queue.head()
        if head is None or queue.pool is None:
            continue
        closed = [gate for gate, units in queue.gates if not gate.has_room(units, world.now)]
        assert not isinstance(head, Dag) or closed, f"{head.run_id} waits before open gates"
        if closed or isinstance(head, Dag):
            continue
        if any(isinstance(gate, RateLimit | BatchGate) for gate, _ in queue.gates):
            # Its window is over, and the timer has not been looked at yet.
            continue
        for worker in world.tenant.state.workers.values():
            serves = worker in queue.workers and worker.open and worker.fits(head.spec.slots)
            assert not serves or worker.waiting.get(head.spec.kinds), f"{head.run_id} waits beside an idle worker"


def _check_batches(world: World) -> None:
    """No batch that is full waits to be full. (One whose time has come does, until the timer is looked at.)"""
    for queue in world.tenant.state.queues.values():
        if queue.batch is not None and queue.batch.waiting:
            reason = queue.batch.reason(world.now)
            assert reason in ("", OVERDUE), f"a batch of {queue.task_name} waits, and might start: {reason}"


def check_end(world: World) -> None:
    """At rest: every run has ended, and everybody who waited was told."""
    left = [(row.run_id[-4:], row.task_name, Status(row.status).name) for row in world.store.hot.values()]
    assert not left, f"still unfinished: {left[:8]}"
    for schedule_id in world.scheduled:
        assert world.store.schedules[schedule_id].run_id, f"schedule {schedule_id} never fired"
    for run_id in world.returned:
        assert world.store.finished[run_id].status in FINAL
    assert not world.wanted, f"never told: {sorted(world.wanted)[:5]}"
    state = world.tenant.state
    assert not state.tasks, "tasks left in memory"
    assert not state.dags, "runs left in memory"
    assert not state.groups, "concurrency groups left in memory"
    assert not any(queue.keyed for queue in state.queues.values()), "queues left in memory"
    assert not state.event_waits, "waits for events left in memory"
    assert not state.step_waits, "waits of durable tasks left in memory"
    assert not state.child_waits, "waits for children left in memory"
    assert not state.wakes, "sleeps left in memory"
    assert not state.below, "links of children left in memory"
    for worker in state.workers.values():
        assert not worker.tasks, "a worker holds a task that has ended"
