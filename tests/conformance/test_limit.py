"""Concurrency, rate limits, and the choice of a worker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hatchet_sdk import (
    BulkTriggerIdempotencyCollisionError,
    FailedTaskRunExceptionGroup,
    IdempotencyCollisionError,
    TriggerWorkflowOptions,
    V1TaskStatus,
)
from hatchet_sdk.exceptions import TaskRunError
from hatchet_sdk.types.rate_limit import RateLimitDuration

from .asking import ended, key
from .limit_flow import Key, KeyedMeeting
from .midst import AWAY

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def run_all(task: Any, inputs: list[Key]) -> list[dict[str, Any]]:
    """Runs a task with each of the inputs."""
    return list(await task.aio_run_many([task.create_bulk_run_item(input=each) for each in inputs]))


async def status_of(flows: Any, ref: Any) -> V1TaskStatus:
    """Of a run."""
    status: V1TaskStatus = await flows.hatchet.runs.aio_get_status(ref.workflow_run_id)
    return status


async def test_at_most_two_of_each_key_run(limits: Any) -> None:
    keys = [key() for _ in range(3)]
    results = await run_all(limits.two_a_key, [Key(key=each) for each in keys * 6])
    assert max(result["most"] for result in results) == 2


@pytest.mark.calm("so many at once are reached only where nobody stands still")
async def test_a_number_limits_all_runs(limits: Any) -> None:
    results = await run_all(limits.three_in_all, [Key(key=key()) for _ in range(12)])
    assert max(result["most"] for result in results) == 3


async def test_a_limit_shared_by_two_workflows(limits: Any) -> None:
    inputs = [Key(key=key())] * 4
    one, other = await asyncio.gather(run_all(limits.share_one, inputs), run_all(limits.share_other, inputs))
    assert {result["most"] for result in (*one, *other)} == {1}


async def test_a_workflows_limit_counts_runs(limits: Any) -> None:
    results = await run_all(limits.chain, [Key(key=key())] * 6)
    assert {output["most"] for result in results for output in result.values()} == {1}


@pytest.mark.calm("so many at once are reached only where nobody stands still")
async def test_a_limit_by_expression(limits: Any) -> None:
    results = await run_all(limits.by_expression, [Key(key=key(), units=3)] * 9)
    assert max(result["most"] for result in results) == 3


async def test_an_expression_that_fails(limits: Any) -> None:
    with pytest.raises((FailedTaskRunExceptionGroup, TaskRunError), match="failed to parse step expression"):
        await limits.bad_key.aio_run(Key(key="x"))


async def begin_meeting(task: Any, meeting: Any, name: str, at: str) -> Any:
    """Starts a run that waits to be let go."""
    return await task.aio_run(KeyedMeeting(folder=str(meeting.folder), name=name, key=at), wait_for_result=False)


async def test_cancel_in_progress(limits: Any, meeting: Any) -> None:
    task, at = limits.meetings["CANCEL_IN_PROGRESS"], key()
    older = await begin_meeting(task, meeting, "older", at)
    await asyncio.to_thread(meeting.wait_begun, "older")
    newer = await begin_meeting(task, meeting, "newer", at)
    await asyncio.to_thread(meeting.wait_cancelled, "older")
    meeting.let_go("newer")
    assert await newer.aio_result() == {"name": "newer"}
    assert await status_of(limits, older) == V1TaskStatus.CANCELLED


async def test_cancel_newest(limits: Any, meeting: Any) -> None:
    task, at = limits.meetings["CANCEL_NEWEST"], key()
    older = await begin_meeting(task, meeting, "older", at)
    await asyncio.to_thread(meeting.wait_begun, "older")
    newer = await begin_meeting(task, meeting, "newer", at)
    other = await begin_meeting(task, meeting, "other", key())
    assert await ended(limits, newer.workflow_run_id) == V1TaskStatus.CANCELLED
    meeting.let_go("older")
    meeting.let_go("other")
    assert await older.aio_result() == {"name": "older"}
    assert await other.aio_result() == {"name": "other"}


@pytest.mark.parametrize(
    ("strategy", "stays"), [("CANCEL_QUEUED_EXCEPT_NEWEST", "third"), ("CANCEL_QUEUED_EXCEPT_OLDEST", "second")]
)
async def test_one_stays_queued(limits: Any, meeting: Any, strategy: str, stays: str) -> None:
    task, at = limits.meetings[strategy], key()
    first = await begin_meeting(task, meeting, "first", at)
    await asyncio.to_thread(meeting.wait_begun, "first")
    queued = {name: await begin_meeting(task, meeting, name, at) for name in ("second", "third")}
    for name, ref in queued.items():
        if name != stays:
            assert await ended(limits, ref.workflow_run_id) == V1TaskStatus.CANCELLED
    for name in ("first", stays):
        meeting.let_go(name)
    assert await first.aio_result() == {"name": "first"}
    assert await queued[stays].aio_result() == {"name": stays}


async def test_units_of_a_rate_limit(limits: Any) -> None:
    at = key()
    await limits.three_a_minute.aio_run(Key(key=at, units=2))
    blocked = await limits.three_a_minute.aio_run(Key(key=at, units=2), wait_for_result=False)
    await limits.three_a_minute.aio_run(Key(key=at, units=1))
    await limits.three_a_minute.aio_run(Key(key=key(), units=3))
    assert await status_of(limits, blocked) == V1TaskStatus.QUEUED
    rows = (await limits.hatchet.rate_limits.aio_list(search=at)).rows
    assert [(row.key, row.limit_value, row.value, row.window) for row in rows] == [(f"minute-{at}", 3, 0, "1 minute")]
    await limits.hatchet.runs.aio_cancel(blocked.workflow_run_id)
    assert await ended(limits, blocked.workflow_run_id) == V1TaskStatus.CANCELLED


async def test_a_rate_limit_opens_again(limits: Any) -> None:
    results = await run_all(limits.two_a_second, [Key(key=key())] * 5)
    times = sorted(result["at"] for result in results)
    assert times[4] - times[0] > 1.8, "five passed where two a second may"


async def test_a_declared_rate_limit_and_its_pause(limits: Any) -> None:
    rate_limits = limits.hatchet.rate_limits
    await rate_limits.aio_put("static", 100, RateLimitDuration.SECOND)
    until = datetime.now(UTC) + timedelta(hours=1)
    assert abs((await rate_limits.aio_pause("static", until)) - until) < timedelta(seconds=1)
    blocked = await limits.static_rate.aio_run(Key(key="x"), wait_for_result=False)
    row = next(row for row in (await rate_limits.aio_list(search="static")).rows if row.key == "static")
    assert (row.limit_value, row.value, row.window) == (100, 100, "1 second")
    assert await status_of(limits, blocked) == V1TaskStatus.QUEUED
    await limits.hatchet.runs.aio_cancel(blocked.workflow_run_id)


async def test_required_labels(limits: Any) -> None:
    results = await asyncio.gather(*(limits.on_large.aio_run() for _ in range(4)))
    assert {result["model"] for result in results} == {"large"}
    results = await asyncio.gather(*(limits.on_little_memory.aio_run() for _ in range(4)))
    assert {result["model"] for result in results} == {"small"}


async def test_preferred_labels(limits: Any) -> None:
    results = [await limits.rather_small.aio_run() for _ in range(4)]
    assert {result["model"] for result in results} == {"small"}


async def test_labels_of_a_run(limits: Any) -> None:
    from hatchet_sdk import DesiredWorkerLabel

    for model in ("large", "small"):
        wish = DesiredWorkerLabel(key="model", value=model, required=True)
        options = TriggerWorkflowOptions(desired_worker_label=[wish])
        results = [await limits.anywhere.aio_run(options=options) for _ in range(3)]
        assert {result["model"] for result in results} == {model}


async def test_nobody_has_the_label(limits: Any) -> None:
    ref = await limits.nowhere.aio_run(wait_for_result=False)
    assert await ended(limits, ref.workflow_run_id) == V1TaskStatus.FAILED


# A soft wish goes to another worker while its own one is still coming back.
SOFT = pytest.param("SOFT", marks=AWAY)


@pytest.mark.parametrize("strategy", [SOFT, "HARD"])
async def test_tasks_of_a_sticky_run_stay_together(limits: Any, strategy: str) -> None:
    results = await asyncio.gather(*(limits.sticky[strategy].aio_run() for _ in range(6)))
    assert all(len({output["model"] for output in result.values()}) == 1 for result in results)
    assert len({output["model"] for result in results for output in result.values()}) == 2, "both are used"


@pytest.mark.calm("the time that the key is taken for passes meanwhile")
async def test_one_run_of_a_key_for_a_while(limits: Any) -> None:
    task = limits.once_a_while
    first = await task.aio_run(Key(key=(chosen := key())), wait_for_result=False)
    with pytest.raises(IdempotencyCollisionError) as refused:
        await task.aio_run(Key(key=chosen), wait_for_result=False)
    assert str(refused.value.existing_run_external_id) == first.workflow_run_id
    other = key()
    items = [task.create_bulk_run_item(input=Key(key=each)) for each in (other, chosen)]
    with pytest.raises(BulkTriggerIdempotencyCollisionError) as refused_many:
        await task.aio_run_many(items, wait_for_result=False)
    assert len(refused_many.value.successful_workflow_run_external_ids) == 1
    assert len(refused_many.value.collisions) == 1
    # Its time passes.
    for _ in range(200):
        try:
            again = await task.aio_run(Key(key=chosen), wait_for_result=False)
            break
        except IdempotencyCollisionError:
            await asyncio.sleep(0.05)
    assert again.workflow_run_id != first.workflow_run_id
    assert (await again.aio_result()) == {"key": chosen}


async def test_one_run_of_a_key_at_a_time(limits: Any, meeting: Any) -> None:
    task, chosen = limits.once_at_a_time, key()
    of = KeyedMeeting(key=chosen, **meeting.at().model_dump())
    first = await task.aio_run(of, wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    with pytest.raises(IdempotencyCollisionError):
        await task.aio_run(of, wait_for_result=False)
    meeting.let_go()
    await first.aio_result()
    assert (await (await task.aio_run(of, wait_for_result=False)).aio_result()) == {"key": chosen}


async def wait_reason(limits: Any, ref: Any) -> str:
    """What a task waits for, as the server says."""
    config = limits.hatchet.config
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {config.token}"}) as http:
        found = await http.get(f"{config.server_url}/api/v1/stable/tasks/{ref.workflow_run_id}")
    return str(found.json().get("waitReason") or "")


async def test_a_task_says_what_it_waits_for(limits: Any, meeting: Any) -> None:
    task, chosen = limits.meetings["CANCEL_QUEUED_EXCEPT_OLDEST"], key()
    first = await task.aio_run(KeyedMeeting(key=chosen, **meeting.at().model_dump()), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    second = await task.aio_run(KeyedMeeting(key=chosen, **meeting.at().model_dump()), wait_for_result=False)
    assert await wait_reason(limits, second) == f"concurrency limit of 1 for '{chosen}'"
    assert await wait_reason(limits, first) == ""
    nowhere = await limits.nowhere.aio_run(wait_for_result=False)
    assert await wait_reason(limits, nowhere) == "a worker with the labels that it desires"
    await limits.hatchet.runs.aio_cancel(nowhere.workflow_run_id)
    meeting.let_go()
    await first.aio_result()
    await second.aio_result()


async def test_a_paused_workflow_holds_what_is_queued(limits: Any) -> None:
    workflows, task = limits.hatchet.workflows, limits.two_a_key
    workflow_id = next(row.metadata.id for row in (await workflows.aio_list(workflow_name=task.name)).rows)
    assert (await workflows.aio_pause(workflow_id, timedelta(hours=1))).is_paused
    try:
        refs = [await task.aio_run(Key(key=key()), wait_for_result=False) for _ in range(3)]
        assert await wait_reason(limits, refs[0]) == "its workflow is paused"
        assert {await status_of(limits, ref) for ref in refs} == {V1TaskStatus.QUEUED}
    finally:
        assert not (await workflows.aio_unpause(workflow_id)).is_paused
    assert len(await asyncio.gather(*(ref.aio_result() for ref in refs))) == 3
