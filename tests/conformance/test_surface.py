"""What is left of the SDK's surface: the context's facts, workflow's defaults, and the clients' longer calls."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hatchet_sdk import BulkCancelReplayOpts, RunFilter, V1TaskStatus
from hatchet_sdk.clients.rest.models.update_worker_request import UpdateWorkerRequest
from hatchet_sdk.utils.typing import LogLevel

from .asking import until
from .conftest import Server
from .surface_flow import Amount, SurfaceFlows

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.calm("what is asked here, others are asked with a kill in their midst"),
]


@pytest.fixture(scope="package")
def surface(server: Server) -> Any:
    """The workflows, and their worker."""
    server.start_worker("surface", "surface_flow")
    found = SurfaceFlows(server.client())
    server.wait_for_workers(found.hatchet, {"surface"})
    return found


async def test_what_a_context_tells(surface: SurfaceFlows) -> None:
    ref = await surface.told.aio_run(Amount(n=7), wait_for_result=False)
    found = await ref.aio_result()
    assert found["lifespan"] == "open"
    assert found["run"] == ref.workflow_run_id
    assert found["input"] == {"n": 7, "key": ""}
    assert not any(found[each] for each in ("parent", "event_id", "cancelled"))
    assert len({uuid.UUID(found[each]) for each in ("worker", "task", "version")}) == 3


async def test_what_a_child_is_told(surface: SurfaceFlows) -> None:
    ref = await surface.parental.aio_run(Amount(), wait_for_result=False)
    first, second = (await ref.aio_result())["children"]
    assert first["parent"] == second["parent"] == ref.workflow_run_id
    assert (first["child_index"], second["child_index"]) == (0, 1)


async def test_what_a_task_of_an_event_is_told(surface: SurfaceFlows) -> None:
    pushed = await surface.hatchet.event.aio_push("surface:told", {"n": 3})

    async def started() -> Any:
        return (await surface.hatchet.event.aio_get(pushed.event_id)).triggered_runs

    run_id = (await until(started))[0].workflow_run_id
    await settled(surface, run_id)
    found = await surface.hatchet.runs.aio_get_result(run_id)
    assert found["event_id"] == pushed.event_id
    assert found["event_key"] == "surface:told"


async def settled(surface: SurfaceFlows, run_id: str) -> None:
    """Waits for a run's end."""

    async def over() -> bool:
        status = await surface.hatchet.runs.aio_get_status(run_id)
        return status in (V1TaskStatus.COMPLETED, V1TaskStatus.FAILED)

    await until(over)


async def test_labels_that_change_while_the_worker_runs(surface: SurfaceFlows) -> None:
    await surface.labelled.aio_run()

    async def labels() -> Any:
        rows = (await surface.hatchet.workers.aio_list()).rows or []
        found = {label.key: label.value for row in rows if row.name == "surface" for label in row.labels or []}
        return found if "model" in found else None

    assert await until(labels) == {"kind": "surface", "model": "large", "memory": "64"}


async def test_a_task_pauses_a_rate_limit(surface: SurfaceFlows) -> None:
    told = datetime.fromisoformat((await surface.pausing.aio_run())["until"])
    found = await surface.rated.aio_run()
    assert found["at"] >= told.timestamp()


async def test_a_sleep_until_a_time(surface: SurfaceFlows) -> None:
    # The SDK asks for whole seconds, and for none if less than one is left.
    assert (await surface.until.aio_run(Amount(n=1)))["late"] >= -1


async def test_defaults_of_a_workflow(surface: SurfaceFlows) -> None:
    ref = await surface.defaulted.aio_run(Amount(), wait_for_result=False)
    found = await ref.aio_result()
    assert found["stubborn"] == {"retries": 2, "priority": 3}
    details = await surface.hatchet.runs.aio_get(ref.workflow_run_id)
    assert (details.run.additional_metadata or {})["team"] == "surface"
    version = await surface.hatchet.workflows.aio_get_version(details.run.workflow_id)
    assert version.default_priority == 3


async def test_errors_that_an_on_failure_task_sees(surface: SurfaceFlows) -> None:
    ref = await surface.failing.aio_run(wait_for_result=False)
    await settled(surface, ref.workflow_run_id)
    details = await asyncio.to_thread(surface.hatchet.runs.get_details, ref.workflow_run_id)
    cleanup = next(run for name, run in details.task_runs.items() if "cleanup" in name)
    assert "broken" in str((cleanup.output or {})["error"])


