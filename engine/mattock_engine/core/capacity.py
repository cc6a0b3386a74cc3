"""What a tenant may have at once: tasks that are queued, tasks that run, and starts a second.

The limit of what runs and the pace are gates before all its queues, so that queues take turns there. The limit of what
is queued is looked at when a run is started from outside: the tasks and the children of a run that has begun are not
held back by it.
There is no policy that takes a run above the limit and lets it wait: that is what a queue without a limit does, for
its backlog stands in the store and costs no memory.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .error import Code, Refused
from .gate import Gate, Group
from .limit import RateLimit, RateRow
from .queue import Queue
from .round import Round
from .status import Status, Strategy
from .steer import DropOldest, PutTenantLimits, TenantLimits

if TYPE_CHECKING:
    from .state import State

# Names the pace among the rate limits; no workflow's name has a star.
PACE_KEY = "pace/*"
# A pace is kept over windows of about this length, or of one start.
_PACE_SECONDS = 0.5
_NO_LIMIT = 1 << 62
# Runs that one command drops, and seconds after which one that did not come to its end is sent again.
DROPPED_AT_ONCE = 1000
_DROP_AGAIN = 30.0


class Capacity:
    """A tenant's limits, and their gates.

    Attributes:
        row: what is stored.
        running: the gate of `max_running`; pace: that of `pace`; None without.
        overfull: a run has come above `max_queued`, and the oldest is to go.
        dropping_until: runs are being dropped; a time at which it is tried again.
    """

    __slots__ = ("dropping_until", "overfull", "pace", "row", "running")

    def __init__(self) -> None:
        self.row = TenantLimits()
        self.running: Group | None = None
        self.pace: RateLimit | None = None
        self.overfull = False
        self.dropping_until = 0.0

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Those that stand before every queue of tasks."""
        return tuple(gate for gate in (self.running, self.pace) if gate is not None)


def put_tenant_limits(state: State, command: PutTenantLimits, now: float, round_: Round) -> None:
    """Sets the limits; what runs and what is queued already stays."""
    _install(state, command.limits, round_)
    round_.records.tenant_limits.append(command.limits)


def adopt(state: State, limits: list[TenantLimits]) -> None:
    """Makes the stored limits known, after a take-over."""
    for row in limits:
        _install(state, row, Round())


def _install(state: State, row: TenantLimits, round_: Round) -> None:
    capacity = state.capacity
    capacity.row = row
    _limit_running(state, capacity, row.max_running)
    _keep_pace(state, capacity, row.pace, round_)


def _limit_running(state: State, capacity: Capacity, limit: int) -> None:
    gate = capacity.running
    if gate is None and limit:
        gate = capacity.running = Group("", "tenant", limit, Strategy.GROUP_ROUND_ROBIN)
        for task in state.tasks.values():
            if task.status == Status.RUNNING:
                gate.take(task.run_id, 1, 0.0)
                task.holds = (*task.holds, (gate, 1))
        _place(state, gate)
    elif gate is not None and limit:
        gate.limit = limit
        state.opened[id(gate)] = gate
    elif gate is not None:
        capacity.running = None
        gate.limit = _NO_LIMIT
        _take_away(state, gate)


def _keep_pace(state: State, capacity: Capacity, pace: float, round_: Round) -> None:
    gate = capacity.pace
    if not pace:
        if gate is not None:
            capacity.pace = None
            del state.rates[PACE_KEY]
            round_.records.rates.pop(PACE_KEY, None)
            round_.records.dropped_rates.append(PACE_KEY)
            _take_away(state, gate)
        return
    units = math.ceil(pace * _PACE_SECONDS)
    window = units / pace
    known = state.rates.get(PACE_KEY)
    if known is None:
        row = RateRow(key=PACE_KEY, limit=units, window=window, value=units, declared=True)
        known = state.rates[PACE_KEY] = RateLimit(row)
    else:
        known.change(units, window)
    round_.records.rates[PACE_KEY] = known.row
    if gate is None:
        capacity.pace = known
        _place(state, known)
    elif gate.waiting:
        state.timers.clear(f"rate:{PACE_KEY}")
        state.opened[id(gate)] = gate


def _place(state: State, gate: Gate) -> None:
    """Puts a gate before all queues of tasks; those that are not bound to a task yet get it then."""
    for queue in state.queues.values():
        if queue.pool is not None and not queue.of_runs:
            queue.gates = (*queue.gates, (gate, 1))
            gate.queues.add(queue.queue_id)


def _take_away(state: State, gate: Gate) -> None:
    for number in gate.queues:
        queue = state.queues[number]
        queue.gates = tuple(hold for hold in queue.gates if hold[0] is not gate)
    gate.queues.clear()
    for task in state.tasks.values():
        if task.holds:
            task.holds = tuple(hold for hold in task.holds if hold[0] is not gate)
    state.opened[id(gate)] = gate


def stand_before(state: State, queue: Queue) -> None:
    """A queue of tasks is new, or is bound to its first one."""
    for gate in state.capacity.gates:
        queue.gates = (*queue.gates, (gate, 1))
        gate.queues.add(queue.queue_id)


def admit(state: State, count: int = 1) -> None:
    """So many runs are to be started.

    Raises:
        Refused: RESOURCE_EXHAUSTED; as many tasks are queued as may be.
    """
    row, queued = state.capacity.row, state.tallies.queued
    if not row.max_queued or queued + count <= row.max_queued:
        return
    if row.drop_oldest:
        state.capacity.overfull = True
        return
    text = f"max_queued: the tenant has {queued} queued tasks, and may have {row.max_queued}"
    raise Refused(Code.RESOURCE_EXHAUSTED, text, "max_queued")


def drop_excess(state: State, now: float, round_: Round) -> None:
    """End of a round in which runs came above the limit: the oldest go, as many as there are too many."""
    capacity = state.capacity
    excess = state.tallies.queued - capacity.row.max_queued
    if excess <= 0 or not capacity.row.drop_oldest:
        capacity.overfull = False
    elif now >= capacity.dropping_until:
        capacity.overfull = False
        capacity.dropping_until = now + _DROP_AGAIN
        round_.followups.append(DropOldest(min(excess, DROPPED_AT_ONCE)))
