"""Workers that come, change and go: which queues stand at them."""

from __future__ import annotations

from collections.abc import Iterable

from .dispatch import wait_for_room
from .queue import Queue
from .run import Task
from .state import State
from .worker import Worker


def open_worker(state: State, worker: Worker) -> None:
    """A worker may get work from now on."""
    joined = set()
    for number in worker.queue_ids:
        pool = state.pools.get(number)
        if pool is not None and worker not in pool.workers:
            pool.workers.append(worker)
            joined.add(pool)
    _stand_at(state, worker, (queue for queue in state.queues.values() if queue.pool in joined))


def relabel_worker(state: State, worker: Worker) -> None:
    """What asks for labels may go to an open worker now, or may no longer."""
    pools = {state.pools.get(number) for number in worker.queue_ids} - {None}
    choosy = (queue for queue in state.queues.values() if queue.choice is not None and queue.pool in pools)
    _stand_at(state, worker, choosy)


def _stand_at(state: State, worker: Worker, queues: Iterable[Queue]) -> None:
    """Lets queues wait at a worker if their tasks may go to it, and looks at all that waits there."""
    for queue in queues:
        if not queue.parked and (queue.choice is None or queue.choice.allows(worker)):
            head = queue.head()
            if isinstance(head, Task):
                wait_for_room(queue, head, [worker])
    state.freed[worker.worker_id] = worker


def close_worker(state: State, worker: Worker) -> None:
    """A worker gets nothing more; what it holds stays with it."""
    for number in worker.queue_ids:
        pool = state.pools.get(number)
        if pool is not None and worker in pool.workers:
            pool.workers.remove(worker)
            pool.turn = 0
    for group in worker.waiting.values():
        for queue in group.values():
            # It may have been the last one that the queue waited for: let it look for another.
            queue.waiting = False
            if queue.live:
                state.fresh[queue.queue_id] = queue
    worker.waiting.clear()
