"""Workflows of several tasks, replays, and families of runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hatchet_sdk import FailedTaskRunExceptionGroup, V1TaskStatus

from .flow import Number

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_parents_outputs(flows: Any) -> None:
    result = await flows.diamond.aio_run(Number(n=3))
    assert {name: output["n"] for name, output in result.items()} == {"top": 3, "left": 4, "right": 30, "bottom": 34}


async def test_a_run_as_rest_shows_it(flows: Any) -> None:
    ref = await flows.diamond.aio_run_no_wait(Number(n=1))
    await ref.aio_result()
    details = await flows.hatchet.runs.aio_get(ref.workflow_run_id)
    assert details.run.status == V1TaskStatus.COMPLETED
    assert details.run.input == {"n": 1}
    assert details.run.output["bottom"] == {"n": 12}
    assert sorted(item.task_name for item in details.shape) == ["bottom", "left", "right", "top"]
    ids = {item.task_name: item.task_external_id for item in details.shape}
    task = await flows.hatchet.runs.aio_get_task_run(ids["left"])
    assert task.output == {"n": 2}
    assert task.workflow_run_external_id == ref.workflow_run_id
    assert await flows.hatchet.runs.aio_get_status(ref.workflow_run_id) == V1TaskStatus.COMPLETED
    workflow = await flows.hatchet.workflows.aio_get(details.run.workflow_id)
    assert workflow.name == flows.diamond.name


async def test_on_success_after_all_tasks(flows: Any) -> None:
    result = await flows.careful.aio_run(Number(n=7))
    outputs = [output for output in result.values() if output.get("after") == 7]
    assert len(outputs) == 1


async def test_on_failure_gets_the_errors(flows: Any) -> None:
    ref = await flows.careful.aio_run_no_wait(Number(n=-1))
    with pytest.raises(FailedTaskRunExceptionGroup, match="a negative number"):
        await ref.aio_result()
    details = await flows.hatchet.runs.aio_get(ref.workflow_run_id)
    assert details.run.status == V1TaskStatus.FAILED
    report = next(task for task in details.tasks if "report" in task.display_name or "errors" in task.output)
    assert "a negative number: refused" in report.output["errors"]["work"]


@pytest.mark.calm("an attempt that its worker never got counts too")
async def test_replay_of_a_failed_run(flows: Any, meeting: Any) -> None:
    ref = await flows.fails_until.aio_run(meeting.at(), wait_for_result=False)
    with pytest.raises(FailedTaskRunExceptionGroup):
        await ref.aio_result()
    meeting.let_go()
    run_id = ref._wrr.workflow_run_id
    await flows.hatchet.runs.aio_replay(run_id)
    result = await flows.hatchet.runs.get_run_ref(run_id).aio_result()
    assert result["fails_until" if "fails_until" in result else "fails-until"] == {"retry_count": 1}
    assert await flows.hatchet.runs.aio_get_status(run_id) == V1TaskStatus.COMPLETED


async def test_replay_of_a_task_keeps_what_is_upstream(flows: Any, meeting: Any) -> None:
    ref = await flows.counting.aio_run_no_wait(meeting.at())
    with pytest.raises(FailedTaskRunExceptionGroup):
        await ref.aio_result()
    details = await flows.hatchet.runs.aio_get(ref.workflow_run_id)
    second = next(item.task_external_id for item in details.shape if item.task_name == "second")
    meeting.let_go()
    await flows.hatchet.runs.aio_replay(second)
    result = await flows.hatchet.runs.get_run_ref(ref.workflow_run_id).aio_result()
    assert result == {"first": {"calls": 1}, "second": {"first": 1}, "third": {"first": 1}}


async def test_a_retried_parent_finds_its_children(flows: Any) -> None:
    result = await flows.parent.aio_run(Number(n=5))
    assert result["same"]
    assert result["sum"] == 20
    assert len(set(result["ids"])) == 5
    child = await flows.hatchet.runs.aio_get(result["ids"][0])
    assert child.run.additional_metadata["hatchet__parent_workflow_run_id"]


async def test_a_parent_sees_its_childs_error(flows: Any) -> None:
    told = await flows.unhappy_parent.aio_run()
    assert told["type"] == "FailedTaskRunExceptionGroup"
    assert "attempt 1 of: 2" in told["text"]


async def test_a_thousand_runs_in_one_call(flows: Any) -> None:
    items = [flows.aio_double.create_bulk_run_item(input=Number(n=n)) for n in range(1000)]
    results = await flows.aio_double.aio_run_many(items)
    assert [result["n"] for result in results] == [2 * n for n in range(1000)]


async def test_cancelling_a_run_stops_its_task(flows: Any, meeting: Any) -> None:
    ref = await flows.wait.aio_run(meeting.at(), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    await flows.hatchet.runs.aio_cancel(ref._wrr.workflow_run_id)
    await asyncio.to_thread(meeting.wait_cancelled)
    with pytest.raises(Exception, match=r"(?i)cancel"):
        await ref.aio_result()
    assert await flows.hatchet.runs.aio_get_status(ref._wrr.workflow_run_id) == V1TaskStatus.CANCELLED


async def test_cancelling_a_parent_cancels_its_children(flows: Any, meeting: Any) -> None:
    ref = await flows.guardian.aio_run(meeting.at("guardian"), wait_for_result=False)
    child_id = await asyncio.to_thread(meeting.wait_begun, "guardian")
    await asyncio.to_thread(meeting.wait_begun, "child")
    await flows.hatchet.runs.aio_cancel(ref._wrr.workflow_run_id)
    await asyncio.to_thread(meeting.wait_cancelled, "child")
    assert await flows.hatchet.runs.aio_get_status(child_id) == V1TaskStatus.CANCELLED


async def test_cancelling_by_filter(flows: Any, meeting: Any) -> None:
    from hatchet_sdk import BulkCancelReplayOpts, RunFilter, TriggerWorkflowOptions

    options = TriggerWorkflowOptions(additional_metadata={"sweep": str(meeting.folder)})
    refs = [await flows.wait.aio_run(meeting.at(f"t{n}"), options=options, wait_for_result=False) for n in range(3)]
    since = (await flows.hatchet.runs.aio_get(refs[0]._wrr.workflow_run_id)).run.metadata.created_at
    wanted = RunFilter(since=since, additional_metadata={"sweep": str(meeting.folder)})
    await flows.hatchet.runs.aio_bulk_cancel(BulkCancelReplayOpts(filters=wanted))
    for ref in refs:
        assert await flows.hatchet.runs.aio_get_status(ref._wrr.workflow_run_id) == V1TaskStatus.CANCELLED
