"""Workers: slots, priorities, pauses, loss."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest
from hatchet_sdk import Priority, TriggerWorkflowOptions

from .flow import Number

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_one_slot_runs_one_task_at_a_time_and_the_urgent_one_first(flows: Any, meeting: Any) -> None:
    hold = await flows.hold.aio_run(meeting.at(), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    waiting = []
    for priority in (Priority.LOW, Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.HIGH):
        options = TriggerWorkflowOptions(priority=priority)
        waiting.append(await flows.take_number.aio_run(Number(), options=options, wait_for_result=False))
    stats = await flows.hatchet.metrics.aio_get_queue_metrics()
    assert stats.get("take-number:take-number", stats.get("take_number:take_number", 5)) >= 5
    meeting.let_go()
    await hold.aio_result()
    numbers = [(await ref.aio_result())["number"] for ref in waiting]
    ranks = sorted(range(5), key=lambda index: numbers[index])
    assert ranks == [3, 4, 2, 0, 1]


async def test_a_released_slot_is_free(flows: Any, meeting: Any) -> None:
    ref = await flows.release.aio_run(meeting.at(), wait_for_result=False)
    await asyncio.to_thread(meeting.wait_begun)
    assert (await flows.take_number.aio_run(Number()))["number"] > 0
    meeting.let_go()
    await ref.aio_result()


async def test_workers_as_rest_shows_them(flows: Any) -> None:
    rows = (await flows.hatchet.workers.aio_list()).rows
    parallel = next(row for row in rows if row.name == "parallel" and row.status == "ACTIVE")
    assert parallel.slot_config["default"].limit == 40
    assert {"zone": "a"}.items() <= {label.key: label.value for label in parallel.labels}.items()
    assert parallel.runtime_info.language == "PYTHON"
    assert "aio-double:aio-double" in parallel.actions
    assert (await flows.hatchet.workers.aio_get(parallel.metadata.id)).name == "parallel"


async def test_a_paused_worker_gets_nothing_new(flows: Any) -> None:
    rows = (await flows.hatchet.workers.aio_list()).rows
    serial = next(row for row in rows if row.name == "serial" and row.status == "ACTIVE")
    await flows.hatchet.workers.aio_pause(serial.metadata.id)
    assert (await flows.hatchet.workers.aio_get(serial.metadata.id)).status == "PAUSED"
    ref = await flows.take_number.aio_run(Number(), wait_for_result=False)
    # Whatever is given out now is given after the pause: a run elsewhere shows that the engine has gone on.
    await flows.aio_double.aio_run(Number())
    assert await flows.hatchet.runs.aio_get_status(ref._wrr.workflow_run_id) == "QUEUED"
    await flows.hatchet.workers.aio_unpause(serial.metadata.id)
    assert (await ref.aio_result())["number"] > 0


async def test_tasks_of_a_lost_worker_go_to_another(flows: Any, server: Any, meeting: Any) -> None:
    """A second worker for the same tasks is killed with what it holds; after its time-out the first one takes over."""
    rows = (await flows.hatchet.workers.aio_list()).rows
    first = {row.metadata.id for row in rows if row.name == "parallel" and row.status == "ACTIVE"}
    doomed = server.start_worker("parallel")
    number = 0
    while True:
        name = f"t{number}"
        ref = await flows.wait.aio_run(meeting.at(name), wait_for_result=False)
        if int(await asyncio.to_thread(meeting.wait_begun, name)) == doomed.pid:
            break
        meeting.let_go(name)
        await ref.aio_result()
        number += 1
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    (meeting.folder / f"{name}.begun").unlink()
    assert int(await asyncio.to_thread(meeting.wait_begun, name)) != doomed.pid
    meeting.let_go(name)
    # Lost by no fault of its own: another attempt, although it has no retries.
    assert await ref.aio_result() == {"retry_count": 1}
    rows = (await flows.hatchet.workers.aio_list()).rows
    assert first <= {row.metadata.id for row in rows if row.status == "ACTIVE"}
