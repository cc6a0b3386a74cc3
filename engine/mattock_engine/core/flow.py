"""Flow control: the gates and the choice of worker of those tasks that have any.

The expressions of a task are evaluated once, when it comes into being; their values are stored with it, and name its
queue: tasks that stand before the same gates, and ask for the same worker, form a queue of their own. So a closed gate
holds back its own queues alone, queues take turns, and only their heads are in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from .batch import DEFAULT_KEY, BatchGate
from .choice import Choice, choice_of
from .command import Extra, RunRow
from .definition import ConcurrencyDefinition, RateDefinition
from .expression import Expression, ExpressionError, compiled, data_of
from .gate import Gate, Group, Hold
from .limit import RateLimit, RateRow
from .queue import Queue
from .round import Round
from .run import Chain, Dag, Task, Version
from .status import Status, Sticky, Strategy

if TYPE_CHECKING:
    from .state import State

# Timer keys of rate limits that hold back queues.
RATE_TIMER = "rate:"
# The same of batches that wait to be full.
BATCH_TIMER = "batch:"
REASON = "Cancelled due to concurrency strategy"


class Unplaceable(Exception):
    """An expression of a task failed, or gave what cannot be used; the text is the task's error."""


# How a task ends that cannot be queued: its status and error.
End = tuple[Status, str]


def arrive(state: State, task: Task, now: float, round_: Round) -> End | None:
    """Queues a task that comes into being, or says how it ends at once."""
    extra = task.root.extra
    if not (
        task.spec.gated or task.spec.definition.labels or (extra is not None and (extra.worker_id or extra.labels))
    ):
        state.enqueue(task, now)
        return None
    try:
        _place(state, task, round_)
    except Unplaceable as error:
        return Status.FAILED, str(error)
    if not _join(state, task, task.spec.concurrency, now):
        leave(state, task, task.spec.concurrency)
        return Status.CANCELLED, REASON
    state.enqueue(task, now)
    return None


def arrive_run(state: State, dag: Dag, now: float) -> End | None:
    """The same for a run of several tasks, whose workflow limits how many of them run at once."""
    try:
        _place_run(dag)
    except Unplaceable as error:
        return Status.FAILED, str(error)
    if not _join(state, dag, dag.version.concurrency, now):
        leave(state, dag, dag.version.concurrency)
        return Status.CANCELLED, REASON
    state.enqueue_run(dag, now)
    return None


def arrive_again(state: State, task: Task, now: float, round_: Round) -> bool:
    """Queues a task that is replayed. False if it cannot be: its expressions fail still."""
    if task.spec.gated and (
        task.extra is None
        or len(task.extra.keys) != len(task.spec.concurrency)
        or (task.spec.batch_size and not task.extra.batch_key)
    ):
        try:
            _place(state, task, round_)
        except Unplaceable:
            return False
    task.queue_id = queue_id_of(task)  # Its run may be bound to another worker by now.
    _join(state, task, task.spec.concurrency, now)
    state.enqueue(task, now)
    return True


def arrive_run_again(state: State, dag: Dag, now: float) -> None:
    """The same for a run of several tasks. (One whose expressions failed had no keys: it passes no limit.)"""
    if dag.extra is None or not dag.extra.keys:
        state.admitted.append(dag)
        return
    _join(state, dag, dag.version.concurrency, now)
    dag.queue_id = run_queue_id_of(dag)
    state.enqueue_run(dag, now)


def _place(state: State, task: Task, round_: Round) -> None:
    """Evaluates the expressions of a task that comes into being, and finds its queue.

    Raises:
        Unplaceable: the task cannot be queued.
    """
    spec = task.spec
    root = task.root
    if spec.gated:
        variables = _Variables(root, task)
        keys, limits = _keys(spec.concurrency, variables)
        rates = tuple(_rate(state, rate, variables, round_) for rate in spec.definition.rates)
        batch = spec.definition.batch
        batch_key = "" if batch is None else DEFAULT_KEY
        if batch is not None and batch.key_expression:
            batch_key = variables.evaluate(batch.key_expression, "text") or DEFAULT_KEY
        task.extra = msgspec.structs.replace(
            task.extra or Extra(), keys=keys, limits=limits, rates=rates, batch_key=batch_key
        )
    task.queue_id = queue_id_of(task)


def _place_run(dag: Dag) -> None:
    variables = _Variables(dag, None)
    keys, limits = _keys(dag.version.concurrency, variables)
    dag.extra = msgspec.structs.replace(dag.extra or Extra(), keys=keys, limits=limits)
    dag.queue_id = run_queue_id_of(dag)


