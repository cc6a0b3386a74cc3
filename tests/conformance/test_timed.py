"""Crons and schedules."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hatchet_sdk import ScheduleTriggerWorkflowOptions
from hatchet_sdk.clients.rest.exceptions import NotFoundException

from .asking import until
from .timed_flow import Note, TimedFlows

pytestmark = pytest.mark.asyncio(loop_scope="session")
FAR = timedelta(days=400)


async def runs_of(timed: TimedFlows, key: str, value: str) -> list[Any]:
    """Runs with a pair of metadata."""
    return list((await timed.hatchet.runs.aio_list(additional_metadata={key: value}, limit=1000)).rows)


async def test_a_declared_cron_fires_once_a_tick(timed: TimedFlows) -> None:
    async def three() -> Any:
        # Other workflows may have such a cron, too.
        rows = await runs_of(timed, "hatchet__cron_expression", "* * * * * *")
        rows = [row for row in rows if row.workflow_name == timed.every_second.name]
        return rows if len(rows) >= 3 else None

    rows = await until(three)
    ticks = [row.additional_metadata["hatchet__cron_scheduled_at"] for row in rows]
    assert len(set(ticks)) == len(ticks)
    crons = (await timed.hatchet.cron.aio_list(workflow_name=timed.every_second.name)).rows or []
    assert [(cron.cron, cron.enabled, cron.method.value) for cron in crons] == [("* * * * * *", True, "DEFAULT")]


async def test_a_cron_by_the_api(timed: TimedFlows) -> None:
    name = f"cron-{uuid.uuid4()}"
    cron = await timed.timed.aio_create_cron(
        name, "*/1 * * * * *", Note(text="tick"), additional_metadata={"which": name}, priority=2
    )
    try:
        assert (cron.name, cron.workflow_name, cron.cron) == (name, timed.timed.name, "*/1 * * * * *")
        rows = await until(lambda: runs_of(timed, "which", name))
        result = await timed.hatchet.runs.get_run_ref(rows[0].workflow_run_external_id).aio_result()
        output = next(iter(result.values()))
        assert (output["text"], output["priority"]) == ("tick", 2)
        assert output["metadata"]["hatchet__cron_name"] == name
        assert (await timed.hatchet.cron.aio_get(cron.metadata.id)).input == {"text": "tick"}
        with pytest.raises(Exception, match="has a cron of that name"):
            await timed.timed.aio_create_cron(name, "*/1 * * * * *", Note())
    finally:
        await timed.hatchet.cron.aio_delete(cron.metadata.id)
    with pytest.raises(NotFoundException):
        await timed.hatchet.cron.aio_get(cron.metadata.id)


async def test_bad_crons(timed: TimedFlows) -> None:
    for expression in ("61 * * * *", "* * 32 * *"):
        with pytest.raises(Exception, match="no cron expression"):
            await timed.timed.aio_create_cron("bad", expression, Note())


@pytest.mark.calm("its time passes meanwhile")
async def test_a_schedule_fires_at_its_time(timed: TimedFlows) -> None:
    which = str(uuid.uuid4())
    at = datetime.now(UTC) + timedelta(seconds=1)
    options = ScheduleTriggerWorkflowOptions(additional_metadata={"which": which})
    version = await timed.timed.aio_schedule(at, Note(text="later"), options)
    schedule_id = version.scheduled_workflows[0].id
    waiting = await timed.hatchet.scheduled.aio_get(schedule_id)
    assert (waiting.workflow_run_status, waiting.workflow_name) == (None, timed.timed.name)
    assert abs(waiting.trigger_at - at) < timedelta(milliseconds=10)
    rows = await until(lambda: runs_of(timed, "which", which))
    assert len(rows) == 1
    assert rows[0].created_at >= at - timedelta(milliseconds=10)
    result = await timed.hatchet.runs.get_run_ref(rows[0].workflow_run_external_id).aio_result()
    assert next(iter(result.values()))["text"] == "later"
    fired = await timed.hatchet.scheduled.aio_get(schedule_id)
    assert fired.workflow_run_status is not None
    assert (fired.workflow_run_id, fired.workflow_run_status.value) == (
        rows[0].workflow_run_external_id,
        "SUCCEEDED",
    )


async def test_schedules_are_listed_moved_and_deleted(timed: TimedFlows) -> None:
    scheduled, which = timed.hatchet.scheduled, str(uuid.uuid4())
    at = datetime.now(UTC) + FAR
    made = [
        await scheduled.aio_create(timed.timed.name, at + timedelta(hours=n), {"text": str(n)}, {"which": which})
        for n in range(5)
    ]
    ids = [each.metadata.id for each in made]
    listed = (await scheduled.aio_list(additional_metadata={"which": which})).rows or []
    assert {each.metadata.id for each in listed} == set(ids)
    moved = await scheduled.aio_update(ids[0], at - timedelta(days=1))
    assert abs(moved.trigger_at - (at - timedelta(days=1))) < timedelta(milliseconds=10)
    answer = await scheduled.aio_bulk_update([(ids[1], at), (str(uuid.uuid4()), at)])
    assert (len(answer.updated_ids), len(answer.errors)) == (1, 1)
    await scheduled.aio_delete(ids[0])
    gone = await scheduled.aio_bulk_delete(scheduled_ids=ids)
    assert (set(gone.deleted_ids), len(gone.errors)) == (set(ids[1:]), 1)
    assert not (await scheduled.aio_list(additional_metadata={"which": which})).rows


async def test_a_schedule_of_the_past_fires_at_once(timed: TimedFlows) -> None:
    which = str(uuid.uuid4())
    at = datetime.now(UTC) - timedelta(days=1)
    await timed.hatchet.scheduled.aio_create(timed.timed.name, at, {"text": "late"}, {"which": which})
    assert len(await until(lambda: runs_of(timed, "which", which))) == 1


async def test_a_schedule_that_is_moved_to_now(timed: TimedFlows) -> None:
    which = str(uuid.uuid4())
    made = await timed.hatchet.scheduled.aio_create(
        timed.timed.name, datetime.now(UTC) + FAR, {"text": "soon"}, {"which": which}
    )
    await timed.hatchet.scheduled.aio_update(made.metadata.id, datetime.now(UTC) + timedelta(milliseconds=200))
    assert len(await until(lambda: runs_of(timed, "which", which))) == 1
