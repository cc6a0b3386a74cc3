"""Builds the state of tenants from the store: after a take-over, and when memory is ahead of the store."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from ..core.error import Code, Refused
from ..core.tenant import Tenant
from ..store import Store, StoreError
from .entry import RETRY_SECONDS, UNAVAILABLE, Entry, mark_repeated
from .holding import Held, Holding, Part

logger = logging.getLogger(__name__)


class Rebuilding:
    """Builds the tenants that are held.

    Args:
        store: what it reads.
        holding: the tenants.
        rebuilt: called with a tenant id after its state was built anew.
    """

    def __init__(self, store: Store, holding: Holding, rebuilt: Callable[[str], None]) -> None:
        self._store = store
        self._holding = holding
        self._rebuilt = rebuilt

    def begin(self, held: Held) -> None:
        """Begins to build a tenant."""
        self._holding.spawn(self._build(held))

    def single_out(self, parts: list[Part]) -> None:
        """The database refused what a round wrote: the command at fault is refused, once it is alone in its round."""
        if len(parts) == 1 and len(parts[0].entries) == 1:
            parts[0].entries.pop().refuse(Refused(Code.INTERNAL, "the database refused what this would have written"))
            return
        for part in parts:
            part.held.careful = len(part.entries)

    def start_anew(self, parts: list[Part], lost: set[str]) -> None:
        """Memory is ahead of the store: every tenant is rebuilt (or dropped), and what was applied comes again."""
        for held in list(self._holding.held.values()):
            held.tenant = None
        for part in parts:
            for entry in part.entries:
                mark_repeated(entry.command)
                entry.loads = 0
            part.held.inbox.extendleft(entry for _, entry in reversed(part.loads))
            part.held.inbox.extendleft(reversed(part.entries))
        for held in list(self._holding.held.values()):
            if held.tenant_id in lost:
                self._holding.drop(held.tenant_id)
            else:
                self.begin(held)

    async def _build(self, held: Held) -> None:
        """Builds a tenant's state from the store; keeps trying while this replica owns it."""
        while self._holding.has(held) and not self._holding.stopping:
            try:
                found = await self._store.loader.load_state(held.tenant_id)
            except StoreError as error:
                about = {"tenant_id": held.tenant_id}
                logger.warning("cannot load the state of tenant %s: %s", held.tenant_id, error, extra=about)
                self._refuse_overdue(held)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            tenant = Tenant(held.tenant_id)
            tenant.recover(
                versions=found.versions,
                workers=found.workers,
                rows=found.rows,
                tallies=found.tallies,
                tenant_limits=found.tenant_limits,
                members=found.members,
                rates=found.rates,
                filters=found.filters,
                crons=found.crons,
                active_cron_runs=found.active_cron_runs,
                steps=found.steps,
                claims=found.claims,
                pauses=found.pauses,
                unstarted=found.unstarted,
                sequence=found.sequence,
                now=self._holding.advance(),
            )
            held.tenant = tenant
            self._rebuilt(held.tenant_id)
            self._holding.wake.set()
            return

    def _refuse_overdue(self, held: Held) -> None:
        now = self._holding.clock()
        kept: deque[Any] = deque()
        for item in held.inbox:
            entry = item if isinstance(item, Entry) else item[1]
            if entry is not None and entry.deadline < now:
                entry.refuse(UNAVAILABLE)
            elif entry is not None:
                kept.append(entry)
        held.inbox = kept