class _Variables:
    """What expressions see, read from JSON when the first one asks."""

    def __init__(self, root: RunRow, task: Task | None) -> None:
        self._root = root
        self._task = task
        self._data: dict[str, Any] | None = None

    def evaluate(self, text: str, kind: str) -> Any:
        expression = compiled(text)
        if self._data is None:
            self._data = {
                "input": data_of(self._root.input),
                "additional_metadata": data_of(self._root.metadata),
                "workflow_run_id": self._root.run_id,
                "parents": _parents(self._task),
            }
        try:
            method = Expression.text_value if kind == "text" else Expression.number_value
            return method(expression, self._data)
        except ExpressionError as error:
            raise Unplaceable(f"failed to parse step expression ({text}): {error}") from error


def _parents(task: Task | None) -> dict[str, Any]:
    if task is None or task.dag is None:
        return {}
    members = task.dag.members
    return {name: data_of(members[name].output) for name in task.spec.parents if not members[name].skipped}


def _keys(chain: Chain, variables: _Variables) -> tuple[Any, Any]:
    keys: list[str] = []
    limits: list[int] = []
    for _, definition in chain:
        keys.append(variables.evaluate(definition.expression, "text"))
        text = definition.max_runs_expression
        limit = variables.evaluate(text, "number") if text else 0
        if text and limit < 1:
            raise Unplaceable(f"failed to parse step expression ({text}): gave {limit}, expected 1 or more")
        limits.append(limit)
    return tuple(keys), tuple(limits)


def _rate(state: State, rate: RateDefinition, variables: _Variables, round_: Round) -> tuple[str, int]:
    key = variables.evaluate(rate.key_expression, "text") if rate.key_expression else rate.key
    units = variables.evaluate(rate.units_expression, "number") if rate.units_expression else rate.units
    if units < 0:
        raise Unplaceable(
            f"failed to parse step expression ({rate.units_expression}): gave {units}, expected 0 or more"
        )
    limit = variables.evaluate(rate.limit_expression, "number") if rate.limit_expression else 0
    known = state.rates.get(key)
    if known is None:
        if not rate.limit_expression:
            raise Unplaceable(f"no rate limit {key!r}: put it first, or give the task an expression of its limit")
        row = RateRow(key=key, limit=limit, window=rate.window, value=limit)
        known = state.rates[key] = RateLimit(row)
        round_.records.rates[key] = row
    elif rate.limit_expression and not known.row.declared:
        # Tasks that disagree: the lower limit and the longer window hold (shared contract).
        window = max(rate.window, known.row.window)
        if limit < known.row.limit or window != known.row.window:
            known.change(min(limit, known.row.limit), window)
            round_.records.rates[key] = known.row
    return key, units


# ---- queues ----


def queue_id_of(task: Task) -> int:
    """The queue of a task: its action's, or one of those that stand before the same gates and ask for the same."""
    spec, extra = task.spec, task.extra
    choice = choice_for(task)
    if choice is None and not spec.gated:
        return spec.queue_id
    keys = (extra.keys, extra.rates, extra.batch_key) if extra is not None else ((), (), "")
    return _number(spec.action, [scope for scope, _ in spec.concurrency], keys, choice)


def run_queue_id_of(dag: Dag) -> int:
    """The queue of a run that waits for its workflow's limits."""
    assert dag.extra is not None
    return _number("", [scope for scope, _ in dag.version.concurrency], dag.extra.keys, dag.workflow_id)


def _number(*parts: Any) -> int:
    digest = blake2b(msgspec.json.encode(parts), digest_size=8).digest()
    # Never 0: that is no queue.
    return int.from_bytes(digest, "big") >> 1 or 1


def choice_for(task: Task) -> Choice | None:
    """What a task asks of its worker."""
    version = task.spec.version
    extra = task.root.extra
    labels = task.spec.definition.labels
    if extra is None:
        return choice_of(Sticky.NONE, "", labels, ()) if labels and version.sticky == Sticky.NONE else None
    return choice_of(version.sticky, extra.worker_id, labels, extra.labels)


def gates_of(state: State, chain: Chain, extra: Extra | None) -> list[Hold]:
    """The gates that rows with these values stand before."""
    if extra is None:
        return []
    found: list[Hold] = []
    for index, (scope, definition) in enumerate(chain):
        if index < len(extra.keys):
            dynamic = extra.limits[index] if index < len(extra.limits) else 0
            found.append((group_of(state, scope, definition, extra.keys[index], dynamic), 1))
    for key, units in extra.rates:
        limit = state.rates.get(key)
        if limit is None:
            # It was dropped while nobody waited for it: full again.
            limit = state.rates[key] = RateLimit(RateRow(key=key, limit=units, window=1.0, value=units))
        found.append((limit, units))
    return found


def gather(state: State, queue: Queue, task: Task) -> None:
    """The queue of a batch task: before a gate that opens when there is a batch, and one that limits how many run."""
    group = batches_of(state, task)
    queue.batch = BatchGate(queue, group)
    queue.gates = (*queue.gates, (queue.batch, 1), (group, 1))


