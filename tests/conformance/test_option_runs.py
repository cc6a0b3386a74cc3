"""Options of runs, events and schedules, and what a task's context has methods for: each has its effect."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hatchet_sdk import (
    BulkPushEventOptions,
    BulkPushEventWithMetadata,
    Priority,
    PushEventOptions,
    ScheduleTriggerWorkflowOptions,
    StepRunEventType,
    TriggerWorkflowOptions,
    V1TaskStatus,
)

from .asking import key, until
from .midst import AWAY
from .option_flow import OptionFlows
from .test_options import begun, over
from .told_flow import BESIDE, Asked

pytestmark = pytest.mark.asyncio(loop_scope="session")
PAST = timedelta(seconds=5)


async def test_options_of_a_run(options: OptionFlows) -> None:
    told = options.told
    found = await told.aio_run(
        Asked(key="a"), additional_metadata={"by": "keyword"}, priority=3, desired_worker_labels=[BESIDE]
    )
    assert (found["priority"], found["metadata"]["by"], found["kind"]) == (3, "keyword", "beside")
    ref = await told.aio_run_no_wait(
        Asked(key="a"), additional_metadata={"by": "keyword"}, priority=2, desired_worker_labels=[BESIDE]
    )
    found = await ref.aio_result()
    assert (found["priority"], found["metadata"]["by"], found["kind"]) == (2, "keyword", "beside")
    chosen = TriggerWorkflowOptions(additional_metadata={"by": "options"}, priority=3, desired_worker_label=[BESIDE])
    items = [
        told.create_bulk_run_item(
            Asked(), additional_metadata={"by": "item"}, priority=Priority.MEDIUM, desired_worker_labels=[BESIDE]
        ),
        told.create_bulk_run_item(Asked(), options=chosen),
    ]
    many = await told.aio_run_many(items)
    shown = [(each["priority"], each["metadata"]["by"], each["kind"]) for each in many]
    assert shown == [(2, "item", "beside"), (3, "options", "beside")]


async def test_runs_of_one_worker(options: OptionFlows) -> None:
    worker = (await options.where.aio_run(Asked()))["worker"]
    row = (await options.where.aio_list_runs(worker_id=worker, limit=1))[0]
    assert row.workflow_name == options.where.name


@AWAY
async def test_children_stay_with_their_parent(options: OptionFlows) -> None:
    for found in await asyncio.gather(*(options.parent.aio_run(Asked()) for _ in range(4))):
        assert set(found["workers"]) == {found["mine"]}
        assert len(found["workers"]) == 24


async def test_a_child_of_each_key(options: OptionFlows) -> None:
    found = await options.keyed.aio_run(Asked())
    first, second, third, other = found["ids"]
    assert first == second == third != other
    rows = (await options.hatchet.runs.aio_list(parent_task_external_id=found["task"])).rows
    assert {row.workflow_run_external_id for row in rows} == {first, other}


async def test_a_child_that_is_started_from_outside(options: OptionFlows) -> None:
    parent = await begun(options.where, Asked())
    await over(options, parent)
    child = TriggerWorkflowOptions(
        parent_id=parent, parent_step_run_id=parent, child_index=0, child_key="only", key="only"
    )
    refs = [await options.where.aio_run(Asked(), options=child, wait_for_result=False) for _ in range(2)]
    assert refs[0].workflow_run_id == refs[1].workflow_run_id
    await refs[0].aio_result()
    rows = await options.where.aio_list_runs(parent_task_external_id=parent)
    assert [row.workflow_run_external_id for row in rows] == [refs[0].workflow_run_id]


async def test_a_namespace_goes_before_the_name(options: OptionFlows) -> None:
    stub = options.hatchet.stubs.task(name="told", input_validator=Asked, output_validator=dict)
    inside = TriggerWorkflowOptions(namespace="options-")
    ref = await stub.aio_run(Asked(key="x"), options=inside, wait_for_result=False)
    assert (await over(options, ref.workflow_run_id)).run.output["workflow"] == "options-told"


async def test_options_of_a_schedule(options: OptionFlows) -> None:
    mark, at = key(), datetime.now(UTC) - PAST
    keywords = await options.told.aio_schedule(at, Asked(key=mark), additional_metadata={"mark": mark}, priority=3)
    chosen = ScheduleTriggerWorkflowOptions(priority=2, additional_metadata={"mark": mark})
    given = await options.told.aio_schedule(at, Asked(key=mark), chosen)
    for version, priority in ((keywords, 3), (given, 2)):

        async def fired(schedule_id: str = version.scheduled_workflows[0].id) -> Any:
            return (await options.hatchet.scheduled.aio_get(schedule_id)).workflow_run_id

        output = (await over(options, str(await until(fired)))).run.output
        assert (output["priority"], output["metadata"]["mark"]) == (priority, mark)


async def test_options_of_a_cron(options: OptionFlows) -> None:
    name = f"cron-{key()}"
    cron = await options.told.aio_create_cron(
        cron_name=name,
        expression="* * * * * *",
        input=Asked(key=name),
        additional_metadata={"mark": name},
        priority=3,
    )
    try:

        async def done() -> Any:
            mark = {"mark": name}
            return await options.told.aio_list_runs(statuses=[V1TaskStatus.COMPLETED], additional_metadata=mark)

        output = (await until(done))[0].output or {}
        assert (output["priority"], output["metadata"]["mark"]) == (3, name)
    finally:
        await options.hatchet.cron.aio_delete(cron.metadata.id)


async def test_options_of_events_in_bulk(options: OptionFlows) -> None:
    event = options.hatchet.event
    items = [
        BulkPushEventWithMetadata(
            key="options:task", payload={"n": n}, additional_metadata={"n": str(n)}, priority=priority, scope="options"
        )
        for n, priority in ((7, Priority.LOW), (8, Priority.MEDIUM))
    ]
    pushed = await event.aio_bulk_push(items)
    for number, priority, each in ((7, 1, pushed[0]), (8, 2, pushed[1])):

        async def started(event_id: str = each.event_id) -> Any:
            return (await event.aio_get(event_id)).triggered_runs

        (run,) = await until(started)
        details = await over(options, run.workflow_run_id)
        assert (details.run.output["priority"], details.run.output["input"]["n"]) == (priority, number)
        shown = await event.aio_get(each.event_id)
        assert (shown.scope, shown.additional_metadata) == ("options", {"n": str(number)})
        assert (details.run.additional_metadata or {})["n"] == str(number)
    name = key()
    inside = BulkPushEventOptions(namespace=f"{name}-")
    many = await event.aio_bulk_push([BulkPushEventWithMetadata(key="x", payload={})], inside)
    one = await event.aio_push("x", {}, PushEventOptions(namespace=f"{name}-"))
    assert [(await event.aio_get(each.event_id)).key for each in (*many, one)] == [f"{name}-x"] * 2


async def test_priority_and_metadata_of_an_event(options: OptionFlows) -> None:
    event = options.hatchet.event
    pushed = await event.aio_push(
        "options:task", {"n": 9}, additional_metadata={"mark": "m"}, priority=Priority.MEDIUM, scope="options"
    )

    async def started() -> Any:
        return (await event.aio_get(pushed.event_id)).triggered_runs

    (run,) = await until(started)
    details = await over(options, run.workflow_run_id)
    assert details.run.output["priority"] == 2
    assert (details.run.additional_metadata or {})["mark"] == "m"


@pytest.mark.parametrize("kind", ["cancels_itself", "cancels_itself_blocking"])
async def test_a_task_cancels_its_run(options: OptionFlows, kind: str) -> None:
    details = await over(options, await begun(getattr(options, kind), Asked()))
    assert details.run.status == V1TaskStatus.CANCELLED


async def test_what_a_task_is_told_and_tells(options: OptionFlows) -> None:
    run_id = await begun(options.told, Asked(key="low"))
    details = await over(options, run_id)
    output = details.run.output
    assert (output["shout"], output["task"], output["workflow"]) == ("LOW", "options-told", "options-told")
    assert await options.told.aio_get_result(run_id) == output
    assert await options.told.get_run_ref(run_id).aio_result() == output
    workflow = await options.hatchet.workflows.aio_get(details.run.workflow_id)
    assert (workflow.description, [each.version for each in workflow.versions or []]) == ("Tells.", ["seven"])

    async def said() -> bool:
        rows = (await options.hatchet.logs.aio_list(run_id)).rows or []
        return "a line of low" in [row.message for row in rows]

    await until(said)


@pytest.mark.calm("a stream ends with the engine")
async def test_events_of_all_runs_with_a_metadata_pair(options: OptionFlows) -> None:
    mark = key()
    wanted = {StepRunEventType.STEP_RUN_EVENT_TYPE_STARTED, StepRunEventType.STEP_RUN_EVENT_TYPE_COMPLETED}
    heard: list[Any] = []

    async def listen() -> None:
        # A stream ends with the runs that it has seen; one that began in the midst of a run missed its start.
        while not wanted <= {each.type for each in heard}:
            async for each in options.hatchet.listener.stream_by_additional_metadata("mark", mark):
                heard.append(each)

    listening = asyncio.ensure_future(listen())
    # It is not said when a stream has begun: runs are started until all is heard.
    async with asyncio.timeout(60):
        while not listening.done():
            mine = options.told.aio_run(Asked(key="mine"), additional_metadata={"mark": mark})
            other = options.told.aio_run(Asked(key="other"), additional_metadata={"mark": key()})
            await asyncio.gather(mine, other)
    await listening
    payloads = " ".join(each.payload for each in heard)
    assert "MINE" in payloads
    assert "OTHER" not in payloads


async def test_options_of_runs_by_name(options: OptionFlows) -> None:
    made = await options.hatchet.runs.aio_create(options.told.name, {}, additional_metadata={"by": "name"}, priority=3)
    output = (await over(options, made.run.metadata.id)).run.output
    assert (output["priority"], output["metadata"]["by"]) == (3, "name")
    stubs, by_stub = options.hatchet.stubs, {"by": "stub"}
    task = stubs.task(
        name=options.told.name, input_validator=Asked, output_validator=dict, default_additional_metadata=by_stub
    )
    assert (await task.aio_run(Asked(), priority=2))["metadata"]["by"] == "stub"
    workflow = stubs.workflow(
        name=options.told.name, input_validator=Asked, default_additional_metadata={"by": "another"}
    )
    found = await workflow.aio_run(Asked())
    assert next(iter(found.values()))["metadata"]["by"] == "another"


@pytest.mark.calm("a stream ends with the engine")
async def test_a_handler_of_a_runs_events(options: OptionFlows) -> None:
    run_id = await begun(options.defaulted, Asked())
    heard: list[Any] = []
    await options.hatchet.listener.on(run_id, heard.append)
    assert heard[-1].type == StepRunEventType.STEP_RUN_EVENT_TYPE_COMPLETED
    assert any("attempts" in each.payload for each in heard)


@pytest.mark.calm("a stream ends with the engine")
@pytest.mark.parametrize("method", ["stream", "stream_by_run_id"])
async def test_events_of_one_run(options: OptionFlows, method: str) -> None:
    run_id = await begun(options.defaulted, Asked())
    listener = options.hatchet.listener
    stream = listener.stream(run_id) if method == "stream" else listener.stream_by_run_id(run_id)
    heard = [each async for each in stream]
    assert heard[-1].type == StepRunEventType.STEP_RUN_EVENT_TYPE_COMPLETED
    assert any("attempts" in each.payload for each in heard)
