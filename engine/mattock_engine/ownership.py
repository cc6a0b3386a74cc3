"""Ownership: leases on tenants, so that each has one decider in the whole cluster.

A replica renews its leases every second; a lease that was not renewed for `LEASE_SECONDS` is free for any other. The
epoch of a lease grows with each owner, and every transaction of a decider checks it: a replica that has lost a lease
without noticing cannot write.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from .decider import Decider
from .peer.client import Links
from .store import Store, StoreError

logger = logging.getLogger(__name__)

LEASE_SECONDS = 3.0
RENEW_EVERY = 0.8


class Ownership:
    """Takes, renews and gives up leases, and knows who owns the rest."""

    def __init__(
        self,
        store: Store,
        replica_id: str,
        decider: Decider,
        links: Links,
        moved: Callable[[str], None],
    ) -> None:
        self._store = store
        self._replica_id = replica_id
        self._decider = decider
        self._links = links
        self._moved = moved
        self._epochs: dict[str, int] = {}
        self._addresses: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._renewed_at = 0.0
        self._looked_at = 0.0

    async def start(self, address: str) -> None:
        """Joins the cluster under an address for peers, and takes the tenants that nobody owns."""
        await self._store.cluster.join(self._replica_id, address)
        await self._round()
        self._task = asyncio.create_task(self._run(), name="mattock-ownership")

    async def stop(self) -> None:
        """Gives all leases away, and leaves the cluster."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        try:
            await self._store.cluster.release(self._replica_id)
            await self._store.cluster.leave(self._replica_id)
        except StoreError as error:
            logger.warning("could not give the leases back, they will run out: %s", error)

    async def owner_address(self, tenant_id: str) -> str | None:
        """Where the tenant's owner can be reached, None if it has none (or it is this replica)."""
        address = self._addresses.get(tenant_id)
        if address is None and time.monotonic() - self._looked_at > 0.1:
            await self._look()
            address = self._addresses.get(tenant_id)
            if address is None and not self._decider.holds(tenant_id):
                # A tenant that was made since the last round, or whose owner has gone.
                await self._acquire_quietly()
        return address

    def forget(self, tenant_id: str) -> None:
        """The address that was known did not answer."""
        self._addresses.pop(tenant_id, None)

    async def _look(self) -> None:
        self._looked_at = time.monotonic()
        with suppress(StoreError):
            owners = await self._store.cluster.owners()
            found = {
                tenant_id: address for tenant_id, (replica, address) in owners.items() if replica != self._replica_id
            }
            for tenant_id, address in found.items():
                if self._addresses.get(tenant_id, address) != address:
                    self._moved(tenant_id)
            self._addresses = found

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            await self._round()

    async def _round(self) -> None:
        try:
            await self._store.cluster.beat(self._replica_id)
            kept = set(await self._store.cluster.renew(self._replica_id, LEASE_SECONDS)) if self._epochs else set()
            self._renewed_at = time.monotonic()
            for tenant_id in [tenant_id for tenant_id in self._epochs if tenant_id not in kept]:
                logger.warning("the lease of tenant %s was lost", tenant_id, extra={"tenant_id": tenant_id})
                self._drop(tenant_id)
            await self._acquire()
        except StoreError as error:
            logger.warning("leases could not be renewed: %s", error)
            if time.monotonic() - self._renewed_at > LEASE_SECONDS:
                # Another replica may own them by now; the epoch guards the store in any case.
                for tenant_id in list(self._epochs):
                    self._drop(tenant_id)

    async def _acquire_quietly(self) -> None:
        with suppress(StoreError):
            await self._acquire()

    async def _acquire(self) -> None:
        for tenant_id, epoch in await self._store.cluster.acquire(self._replica_id, None, LEASE_SECONDS):
            if self._epochs.get(tenant_id) == epoch:
                continue
            logger.info("owning tenant %s in epoch %d", tenant_id, epoch, extra={"tenant_id": tenant_id})
            self._epochs[tenant_id] = epoch
            self._addresses.pop(tenant_id, None)
            self._decider.take(tenant_id, epoch)

    def _drop(self, tenant_id: str) -> None:
        self._epochs.pop(tenant_id, None)
        self._decider.drop(tenant_id)
        self._moved(tenant_id)
