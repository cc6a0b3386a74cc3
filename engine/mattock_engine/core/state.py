"""The memory of one tenant's state machine, and the small steps that every topic uses."""

from __future__ import annotations

from collections import OrderedDict

from . import capacity, flow
from .command import ClaimRow, CronRow, EventItem, RunRow, ScheduleRow, StepRow
from .definition import ConcurrencyDefinition
from .filter import FilterSet
from .gate import Gate, Group
from .limit import RateLimit
from .listener import MetadataListener
from .message import RunFinished
from .pause import PauseGate, hurry, stand_before_pauses
from .queue import ALL_WINDOWS_TASKS, Pool, Queue
from .queue import SMALLEST_WINDOW as SMALLEST_WINDOW
from .queue import WINDOW_TASKS as WINDOW_TASKS
from .run import Dag, Task, Version, is_unbegun, rank_of, sort_key_of
from .status import Status
from .steer import Waiting
from .subscription import Subscriptions
from .tally import Tallies
from .timer import Timers
from .worker import Worker

# Finished runs whose results are kept at hand for those who ask right after.
RECENT_RUNS = 8192


class State:
    """Everything that one tenant's owner knows.

    Attributes:
        tasks: tasks in memory, by id. A queued task beyond its queue's window is in the store alone.
        dags: runs of several tasks of which some task is in memory.
        partial: queues of which the store may hold more than the window.
        below: task id -> runs in memory that it spawned.
        recent: results of the runs that ended last.
        pools: open workers by the number of an action's queue.
        subscriptions: workflows by the event keys that start them; filters: by workflow id, then by their own.
        event_waits: tasks that wait for an event, by its key and their ids.
        pauses: gates of workflows, and of single queues, that are, or were, paused, by their keys.
        tallies: how many tasks wait in each queue. capacity: what the tenant may have at once.
        waiting_answer: until when the last answer to who asked what waits is good, and that answer.
        loaded_oldest: runs that have not begun, the oldest first, loaded for one command.
        unstarted: runs that wait for their start, by workflow, of those that limit how many, the oldest first.
        debounced: runs that wait for others that may take their place, by workflow and key.
        claims: the newest claims of idempotency keys; loaded_claims: those that were loaded for one command, None for
            a key that nobody has.
        step_waits: durable tasks that wait for an event, by its key and scope ("" for any) and their ids.
        wakes: when the next sleep of a durable task ends, by its id.
        child_waits: runs that a step of a durable task waits for: its task, branch and node.
        ended_children: of those, the ones that have ended in this round.
        looking: tasks of runs that wait for events, and have to look at those of the past.
        recent_events: events that came while rows were being loaded, with their times.
        last_signal: id of the last signal that a task was sent.
        loaded_steps: histories that were loaded for one command; looked_events: events of the past, likewise, None
            if they were not looked for.
        crons: by id; cron_names: their ids by workflow, name and expression.
        cron_runs: last runs of crons that forbid overlap, with the cron's id.
        ended_cron_runs: of those, the ones that have ended in this round.
        schedules: those that are due soon, all up to `schedules_until` (a time and an id).
        schedules_wanted, schedules_loading: more of them are to be loaded; a load is on its way.
        schedules_passed, schedules_gone: what came beyond the horizon, and what went, since that load began.
        fired_schedules: ids of those that fired last.
        limits: concurrency limits as the latest versions declare them, by scope.
        groups: concurrency groups by scope and key; rates: rate limits by key.
        opened: gates that have room again, for whoever waits there.
        victims: ids that a concurrency strategy cancels once the round is committed.
        admitted: runs that have passed their workflow's limits in this dispatch.
        fresh: queues that got tasks since the last dispatch and have not been found without room.
        freed: workers that got room (or opened) since then.
        late: tasks whose start was reported: written with the next round that writes anything, or soon.
        overflowed: tasks that changed, and may stand in the store alone: dropped from memory at the end.
        visiting: ids that were loaded for one command, and are dropped after it unless something holds them.
        finished_rows: rows of finished runs loaded for one command, by run id; finished_results: their results.
        looked_up: ids that were looked for in the store for one command.
        loaded_children: children of tasks that are not in memory, loaded for one command.
        tombstones: runs that ended, or left memory, while rows were being loaded -> number of the last load that
            had begun: what that one and earlier ones read of them is stale.
        loads: numbers of the loads on their way; last_load: the last number given.
        watchers, watched_by: run id -> sessions that want its result, and back.
        listeners: run id -> sessions that want its events, and whether its logs too; metadata_listeners:
            the same by metadata pair, without logs.
        onlookers: sessions that want digests of all that changes.
        sequence: the last place given in a queue; microseconds since 1970, so that it grows over restarts.
    """

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.workflows: dict[str, Version] = {}
        self.versions: dict[str, Version] = {}
        self.tasks: dict[str, Task] = {}
        self.dags: dict[str, Dag] = {}
        self.queues: dict[int, Queue] = {}
        self.partial: dict[int, Queue] = {}
        self.pools: dict[int, Pool] = {}
        self.subscriptions = Subscriptions()
        self.filters: dict[str, FilterSet] = {}
        self.event_waits: dict[str, dict[str, Task]] = {}
        self.pauses: dict[str, PauseGate] = {}
        self.tallies = Tallies()
        self.capacity = capacity.Capacity()
        self.waiting_answer: tuple[float, list[Waiting]] = (0.0, [])
        self.loaded_oldest: list[str] | None = None
        self.unstarted: dict[str, dict[str, None]] = {}
        self.debounced: dict[tuple[str, str], str] = {}
        self.claims: dict[str, ClaimRow] = {}
        self.loaded_claims: dict[str, ClaimRow | None] = {}
        self.step_waits: dict[tuple[str, str], dict[str, Task]] = {}
        self.wakes: dict[str, float] = {}
        self.child_waits: dict[str, tuple[str, int, int]] = {}
        self.ended_children: list[RunFinished] = []
        self.looking: dict[str, None] = {}
        self.recent_events: list[tuple[float, EventItem]] = []
        self.last_signal = ""
        self.loaded_steps: dict[str, list[StepRow]] = {}
        self.looked_events: list[tuple[float, EventItem]] | None = None
        self.crons: dict[str, CronRow] = {}
        self.cron_names: dict[tuple[str, str, str], str] = {}
        self.cron_runs: dict[str, str] = {}
        self.ended_cron_runs: list[str] = []
        self.schedules: dict[str, ScheduleRow] = {}
        self.schedules_until = (0.0, "")
        self.schedules_wanted = True
        self.schedules_loading = False
        self.schedules_passed: dict[str, ScheduleRow] = {}
        self.schedules_gone: set[str] = set()
        self.fired_schedules: dict[str, None] = {}
        self.limits: dict[str, ConcurrencyDefinition] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.rates: dict[str, RateLimit] = {}
        self.opened: dict[int, Gate] = {}
        self.victims: dict[str, None] = {}
        self.admitted: list[Dag] = []
        self.below: dict[str, dict[str, None]] = {}
        self.workers: dict[str, Worker] = {}
        self.timers = Timers()
        self.recent: OrderedDict[str, RunFinished] = OrderedDict()
        self.fresh: dict[int, Queue] = {}
        self.freed: dict[str, Worker] = {}
        self.late: dict[str, Task] = {}
        self.overflowed: list[Task | Dag] = []
        self.visiting: list[str] = []
        self.finished_rows: dict[str, list[RunRow]] = {}
        self.finished_results: dict[str, RunFinished] = {}
        self.looked_up: set[str] = set()
        self.loaded_children: dict[str, dict[str, str]] = {}
        self.tombstones: dict[str, int] = {}
        self.loads: dict[int, None] = {}
        self.last_load = 0
        self.watchers: dict[str, dict[str, None]] = {}
        self.watched_by: dict[str, dict[str, None]] = {}
        self.listeners: dict[str, dict[str, bool]] = {}
        self.metadata_listeners: dict[tuple[str, str], dict[str, MetadataListener]] = {}
        self.onlookers: dict[str, None] = {}
        self.sequence = 0

    def next_sequence(self, now: float) -> int:
        """A place behind all that were given before."""
        micros = int(now * 1_000_000)
        self.sequence = micros if micros > self.sequence else self.sequence + 1
        return self.sequence

    @property
    def window_limit(self) -> int:
        """Tasks that one queue's window may hold: fewer when there are many queues."""
        return max(SMALLEST_WINDOW, min(WINDOW_TASKS, ALL_WINDOWS_TASKS // (len(self.queues) or 1)))

    def window_of(self, queue: Queue, item: Task | Dag | None) -> int:
        """Tasks that a queue's window may hold: two batches of a batch task, however large they are."""
        limit = self.window_limit
        return max(limit, 2 * item.spec.batch_size) if queue.batch is not None and isinstance(item, Task) else limit

    def queue(self, item: Task | Dag) -> Queue:
        """The queue of what waits, made when it is first used."""
        queue = self.queues.get(item.queue_id)
        if queue is None:
            queue = self.queues[item.queue_id] = Queue(item.queue_id)
        if queue.pool is None:
            self._bind(queue, item)
        return queue

    def _bind(self, queue: Queue, item: Task | Dag) -> None:
        """Tells a queue what its tasks stand before, and who may run them: the same for all of them."""
        if isinstance(item, Dag):
            queue.pool, queue.keyed, queue.of_runs = Pool([]), True, True
            queue.gates = tuple(flow.gates_of(self, item.version.concurrency, item.extra))
        else:
            queue.pool, queue.task_name = self.pool(item.spec.queue_id), item.task_name
            queue.keyed = queue.queue_id != item.spec.queue_id
            if queue.keyed:
                queue.gates = tuple(flow.gates_of(self, item.spec.concurrency, item.extra))
                queue.choice = flow.choice_for(item)
            if item.spec.batch_size:
                flow.gather(self, queue, item)
        for gate, _ in queue.gates:
            gate.queues.add(queue.queue_id)
        queue.workflow_id = item.workflow_id
        if not queue.of_runs:
            capacity.stand_before(self, queue)
        if self.pauses:
            stand_before_pauses(self, queue)

    def pool(self, number: int) -> Pool:
        """The open workers that serve an action, by the number of its queue."""
        pool = self.pools.get(number)
        if pool is None:
            workers = [worker for worker in self.workers.values() if worker.open and number in worker.queue_ids]
            pool = self.pools[number] = Pool(workers)
        return pool

    def retire(self, queue: Queue) -> None:
        """Forgets a queue of which there are many, when nothing waits in it."""
        if not queue.keyed or not queue.empty or self.queues.get(queue.queue_id) is not queue:
            return
        number = queue.queue_id
        del self.queues[number]
        self.partial.pop(number, None)
        self.fresh.pop(number, None)
        for worker in queue.pool.workers if queue.pool is not None else ():
            for group in worker.waiting.values():
                group.pop(number, None)
        for gate, _ in queue.gates:
            gate.waiting.pop(number, None)
            gate.queues.discard(number)
            if isinstance(gate, Group):
                flow.drop_group(self, gate)

    def enqueue(self, task: Task, now: float, rank: int | None = None, patience: float | None = None) -> None:
        """Puts a task into its queue; its row must be recorded by the caller.

        Args:
            task: becomes QUEUED, with a new place and schedule deadline.
            now: the time.
            rank: `RETRY_RANK` for what goes first; None for the task's priority.
            patience: seconds until it is given up; None for the task's own.
        """
        spec = task.spec
        task.status = Status.QUEUED
        definition = spec.version.definition
        own = rank_of(task.priority) if rank is None else rank
        task.sort_key = sort_key_of(own, self.next_sequence(now), definition.queue_order, definition.priority_ageing)
        task.queued_at = now
        task.due_at = now + (self.patience_of(task) if patience is None else patience)
        task.assigned_at = task.started_at = 0.0
        task.worker_id = ""
        task.worker = None
        task.slot_released = False
        self.tasks[task.run_id] = task
        if task.root.extra is not None or task.queue_id < 0:
            self._hold_if_paused(task, task.root)
        self.admit(task)

    def enqueue_run(self, dag: Dag, now: float) -> None:
        """Puts a run into the queue of those that wait for their workflow's limits."""
        definition = dag.version.definition
        dag.status = Status.QUEUED
        dag.sort_key = sort_key_of(
            rank_of(dag.priority), self.next_sequence(now), definition.queue_order, definition.priority_ageing
        )
        dag.queued_at = now
        dag.due_at = now + self.patience_of(dag)
        self.dags[dag.run_id] = dag
        self._hold_if_paused(dag, dag)
        self.admit(dag)

    def patience_of(self, item: Task | Dag) -> float:
        """Seconds that it may wait in its queue: its run's own while that has not begun."""
        root = item.root if isinstance(item, Task) else item
        if root.extra is not None and root.extra.ttl and is_unbegun(root):
            return root.extra.ttl
        if isinstance(item, Dag):
            return max(task.schedule_timeout for task in item.version.definition.tasks)
        return item.spec.patience

    def _hold_if_paused(self, item: Task | Dag, root: RunRow) -> None:
        """What is queued of a paused run waits under the negative number of its queue, for as long as that lasts."""
        item.queue_id = abs(item.queue_id)
        if root.extra is not None and root.extra.paused_at:
            item.queue_id = -item.queue_id
            item.due_at = 0.0

    def admit(self, task: Task | Dag) -> None:
        """Counts what is queued, and offers it to the window of its queue."""
        self.tallies.came(task)
        if task.queue_id < 0:
            self.overflowed.append(task)
            return
        if self.pauses:
            hurry(self, task)
        queue = self.queue(task)
        pushed = queue.push(task, self.window_of(queue, task))
        if queue.more:
            self.partial[queue.queue_id] = queue
            if queue.dropped:
                self._let_go(queue)
        if pushed:
            self.timers.set(task.run_id, task.due_at)
            if queue.batch is not None and isinstance(task, Task) and queue.batch.came(task):
                self.opened[id(queue.batch)] = queue.batch
            elif not queue.waiting and not queue.parked:
                self.fresh[queue.queue_id] = queue
        else:
            self.overflowed.append(task)

    def _let_go(self, queue: Queue) -> None:
        for task in queue.dropped:
            self.timers.clear(task.run_id)
        self.overflowed.extend(queue.dropped)
        queue.dropped.clear()

    def forget(self, task: Task) -> None:
        """Takes a task out of memory."""
        self.tasks.pop(task.run_id, None)
        self.timers.clear(task.run_id)
        if task.parent_task_id:
            self._unlink(task)

    def forget_dag(self, dag: Dag) -> None:
        """Takes a DAG run and its tasks out of memory."""
        self.dags.pop(dag.run_id, None)
        self.timers.clear(dag.run_id)
        if dag.parent_task_id:
            self._unlink(dag)
        for member in dag.members.values():
            self.forget(member)

    def link(self, row: RunRow) -> None:
        """Notes that a run in memory was spawned by a task."""
        self.below.setdefault(row.parent_task_id, {})[row.run_id] = None

    def _unlink(self, row: RunRow) -> None:
        siblings = self.below.get(row.parent_task_id)
        if siblings is not None:
            siblings.pop(row.run_id, None)
            if not siblings:
                del self.below[row.parent_task_id]

    def sweep(self) -> None:
        """End of a command or round: drops from memory what only the store needs to hold."""
        for task in self.overflowed:
            self._release(task, changed=True)
        self.overflowed.clear()
        for run_id in self.visiting:
            visited = self.tasks.get(run_id) or self.dags.get(run_id)
            if visited is not None:
                self._release(visited, changed=False)
        self.visiting.clear()
        if self.finished_rows:
            self.finished_rows = {}
            self.finished_results = {}
        if self.looked_up:
            self.looked_up = set()
        if self.loaded_children:
            self.loaded_children = {}
        if self.loaded_steps:
            self.loaded_steps = {}
        self.looked_events = None
        self.loaded_oldest = None
        if self.loaded_claims:
            self.loaded_claims = {}

    def _release(self, task: Task | Dag, *, changed: bool) -> None:
        """Drops a task that nothing holds; one that has changed makes what loads on their way have read of it stale."""
        dag = task if isinstance(task, Dag) else task.dag
        if dag is not None:
            if not dag.held and self.dags.get(dag.run_id) is dag:
                if changed:
                    self.bury(dag.run_id)
                self.forget_dag(dag)
        elif isinstance(task, Task) and not task.held:
            if changed:
                self.bury(task.run_id)
            self.forget(task)

    def bury(self, run_id: str) -> None:
        """Notes that a run leaves memory, for loads that are on their way: they may have read it before it changed."""
        if self.loads:
            self.tombstones[run_id] = self.last_load

    def remember(self, result: RunFinished) -> None:
        """Keeps a result at hand for a while."""
        self.recent[result.run_id] = result
        self.recent.move_to_end(result.run_id)
        if len(self.recent) > RECENT_RUNS:
            self.recent.popitem(last=False)

    def result(self, run_id: str) -> RunFinished | None:
        """The result of a run that is final, if it is at hand."""
        return self.recent.get(run_id) or self.finished_results.get(run_id)

    def known(self, run_id: str) -> bool:
        """True if the run or task is in memory."""
        return run_id in self.tasks or run_id in self.dags

    def root_of(self, run_id: str) -> RunRow | None:
        """The row of the run that has this id or a task with this id, if it is in memory."""
        task = self.tasks.get(run_id)
        return task.root if task is not None else self.dags.get(run_id)
