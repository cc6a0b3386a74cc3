"""Tasks by themselves: inputs, outputs, metadata, failures, time limits, logs, streams."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hatchet_sdk import EmptyModel, FailedTaskRunExceptionGroup, TriggerWorkflowOptions, V1TaskStatus

from .flow import Number

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_sync_and_async_tasks_give_their_outputs(flows: Any) -> None:
    assert await flows.double.aio_run(Number(n=4)) == {"n": 8}
    assert await flows.aio_double.aio_run(Number(n=5)) == {"n": 10}
    # The blocking client polls in place of subscribing.
    assert await asyncio.to_thread(flows.aio_double.run, Number(n=6)) == {"n": 12}


async def test_a_task_without_output(flows: Any) -> None:
    assert isinstance(await flows.nothing.aio_run(), EmptyModel)


async def test_context_and_metadata(flows: Any, midst: Any) -> None:
    options = TriggerWorkflowOptions(additional_metadata={"team": "docs", "n": "1"}, priority=3)
    ref = await flows.tell_context.aio_run(options=options, wait_for_result=False)
    told = await ref.aio_result()
    run_id = ref._wrr.workflow_run_id if hasattr(ref, "_wrr") else told["run"]
    assert told["run"] == told["task"] == run_id
    assert told["metadata"]["team"] == "docs"
    assert told["metadata"]["n"] == "1"
    assert told["metadata"]["kind"] == "default"
    assert told["priority"] == 3
    # An assignment that dies with the engine is made again.
    assert told["attempt"] == 1 or midst.moments
    details = await flows.hatchet.runs.aio_get(run_id)
    assert details.run.additional_metadata["team"] == "docs"
    assert details.run.status == V1TaskStatus.COMPLETED
    found = await flows.hatchet.runs.aio_list(additional_metadata={"team": "docs"}, only_tasks=True)
    assert run_id in [row.metadata.id for row in found.rows]


async def test_retries_with_backoff(flows: Any) -> None:
    assert await flows.flaky.aio_run() == {"retry_count": 2}


async def test_a_failure_comes_back_with_its_traceback(flows: Any) -> None:
    ref = await flows.broken.aio_run(wait_for_result=False)
    with pytest.raises(FailedTaskRunExceptionGroup, match="attempt 1 of: 2") as caught:
        await ref.aio_result()
    (error,) = caught.value.exceptions
    assert error.exc_type == "KeyError"
    assert "flow.py" in error.trace


async def test_a_non_retryable_failure_is_not_retried(flows: Any) -> None:
    run = await flows.hatchet.runs.aio_create("hopeless", {})
    with pytest.raises(FailedTaskRunExceptionGroup, match="not again"):
        await flows.hatchet.runs.get_run_ref(run.run.metadata.id).aio_result()
    details = await flows.hatchet.runs.aio_get(run.run.metadata.id)
    assert details.tasks[0].retry_count == 0
    assert details.run.status == V1TaskStatus.FAILED
    assert [event.event_type for event in details.task_events].count("FAILED") == 1


async def test_a_retry_may_choose_its_delay(flows: Any) -> None:
    assert await flows.late.aio_run() == {"retry_count": 1}


async def test_execution_timeout_is_a_failure_that_is_retried(flows: Any) -> None:
    run = await flows.hatchet.runs.aio_create("slow", {})
    result = await flows.hatchet.runs.get_run_ref(run.run.metadata.id).aio_result()
    assert result["slow"] == {"retry_count": 1}
    details = await flows.hatchet.runs.aio_get(run.run.metadata.id)
    timed_out = [event for event in details.task_events if event.event_type == "TIMED_OUT"]
    assert [event.error_message for event in timed_out] == ["Task exceeded timeout of 1s"]


async def test_schedule_timeout(flows: Any) -> None:
    run = await flows.hatchet.runs.aio_create("homeless", {})
    with pytest.raises(FailedTaskRunExceptionGroup):
        await flows.hatchet.runs.get_run_ref(run.run.metadata.id).aio_result()
    details = await flows.hatchet.runs.aio_get(run.run.metadata.id)
    assert "SCHEDULING_TIMED_OUT" in [event.event_type for event in details.task_events]


async def test_refresh_timeout(flows: Any, meeting: Any) -> None:
    ref = await flows.extended.aio_run(meeting.at(), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    run_id = ref._wrr.workflow_run_id
    details = await flows.hatchet.runs.aio_get(run_id)
    assert "TIMEOUT_REFRESHED" in [event.event_type for event in details.task_events]
    meeting.let_go()
    assert await ref.aio_result() == {"done": True}


async def test_logs(flows: Any) -> None:
    run = await flows.hatchet.runs.aio_create("tell-log", {"n": 5})
    run_id = run.run.metadata.id
    await flows.hatchet.runs.get_run_ref(run_id).aio_result()
    lines: list[str] = []
    # Lines travel beside the outcome and may be behind it.
    async with asyncio.timeout(30):
        while len(lines) < 5:
            found = await flows.hatchet.logs.aio_list(run_id)
            lines = [line.message for line in found.rows or [] if line.message.startswith("line ")]
    assert lines == [f"line {number}" for number in range(5)]


async def test_streams_come_in_order_and_end_with_the_run(flows: Any, meeting: Any) -> None:
    ref = await flows.tell_stream.aio_run(meeting.at(times=50), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    stream = flows.hatchet.runs.subscribe_to_stream(ref._wrr.workflow_run_id)
    first = asyncio.ensure_future(anext(stream))
    meeting.let_go()
    chunks = [await first]
    async for chunk in stream:
        chunks.append(chunk)
    assert chunks == [f"chunk {number}" for number in range(50)]
    assert await ref.aio_result() == {"chunks": 50}
