"""The tenants that this replica owns, with what waits for each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from ..core.command import Command, Loaded
from ..core.record import Need
from ..core.round import Round
from ..core.tenant import Tenant
from .entry import PATIENCE, UNAVAILABLE, Entry, mark_repeated

# Loaded rows, the command that waits for them, who asked, and the load's number.
LoadedItem = tuple[list[Loaded], Entry | None, Tenant, int]


class Held:
    """A tenant that this replica owns.

    Attributes:
        tenant: its state machine; None while it is being built.
        inbox: what is to be applied next, in order.
        careful: how many of the next commands are to be committed one by one.
    """

    __slots__ = ("careful", "epoch", "inbox", "next_expiry", "tenant", "tenant_id")

    def __init__(self, tenant_id: str, epoch: int) -> None:
        self.tenant_id = tenant_id
        self.epoch = epoch
        self.tenant: Tenant | None = None
        self.inbox: deque[Entry | LoadedItem] = deque()
        self.next_expiry = 0.0
        self.careful = 0


class Part:
    """What one tenant did in a round."""

    __slots__ = ("entries", "held", "loads", "replies", "round", "tenant")

    def __init__(self, held: Held, tenant: Tenant) -> None:
        self.held = held
        self.tenant = tenant
        self.round = Round()
        # What is to be loaded, begun after the commit: the rows must be read as this round leaves them.
        self.loads: list[tuple[Need, Entry]] = []
        self.entries: list[Entry] = []
        self.replies: list[Any] = []


class Holding:
    """The tenants that are held.

    Args:
        clock: the time, seconds since 1970. Here, and only here, time enters the core.

    Attributes:
        held: by tenant id.
        wake: set when there is something to do.
        hand_on: what becomes of commands whose tenant is held no longer; the routing sets it.
        now: the time of the last round.
        stopping: nothing is begun any more.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.held: dict[str, Held] = {}
        self.wake = asyncio.Event()
        self.hand_on: Callable[[str, Entry], None] = lambda tenant_id, entry: entry.refuse(UNAVAILABLE)
        self.now = 0.0
        self.stopping = False
        self._side_tasks: set[asyncio.Task[None]] = set()

    def advance(self) -> float:
        """The time, which never goes back."""
        self.now = max(self.now, self.clock())
        return self.now

    def has(self, held: Held) -> bool:
        """True if a tenant is held still, without a break."""
        return self.held.get(held.tenant_id) is held

    def submit(
        self,
        tenant_id: str,
        command: Command,
        future: asyncio.Future[Any] | None = None,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        """Queues a command of a tenant that is held; `future` gets the (converted) reply."""
        self.held[tenant_id].inbox.append(Entry(command, future, convert, self.clock() + PATIENCE))
        self.wake.set()

    def drop(self, tenant_id: str) -> None:
        """Holds a tenant no longer: what waits is handed on, to be sent to its next owner."""
        held = self.held.pop(tenant_id, None)
        if held is None:
            return
        for item in held.inbox:
            entry = item if isinstance(item, Entry) else item[1]
            if entry is not None and entry.future is not None and not entry.future.done():
                mark_repeated(entry.command)
                self.hand_on(tenant_id, entry)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something beside the loop."""
        task = asyncio.create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)

    def close(self) -> None:
        """Ends what is done beside the loop, and drops all tenants."""
        for task in list(self._side_tasks):
            task.cancel()
        for tenant_id in list(self.held):
            self.drop(tenant_id)