async def test_tasks_and_workflows_that_are_known_by_name_alone(surface: SurfaceFlows) -> None:
    stubs = surface.hatchet.stubs
    told = stubs.task(name="told", input_validator=Amount, output_validator=dict)
    assert (await told.aio_run(Amount(n=9)))["input"] == {"n": 9, "key": ""}
    found = await stubs.workflow(name="defaulted", input_validator=Amount).aio_run(Amount())
    assert found["stubborn"]["retries"] == 2


async def test_lines_and_chunks_from_outside_of_the_task(surface: SurfaceFlows) -> None:
    ref = await surface.told.aio_run(Amount(), wait_for_result=False)
    await ref.aio_result()
    run_id, event = ref.workflow_run_id, surface.hatchet.event
    await asyncio.to_thread(event.log, "said from outside", run_id)
    await asyncio.to_thread(event.log, "a warning", run_id, level=LogLevel.WARN, task_retry_count=0)
    # Nobody listens to a run that is over: it is taken all the same.
    await asyncio.to_thread(event.stream, "a chunk", run_id, 0)

    async def said() -> bool:
        rows = (await surface.hatchet.logs.aio_list(run_id)).rows or []
        found = {row.message: (row.level, row.attempt) for row in rows}
        return "said from outside" in found and found.get("a warning") == ("WARN", 1)

    await until(said)


async def test_a_cron_of_a_workflow_by_its_name(surface: SurfaceFlows) -> None:
    name, cron = f"by-name-{uuid.uuid4()}", surface.hatchet.cron
    made = await cron.aio_create("told", name, "0 0 1 1 *", {"n": 1}, {"which": name}, priority=3)
    rows = (await cron.aio_list(cron_name=name)).rows or []
    assert [(row.metadata.id, row.input, row.priority) for row in rows] == [(made.metadata.id, {"n": 1}, 3)]
    await cron.aio_delete(made.metadata.id)


async def test_a_worker_is_updated(surface: SurfaceFlows) -> None:
    workers = surface.hatchet.workers
    rows = (await workers.aio_list()).rows or []
    worker_id = next(row.metadata.id for row in rows if row.name == "surface" and row.status == "ACTIVE")
    assert (await workers.aio_update(worker_id, UpdateWorkerRequest(isPaused=True))).status == "PAUSED"
    assert (await workers.aio_update(worker_id, UpdateWorkerRequest(isPaused=False))).status == "ACTIVE"


async def test_many_runs_by_filter(surface: SurfaceFlows) -> None:
    mark = str(uuid.uuid4())
    since = datetime.now(UTC) - timedelta(minutes=1)
    items = [surface.told.create_bulk_run_item(Amount(n=n), additional_metadata={"mark": mark}) for n in range(5)]
    refs = await surface.told.aio_run_many(items, wait_for_result=False)
    ids = {ref.workflow_run_id for ref in refs}
    await asyncio.gather(*[ref.aio_result() for ref in refs])
    found = await surface.hatchet.runs.aio_list_with_pagination(
        since=since, additional_metadata={"mark": mark}, statuses=[V1TaskStatus.COMPLETED]
    )
    assert {row.workflow_run_external_id for row in found} == ids

    def attempts() -> Any:
        rows = surface.hatchet.runs.list(since=since, additional_metadata={"mark": mark}).rows
        return sorted(row.attempt or 0 for row in rows if row.status == V1TaskStatus.COMPLETED)

    await surface.hatchet.runs.aio_bulk_replay(BulkCancelReplayOpts(ids=sorted(ids)))
    await until(lambda: asyncio.to_thread(lambda: attempts() == [2] * 5))
    await asyncio.to_thread(
        surface.hatchet.runs.bulk_replay_by_filters_with_pagination,
        sleep_time=0,
        chunk_size=2,
        since=since,
        statuses=[V1TaskStatus.COMPLETED],
        additional_metadata={"mark": mark},
    )
    await until(lambda: asyncio.to_thread(lambda: attempts() == [3] * 5))
    opts = BulkCancelReplayOpts(filters=RunFilter(since=since, additional_metadata={"mark": mark}))
    await surface.hatchet.runs.aio_bulk_cancel(opts)
    await asyncio.to_thread(
        surface.hatchet.runs.bulk_cancel_by_filters_with_pagination,
        sleep_time=0,
        since=since,
        additional_metadata={"mark": mark},
    )
    # What has ended stays as it is.
    assert await asyncio.to_thread(attempts) == [3] * 5