def batches_of(state: State, task: Task) -> Group:
    """The group of the batches with a task's key that run."""
    definition, scope = task.spec.definition.batch, f"batch/{task.spec.action}"
    key = task.extra.batch_key if task.extra is not None else DEFAULT_KEY
    assert definition is not None
    group = state.groups.get((scope, key))
    if group is None:
        group = state.groups[(scope, key)] = Group(key, scope, definition.max_runs, Strategy.GROUP_ROUND_ROBIN)
    group.limit = definition.max_runs
    return group


def group_of(state: State, scope: str, definition: ConcurrencyDefinition, key: str, dynamic: int) -> Group:
    """The group of a key; a limit by expression is that of the newest task."""
    group = state.groups.get((scope, key))
    definition = state.limits.get(scope, definition)
    if group is None:
        group = Group(key, scope, dynamic or definition.max_runs, definition.strategy)
        state.groups[(scope, key)] = group
    elif dynamic:
        group.limit = dynamic
    return group


def declare(state: State, version: Version) -> None:
    """The limits of a workflow's latest version hold for all its tasks, those of older versions too."""
    chains = [version.concurrency, *(spec.concurrency for spec in version.specs.values())]
    declared = dict(pair for chain in chains for pair in chain)
    if not declared:
        return
    changed = {scope for scope, each in declared.items() if state.limits.get(scope, each) != each}
    state.limits.update(declared)
    for group in state.groups.values() if changed else ():
        if group.scope in changed:
            group.limit = declared[group.scope].max_runs
            group.strategy = declared[group.scope].strategy
            state.opened[id(group)] = group


# ---- strategies that cancel ----


def _join(state: State, row: RunRow, chain: Chain, now: float) -> bool:
    """A new task (or run) comes to its groups. False if it is to be cancelled at once; others are cancelled soon."""
    stays = True
    for gate, _ in gates_of(state, chain, row.extra):
        if not isinstance(gate, Group):
            continue
        for victim in gate.join(row.run_id, row.priority, state.next_sequence(now)):
            if victim == row.run_id:
                stays = False
            else:
                state.victims[victim] = None
    return stays


def leave(state: State, row: RunRow, chain: Chain) -> None:
    """A task (or run) is final: it is no member of its groups any more."""
    extra = row.extra
    if extra is None:
        return
    for index, (scope, _) in enumerate(chain[: len(extra.keys)]):
        group = state.groups.get((scope, extra.keys[index]))
        if group is not None:
            group.leave(row.run_id)
            drop_group(state, group)


def drop_group(state: State, group: Group) -> None:
    """Forgets a group on which nothing depends."""
    if group.idle:
        state.groups.pop((group.scope, group.key), None)


# ---- passing gates ----


def pass_gates(state: State, row: Task | Dag, holds: tuple[Hold, ...], round_: Round, now: float) -> None:
    """A task starts: takes its places and units."""
    for gate, units in holds:
        gate.take(row.run_id, units, now)
        if isinstance(gate, RateLimit):
            round_.records.rates[gate.key] = gate.row
    row.holds = holds


def leave_gates(state: State, row: Task | Dag) -> None:
    """It runs no more: its places are free."""
    holds, row.holds = row.holds, ()
    _give(state, row.run_id, holds)


def leave_run_gates(state: State, dag: Dag) -> None:
    """A run is final: so it is by its id alone, for it may have left memory since it passed."""
    if dag.version.concurrency:
        _give(state, dag.run_id, gates_of(state, dag.version.concurrency, dag.extra))


def _give(state: State, holder: str, holds: Iterable[Hold]) -> None:
    for gate, _ in holds:
        if gate.give(holder):
            state.opened[id(gate)] = gate
        if isinstance(gate, Group):
            drop_group(state, gate)


def closed_gate(state: State, queue: Queue, now: float) -> Gate | None:
    """The first gate before a queue that has no room for its head; the queue waits there then."""
    for gate, units in queue.gates:
        if not gate.has_room(units, now):
            gate.waiting[queue.queue_id] = queue
            queue.parked = True
            opens_at = gate.opens_at(now)
            if opens_at is not None and opens_at > now:
                kind = BATCH_TIMER if isinstance(gate, BatchGate) else RATE_TIMER
                state.timers.set(kind + gate.key, opens_at, keep=kind == RATE_TIMER)
            return gate
    return None


def on_batch_timer(state: State, key: str) -> None:
    """A batch is due, full or not."""
    queue = state.queues.get(int(key.removeprefix(BATCH_TIMER)))
    if queue is not None and queue.batch is not None and queue.batch.waiting:
        state.opened[id(queue.batch)] = queue.batch


def leave_batch(state: State, task: Task) -> None:
    """A task of a batch has left its worker: with the last one, the batch is over."""
    batch, task.batch = task.batch, None
    if batch is not None and not batch.members:
        _give(state, batch.batch_id, ((batch.group, 1),))


def on_rate_timer(state: State, key: str) -> None:
    """A window is over: who waited is called in."""
    limit = state.rates.get(key.removeprefix(RATE_TIMER))
    if limit is not None and limit.waiting:
        state.opened[id(limit)] = limit
