"""How long a tenant keeps what has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from mattock_engine.identity import new_id
from mattock_engine.store.retention import DAILY, delete_expired

pytestmark = pytest.mark.asyncio(loop_scope="session")
LONGEST = 30
RUN = """
insert into mattock.finished_run (tenant_id, run_id, kind, workflow_id, version_id, status, attempt, app_failures,
    reassignments, priority, queue_id, sort_key, skipped, slot_released, created_at, finished_at)
select $1, mattock.new_id(), 0, $2, $2, 2, 1, 0, 0, 1, 0, 0, false, false, now() - $3 * interval '1 day',
    now() - $3 * interval '1 day' from generate_series(1, $4)
"""
STEP = """
insert into mattock.step (tenant_id, task_id, branch, node, kind, fingerprint, what, label, invocation, recorded_at,
    place, settled_at, failed)
select tenant_id, run_id, 1, 1, 3, '', '', '', 1, 0, 1, 0, false from mattock.finished_run where workflow_id = $1
"""
OTHERS = (
    "insert into mattock.task_event (tenant_id, task_id, run_id, attempt, kind, at, message, error)"
    " values ($1, $2, $2, 1, 'X', now() - $3 * interval '1 day', '', '')",
    "insert into mattock.log_line (tenant_id, task_id, attempt, at, level, message, fields)"
    " values ($1, $2, 1, now() - $3 * interval '1 day', 'INFO', '', '')",
    "insert into mattock.event (tenant_id, event_id, at, key, payload, priority)"
    " values ($1, $2, now() - $3 * interval '1 day', 'k', '{}', 1)",
    "insert into mattock.event_run (tenant_id, event_id, at, run_id)"
    " values ($1, $2, now() - $3 * interval '1 day', $2)",
    "insert into mattock.audit (tenant_id, audit_id, at, actor, operation, target, status, address)"
    " values ($1, $2, now() - $3 * interval '1 day', 'a', 'o', 't', 200, '')",
    "insert into mattock.schedule (tenant_id, schedule_id, workflow, at, input, priority, child_key, created_at,"
    " run_id, problem) values ($1, $2, 'w', extract(epoch from now() - $3 * interval '1 day'), '', 1, '', 0, $2, '')",
)
TABLES = (*DAILY, "step", "audit", "schedule")


@pytest_asyncio.fixture(loop_scope="session")
async def tenants(house: Any) -> AsyncIterator[tuple[str, str]]:
    """One that keeps five days, and one that keeps what the server does."""
    made = [(await house.store.put_tenant(new_id(), f"t-{new_id()}", "T"))["tenant_id"] for _ in range(2)]
    # Of some days there are partitions, of others not.
    for table in DAILY:
        await house.store.pool.execute(
            "select mattock.add_partition_v1($1, (now() at time zone 'utc')::date - 6)", table
        )
    for tenant in made:
        for days, count in ((1, 3), (6, 2500), (10, 4)):
            workflow = new_id()
            await house.store.pool.execute(RUN, tenant, workflow, days, count)
            await house.store.pool.execute(STEP, workflow)
            for sql in OTHERS:
                await house.store.pool.execute(sql, tenant, new_id(), days)
    await house.store.retention("put", made[0], 5)
    yield made[0], made[1]


async def counts(house: Any, tenant: str) -> dict[str, int]:
    sql = "select count(*) from mattock.{} where tenant_id = $1"
    return {table: await house.store.pool.fetchval(sql.format(table), tenant) for table in TABLES}


async def test_a_shorter_time(house: Any, tenants: tuple[str, str]) -> None:
    shorter, other = tenants
    before = await counts(house, other)
    assert before == {"finished_run": 2507, "step": 2507, **dict.fromkeys([*list(DAILY)[1:], "audit", "schedule"], 3)}
    assert await counts(house, shorter) == before
    await delete_expired(house.store, LONGEST, busy=1.0)
    assert await counts(house, shorter) == {**dict.fromkeys(TABLES, 1), "finished_run": 3, "step": 3}
    assert await counts(house, other) == before
    # What a tenant has chosen does not lengthen what the server keeps.
    await house.store.retention("put", other, 20)
    await delete_expired(house.store, 8, busy=1.0)
    assert (await counts(house, other))["audit"] == 2
    assert await delete_expired(house.store, LONGEST, busy=1.0) == 0


async def test_one_replica_at_a_time(house: Any) -> None:
    connection = await house.store.connect()
    await connection.execute("select pg_advisory_lock(7261023152)")
    assert await delete_expired(house.store, LONGEST) is None
    await connection.close()


async def test_rest(house: Any) -> None:
    http, path = house.ours.http, f"/api/v1/tenants/{house.ours.tenant_id}/retention"
    assert (await http.get(path)).json() == {"days": 30, "own": None, "longest": 30}
    assert (await http.put(path, json={"days": 7})).json() == {"days": 7, "own": 7, "longest": 30}
    for days in (0, 31, -1, "x"):
        refused = await http.put(path, json={"days": days})
        assert refused.status_code == 400
        assert "days" in refused.text
    assert (await http.get(path)).json()["days"] == 7
    assert (await http.put(path, json={})).json() == {"days": 30, "own": None, "longest": 30}
