"""What is queued and why it waits, and who holds the places of concurrency limits: from memory, without a scan."""

from __future__ import annotations

import heapq
from collections import Counter

from .explanation import reason_of
from .gate import Group
from .round import Round
from .run import Task
from .state import State
from .status import Reason, Status
from .steer import ConcurrencyKey, CountWaiting, ListConcurrency, Waiting

# An answer is kept for a second, and a second more for so many queues: many people may look at once.
KEPT = 1.0
QUEUES_A_SECOND = 10_000
# Ids of holders that are told of each key.
HOLDERS = 20


def count_waiting(state: State, command: CountWaiting, now: float, round_: Round) -> list[Waiting]:
    """Counts what waits by workflow, task and reason: from the counts of the queues, and what their heads wait for."""
    until, answer = state.waiting_answer
    if now < until:
        return answer
    counts: Counter[tuple[str, str, Reason]] = Counter()
    for number, tally in state.tallies.by_queue.items():
        counts[(tally.workflow_id, tally.task_name, _reason(state, number, now))] += tally.count
    for task in state.tasks.values():
        if task.status == Status.BACKOFF:
            debounced = task.extra is not None and task.extra.debounce
            counts[(task.workflow_id, task.task_name, Reason.DEBOUNCE if debounced else Reason.BACKOFF)] += 1
        elif task.waits:
            counts[(task.workflow_id, task.task_name, Reason.CONDITIONS)] += 1
    answer = [Waiting(*place, count) for place, count in sorted(counts.items())]
    state.waiting_answer = (now + KEPT + len(state.tallies.by_queue) / QUEUES_A_SECOND, answer)
    return answer


def _reason(state: State, number: int, now: float) -> Reason:
    if number < 0:
        return Reason.PAUSED
    queue = state.queues.get(number)
    if queue is None or queue.pool is None:
        return Reason.TURN
    head = queue.head()
    return reason_of(queue, head.spec if isinstance(head, Task) else None, now)[0]


def list_concurrency(state: State, command: ListConcurrency, now: float, round_: Round) -> list[ConcurrencyKey]:
    """Keys of concurrency limits that somebody holds or waits for, by scope and key."""
    prefix = f"{command.workflow_id}/"
    places = (
        place
        for place, group in state.groups.items()
        if place > command.after
        and command.search in place[1]
        and (not command.workflow_id or place[0].startswith(prefix) or _serves(state, group, command.workflow_id))
    )
    return [_key(state, state.groups[place]) for place in heapq.nsmallest(command.limit, places)]


def _serves(state: State, group: Group, workflow_id: str) -> bool:
    """True for a shared limit before which something of that workflow waits."""
    return any(state.queues[number].workflow_id == workflow_id for number in group.queues)


def _key(state: State, group: Group) -> ConcurrencyKey:
    tallies = state.tallies.by_queue
    return ConcurrencyKey(
        scope=group.scope,
        key=group.key,
        limit=group.limit,
        strategy=int(group.strategy),
        running=len(group.holders),
        waiting=sum(tallies[number].count for number in group.queues if number in tallies),
        holders=[holder for holder, _ in zip(group.holders, range(HOLDERS), strict=False)],
    )
