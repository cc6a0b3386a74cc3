"""Leases on a real Postgres: who locks several locks them in one order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import asyncpg
import pytest
import pytest_asyncio
from mattock_engine.identity import new_id
from mattock_engine.store import Store, StoreError
from mattock_engine.store.embedded import EmbeddedPostgres
from mattock_engine.store.error import translated

TTL = 60.0
LOCK = "select 1 from mattock.lease where tenant_id = $1 for share"
BLOCKED = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%mattock.lease%'"


@pytest_asyncio.fixture
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("lease") / "postgres")
    found = await Store.open(postgres.start())
    yield found
    await found.close()
    postgres.stop()


async def tenants_of(store: Store, replica_id: str) -> tuple[str, str]:
    """Two tenants that a replica owns: by id, and not as their rows lie in the table."""
    first, second = [(await store.put_tenant(new_id(), name, name))["tenant_id"] for name in ("one", "two")]
    await store.cluster.join(replica_id, "127.0.0.1:1")
    assert first < second
    for tenant_id in (second, first):
        ((taken, epoch),) = await store.cluster.acquire(replica_id, [tenant_id], TTL)
        assert (taken, epoch) == (tenant_id, 1)
    return first, second


@pytest.mark.parametrize("change", ["renew", "release"])
async def test_a_commit_and_a_change_of_leases_do_not_wait_for_each_other(store: Store, change: str) -> None:
    """A commit of two tenants holds the one lease when all are changed, and takes the other one then."""
    replica_id = new_id()
    first, second = await tenants_of(store, replica_id)
    async with store.pool.acquire() as commit, store.pool.acquire() as look:
        transaction = commit.transaction()
        await transaction.start()
        await commit.execute(LOCK, first)
        work: Awaitable[object] = (
            store.cluster.renew(replica_id, TTL) if change == "renew" else store.cluster.release(replica_id)
        )
        changing = asyncio.ensure_future(work)
        async with asyncio.timeout(30):
            while not await look.fetch(BLOCKED):
                assert not changing.done()
        await commit.execute(LOCK, second)
        await transaction.commit()
    found = await changing
    assert found is None or sorted(found) == [first, second]  # type: ignore[call-overload]


async def test_a_deadlock_is_tried_again_as_what_broke() -> None:
    with pytest.raises(StoreError):
        async with translated():
            raise asyncpg.DeadlockDetectedError("deadlock detected")
