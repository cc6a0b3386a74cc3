"""Loads, beside the loop, the rows that commands and windows need; they come back as items of the inbox."""

from __future__ import annotations

import asyncio
import logging

from ..core.command import ExpireQueued, Loaded
from ..core.record import Need
from ..core.tenant import Tenant
from ..store import Store, StoreError
from .entry import RETRY_SECONDS, UNAVAILABLE, Entry
from .holding import Held, Holding, Part

logger = logging.getLogger(__name__)

# Windows of queues that one load refills.
REFILLS = 32
# Seconds between two looks for queued tasks, beyond the windows, whose schedule deadline has passed.
EXPIRY_EVERY = 2.0


class Loading:
    """Loads for the tenants that are held."""

    def __init__(self, store: Store, holding: Holding) -> None:
        self._store = store
        self._holding = holding

    def begin(self, part: Part) -> None:
        """Begins what a round has shown the need of, after its commit: the rows must be read as it leaves them."""
        for need, entry in part.loads:
            self._load(part.held, part.tenant, need, entry)
        refills = part.tenant.refills()
        for start in range(0, len(refills), REFILLS):
            self._load(part.held, part.tenant, Need(refill=refills[start : start + REFILLS]), None)
        schedules = part.tenant.schedules_to_load(self._holding.now)
        if schedules is not None:
            self._load(part.held, part.tenant, Need(schedules=schedules), None)

    def _load(self, held: Held, tenant: Tenant, need: Need, entry: Entry | None) -> None:
        self._holding.spawn(self._fetch(held, tenant, need, entry, tenant.load_begins()))

    async def _fetch(self, held: Held, tenant: Tenant, need: Need, entry: Entry | None, number: int) -> None:
        rows: list[Loaded] | None = None
        while rows is None:
            try:
                rows = await self._store.loader.load(held.tenant_id, need, self._holding.clock())
            except StoreError as error:
                if entry is not None and entry.deadline < self._holding.clock():
                    entry.refuse(UNAVAILABLE)
                    tenant.load_ends(number)
                    return
                if not self._holding.has(held) or held.tenant is not tenant:
                    break
                logger.warning("loading rows failed, trying again: %s", error, extra={"tenant_id": held.tenant_id})
                await asyncio.sleep(RETRY_SECONDS)
        if not self._holding.has(held):
            if entry is not None:
                entry.refuse(UNAVAILABLE)
            return
        for loaded in rows or []:
            loaded.number = number
            loaded.asked = need.asked
        held.inbox.append((rows or [], entry, tenant, number))
        self._holding.wake.set()

    def look_for_expired(self, held: Held, tenant: Tenant, now: float) -> None:
        """Tasks beyond the windows have no timers in memory: the store is asked now and then."""
        if tenant.state.partial:
            held.next_expiry = now + EXPIRY_EVERY
            self._holding.spawn(self._find_expired(held, tenant, now))
        else:
            held.next_expiry = 0.0

    async def _find_expired(self, held: Held, tenant: Tenant, now: float) -> None:
        try:
            rows = await self._store.loader.expired(held.tenant_id, now)
        except StoreError as error:
            logger.warning("looking for expired tasks failed: %s", error, extra={"tenant_id": held.tenant_id})
            return
        if rows and held.tenant is tenant and self._holding.has(held):
            self._holding.submit(held.tenant_id, ExpireQueued(rows))
