"""Batch tasks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hatchet_sdk import BulkCancelReplayOpts, FailedTaskRunExceptionGroup, V1TaskStatus
from hatchet_sdk.exceptions import TaskRunError

from .asking import key
from .batch_flow import SIZE, Item, MeetingItem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def run_all(task: Any, items: list[Item]) -> list[dict[str, Any]]:
    """Runs a task with each of the inputs."""
    return list(await task.aio_run_many([task.create_bulk_run_item(input=each) for each in items]))


async def test_a_full_batch_runs_at_once_and_each_run_gets_its_own_output(batches: Any) -> None:
    mine = key()
    results = await run_all(batches.double, [Item(value=number, key=mine) for number in range(SIZE)])
    assert [result["doubled"] for result in results] == [0, 2, 4, 6, 8]
    assert all(result["together"] == list(range(SIZE)) for result in results)


async def test_more_than_a_batch_are_several(batches: Any) -> None:
    mine = key()
    results = await run_all(batches.double, [Item(value=number, key=mine) for number in range(2 * SIZE + 2)])
    assert sorted(len(result["together"]) for result in results) == [2] * 2 + [SIZE] * 2 * SIZE


async def test_what_waits_too_long_runs_alone(batches: Any) -> None:
    result = await batches.double.aio_run(Item(value=21, key=key()))
    assert result["doubled"] == 42
    assert result["together"] == [21]


async def test_runs_of_one_key_run_together(batches: Any) -> None:
    keys = [key(), key()]
    results = await run_all(batches.double, [Item(value=number, key=keys[number % 2]) for number in range(6)])
    assert {tuple(result["keys"]) for result in results} == {(each,) for each in keys}
    assert all(len(result["together"]) == 3 for result in results)


async def test_one_output_for_all(batches: Any) -> None:
    results = await run_all(batches.broadcast, [Item(value=number) for number in (1, 2, 3)])
    assert results == [{"sum": 6}] * 3


async def test_a_batch_that_fails_fails_all_its_runs(batches: Any) -> None:
    for outcome in await asyncio.gather(
        *(batches.fails.aio_run(Item(value=number)) for number in range(2)), return_exceptions=True
    ):
        assert isinstance(outcome, FailedTaskRunExceptionGroup | TaskRunError)
        assert "the whole batch" in str(outcome.exceptions[0] if hasattr(outcome, "exceptions") else outcome)


async def test_so_many_batches_of_a_key_run_at_once(batches: Any) -> None:
    results = await run_all(batches.one_at_a_time, [Item(value=number) for number in range(8)])
    assert {result["most"] for result in results} == {1}


async def test_a_key_that_fails(batches: Any) -> None:
    with pytest.raises((FailedTaskRunExceptionGroup, TaskRunError)) as raised:
        await batches.bad_key.aio_run(Item())
    assert "nothing_of_the_kind" in str(
        raised.value.exceptions[0] if hasattr(raised.value, "exceptions") else raised.value
    )


async def test_a_batch_in_a_workflow(batches: Any) -> None:
    results = await run_all(batches.chain, [Item(value=number) for number in range(3)])
    assert [result["second"] for result in results] == [{"together": 3}] * 3


async def test_a_batch_that_is_replayed(batches: Any) -> None:
    items = [Item(value=number, key=key()) for number in (1, 2)]
    refs = [await batches.double.aio_run(item, wait_for_result=False) for item in items]
    runs, ids = batches.hatchet.runs, [ref.workflow_run_id for ref in refs]
    for run_id in ids:
        await runs.get_run_ref(run_id).aio_result()
    await runs.aio_bulk_replay(BulkCancelReplayOpts(ids=ids))
    for run_id in ids:
        await runs.get_run_ref(run_id).aio_result()
        # An attempt that its worker never got counts too.
        assert (await runs.aio_get(run_id)).tasks[0].retry_count >= 1


@pytest.mark.calm("two runs meet in a batch only where nobody stands still")
async def test_one_of_a_batch_is_cancelled(batches: Any, meeting: Any) -> None:
    refs = [
        await batches.meets.aio_run(MeetingItem(folder=str(meeting.folder), name=name), wait_for_result=False)
        for name in ("one", "other")
    ]
    await asyncio.to_thread(meeting.wait_begun, "one")
    await batches.hatchet.runs.aio_cancel(refs[0].workflow_run_id)
    assert await batches.hatchet.runs.aio_get_status(refs[0].workflow_run_id) == V1TaskStatus.CANCELLED
    meeting.let_go("one")
    meeting.let_go("other")
    assert await refs[1].aio_result() == {"together": 2}
