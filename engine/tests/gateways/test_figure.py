"""Figures of what has ended: exact for a small history, scaled up from a bounded part of a large one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mattock_engine.identity import new_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

# $4 tasks of a workflow, made at $5 all at once, that waited one second and ran for 1 to 100 hundredths of one.
INSERT = """
insert into mattock.finished_run (tenant_id, run_id, kind, workflow_id, version_id, task_name, status, attempt,
    app_failures, reassignments, priority, queue_id, sort_key, error, skipped, slot_released, created_at, queued_at,
    assigned_at, started_at, finished_at)
select $1, gen_random_uuid(), 0, $2, $2, 't', $3::smallint, 0, 0, 0, 1, 0, 0,
    case when $3::smallint = 3 then e'ValueError: no\ntrace ' || n end, false, false, $5::timestamptz, $5,
    $5 + interval '1 second', $5 + interval '1 second', $5 + interval '1 second' + (n % 100 + 1) * interval '10 ms'
from generate_series(0, $4::int - 1) n
"""


async def fill(house: Any, workflow_id: str, status: int, number: int, at: datetime) -> None:
    await house.store.pool.execute(INSERT, house.theirs.tenant_id, workflow_id, status, number, at)


async def test_figures_are_exact_for_a_small_history_and_scaled_for_a_large_one(house: Any) -> None:
    until = datetime(2031, 1, 2, 12, tzinfo=UTC)
    since = until - timedelta(hours=1)
    one, other = new_id(), new_id()
    await fill(house, one, 2, 300, since + timedelta(minutes=10))
    await fill(house, one, 3, 100, since + timedelta(minutes=30))
    await fill(house, other, 4, 7, since + timedelta(minutes=30))
    # Created before the time, ended within it: it counts, as it ended then.
    await fill(house, other, 2, 5, since - timedelta(seconds=1.001))
    query = {"since": since.isoformat(), "until": until.isoformat()}
    found = (await house.theirs.http.get(f"{house.theirs.stable}/task-figures", params=query)).json()
    assert not found["isSampled"]
    assert found["seconds"] == 60
    assert [found["total"][key] for key in ("succeeded", "failed", "cancelled")] == [305, 100, 7]
    assert {row["workflowId"]: row["succeeded"] for row in found["workflows"]} == {one: 300, other: 5}
    assert [(row["time"], row["succeeded"], row["failed"]) for row in found["slices"]] == [
        ("2031-01-02T11:00:00Z", 5, 0),
        ("2031-01-02T11:10:00Z", 300, 0),
        ("2031-01-02T11:30:00Z", 0, 100),
    ]
    assert found["total"]["waited"] == pytest.approx([1, 1, 1])
    assert found["total"]["ran"] == pytest.approx([0.5, 0.95, 0.99], abs=0.02)

    narrowed = (
        await house.theirs.http.get(f"{house.theirs.stable}/task-figures", params={**query, "workflow_ids": other})
    ).json()
    assert [narrowed["total"][key] for key in ("succeeded", "failed", "cancelled")] == [5, 0, 7]

    await fill(house, one, 2, 5_000, since + timedelta(minutes=20))
    middling = (await house.theirs.http.get(f"{house.theirs.stable}/task-figures", params=query)).json()
    assert not middling["isSampled"]
    assert middling["total"]["succeeded"] == 5_305

    await fill(house, one, 2, 15_000, since + timedelta(minutes=20))
    large = (await house.theirs.http.get(f"{house.theirs.stable}/task-figures", params=query)).json()
    assert large["isSampled"]
    assert large["total"]["succeeded"] == 20_305
    assert large["total"]["ran"] == pytest.approx([0.5, 0.95, 0.99], abs=0.05)


async def test_failures_are_grouped_by_the_first_line(house: Any) -> None:
    at = datetime(2032, 3, 4, tzinfo=UTC)
    workflow_id = new_id()
    await fill(house, workflow_id, 3, 12, at)
    query = {"since": at.isoformat(), "until": (at + timedelta(hours=1)).isoformat()}
    (group,) = (await house.theirs.http.get(f"{house.theirs.stable}/task-errors", params=query)).json()["rows"]
    assert group["error"] == "ValueError: no"
    assert group["count"] == 12
    assert group["workflowIds"] == [workflow_id]
    assert group["taskExternalId"] == group["workflowRunExternalId"]
    assert group["lastAt"] > group["firstAt"] > query["since"]


@pytest.mark.parametrize("path", ["task-figures", "task-errors"])
async def test_a_time_that_ends_before_it_begins_is_refused(house: Any, path: str) -> None:
    query = {"since": "2031-01-02T00:00:00Z", "until": "2031-01-01T00:00:00Z"}
    refused = await house.theirs.http.get(f"{house.theirs.stable}/{path}", params=query)
    assert refused.status_code == 400
    assert "until: expected a time with its end after its begin" in refused.text


async def test_a_tenant_without_tasks_has_figures(house: Any) -> None:
    query = {"since": "2033-01-01T00:00:00Z", "until": "2033-01-02T00:00:00Z"}
    found = (await house.ours.http.get(f"{house.ours.stable}/task-figures", params=query)).json()
    assert found["total"] == {"succeeded": 0, "failed": 0, "cancelled": 0, "waited": [], "ran": []}
    assert found["slices"] == found["workflows"] == []


async def test_children_are_counted_as_runs(house: Any) -> None:
    parent = new_id()
    await fill(house, new_id(), 2, 3, datetime(2034, 1, 1, tzinfo=UTC))
    await fill(house, new_id(), 3, 2, datetime(2034, 1, 1, tzinfo=UTC))
    await house.store.pool.execute(
        "update mattock.finished_run set parent_task_id = $1 where tenant_id = $2 and created_at = '2034-01-01Z'",
        parent,
        house.theirs.tenant_id,
    )
    query = {"parent_task_external_id": parent}
    rows = (await house.theirs.http.get(f"{house.theirs.stable}/child-run-counts", params=query)).json()
    assert {row["status"]: row["count"] for row in rows if row["count"]} == {"COMPLETED": 3, "FAILED": 2}
    assert all(
        row["count"] == 0
        for row in (await house.ours.http.get(f"{house.ours.stable}/child-run-counts", params=query)).json()
    )
