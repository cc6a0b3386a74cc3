"""Filters and orders of the clients' lists, and what a paused workflow does with crons and schedules."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hatchet_sdk import (
    BulkCancelReplayOpts,
    RunFilter,
    ScheduleTriggerWorkflowOptions,
    V1TaskStatus,
    WorkflowRunStatus,
)
from hatchet_sdk.clients.rest.models.cron_workflows_order_by_field import CronWorkflowsOrderByField
from hatchet_sdk.clients.rest.models.rate_limit_order_by_direction import RateLimitOrderByDirection
from hatchet_sdk.clients.rest.models.rate_limit_order_by_field import RateLimitOrderByField
from hatchet_sdk.clients.rest.models.scheduled_run_status import ScheduledRunStatus
from hatchet_sdk.clients.rest.models.scheduled_workflows_order_by_field import ScheduledWorkflowsOrderByField
from hatchet_sdk.clients.rest.models.workflow_run_order_by_direction import WorkflowRunOrderByDirection

from .asking import key, until
from .option_flow import OptionFlows
from .test_options import begun, over
from .told_flow import Asked

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.calm("what is asked here, others are asked with a kill in their midst"),
]
ASC, DESC = WorkflowRunOrderByDirection.ASC, WorkflowRunOrderByDirection.DESC
FAR = timedelta(days=400)
MINUTE = timedelta(minutes=1)


async def test_runs_are_listed(options: OptionFlows) -> None:
    mark, runs = {"mark": key()}, options.hatchet.runs
    since = datetime.now(UTC) - MINUTE
    ids = [
        (await flow.aio_run(Asked(n=n), additional_metadata=mark, wait_for_result=False)).workflow_run_id
        for flow, n in ((options.breaks, 1), (options.breaks, -1), (options.told, 1))
    ]
    details = [await over(options, run_id) for run_id in ids]
    until_now = datetime.now(UTC) + MINUTE
    workflow_id = details[0].run.workflow_id

    async def listed(**given: Any) -> list[int]:
        rows = (await runs.aio_list(additional_metadata=mark, **given)).rows
        return [ids.index(row.workflow_run_external_id) for row in rows]

    assert sorted(await listed(since=since, until=until_now)) == [0, 1, 2]
    assert await listed(since=since - MINUTE, until=since) == []
    assert sorted(await listed(workflow_ids=[workflow_id])) == [0, 1]
    assert await listed(statuses=[V1TaskStatus.FAILED]) == [1]
    everything = await listed(only_tasks=True)
    pages = [(await listed(only_tasks=True, offset=n, limit=1))[0] for n in range(3)]
    assert pages == everything
    workers = (await options.hatchet.workers.aio_list()).rows or []
    worker_id = next(row.metadata.id for row in workers if row.name == "options" and row.status == "ACTIVE")
    assert 0 in await listed(worker_id=worker_id, only_tasks=True)
    bare = (await runs.aio_list(additional_metadata=mark, include_payloads=False)).rows
    assert [row.output or {} for row in bare] == [{}] * 3
    mine = options.breaks.aio_list_runs
    rows = await mine(since=since, until=until_now, additional_metadata=mark, limit=1, offset=1, only_tasks=True)
    assert len(rows) == 1
    assert not await mine(additional_metadata=mark, offset=2)
    page = await runs.aio_list_with_pagination(
        since=since,
        until=until_now,
        offset=0,
        limit=1,
        worker_id=worker_id,
        additional_metadata=mark,
        workflow_ids=[workflow_id],
        statuses=[V1TaskStatus.COMPLETED],
        only_tasks=True,
        include_payloads=False,
    )
    assert [row.workflow_run_external_id for row in page] == [ids[0]]


async def test_many_runs_are_chosen(options: OptionFlows) -> None:
    mark, since = {"mark": key()}, datetime.now(UTC) - MINUTE
    flows = (options.once["workflow"], options.once["durable"])
    ids = [
        (await flow.aio_run(Asked(key=key()), additional_metadata=mark, wait_for_result=False)).workflow_run_id
        for flow in flows
    ]
    runs = options.hatchet.runs
    first = (await runs.aio_get(ids[0])).run.workflow_id

    async def cancel(**given: Any) -> list[V1TaskStatus]:
        wanted = RunFilter(since=since, additional_metadata=mark, **given)
        await runs.aio_bulk_cancel(BulkCancelReplayOpts(filters=wanted))
        return [await runs.aio_get_status(run_id) for run_id in ids]

    queued, cancelled = V1TaskStatus.QUEUED, V1TaskStatus.CANCELLED
    assert await cancel(until=since + timedelta(seconds=1)) == [queued, queued]
    assert await cancel(statuses=[V1TaskStatus.RUNNING]) == [queued, queued]
    assert await cancel(workflow_ids=[first]) == [cancelled, queued]
    assert await cancel(statuses=[queued]) == [cancelled, cancelled]


async def test_many_runs_are_chosen_page_by_page(options: OptionFlows) -> None:
    mark, since = {"mark": key()}, datetime.now(UTC) - MINUTE
    flow, runs = options.once["workflow"], options.hatchet.runs
    ids = [
        (await each.aio_run(Asked(key=key()), additional_metadata=mark, wait_for_result=False)).workflow_run_id
        for each in (flow, flow, flow, options.once["durable"])
    ]
    first = (await runs.aio_get(ids[0])).run.workflow_id
    queued, cancelled = V1TaskStatus.QUEUED, V1TaskStatus.CANCELLED

    async def stand() -> list[V1TaskStatus]:
        return [await runs.aio_get_status(run_id) for run_id in ids]

    async def cancel(**given: Any) -> list[V1TaskStatus]:
        await asyncio.to_thread(
            runs.bulk_cancel_by_filters_with_pagination, sleep_time=0, additional_metadata=mark, **given
        )
        return await stand()

    now = datetime.now(UTC) + MINUTE
    assert await cancel(since=since - MINUTE, until=since) == [queued] * 4
    assert await cancel(since=since, statuses=[V1TaskStatus.FAILED]) == [queued] * 4
    assert await cancel(since=since, until=now, workflow_ids=[first], chunk_size=2) == [cancelled] * 3 + [queued]

    async def replay(**given: Any) -> list[V1TaskStatus]:
        await asyncio.to_thread(
            runs.bulk_replay_by_filters_with_pagination, sleep_time=0, additional_metadata=mark, **given
        )
        return await stand()

    given = {"statuses": [cancelled], "chunk_size": 2}
    assert await replay(since=since - MINUTE, until=since, **given) == [cancelled] * 3 + [queued]
    assert await replay(since=since, workflow_ids=[options.told.id], **given) == [cancelled] * 3 + [queued]
    assert await replay(since=since, until=now, workflow_ids=[first], **given) == [queued] * 4
    assert await cancel(since=since) == [cancelled] * 4


async def test_events_are_listed(options: OptionFlows) -> None:
    event, name = options.hatchet.event, key()
    since, mark = datetime.now(UTC) - MINUTE, {"mark": name}
    ids = [
        (await event.aio_push(each, {"n": 9}, scope="options", additional_metadata=mark)).event_id
        for each in (f"{name}:nobody", "options:task")
    ]

    async def started() -> Any:
        return (await event.aio_get(ids[1])).triggered_runs

    run_id = (await until(started))[0].workflow_run_id
    workflow_id = (await over(options, run_id)).run.workflow_id

    async def listed(**given: Any) -> list[int]:
        rows = (await event.aio_list(additional_metadata=mark, **given)).rows or []
        return sorted(ids.index(row.metadata.id) for row in rows)

    assert await listed(since=since, until=datetime.now(UTC) + MINUTE) == [0, 1]
    assert await listed(until=since) == []
    assert await listed(workflow_ids=[workflow_id]) == [1]
    assert await listed(event_ids=[ids[0]]) == [0]
    assert await listed(scopes=["options"]) == [0, 1]
    assert await listed(scopes=["elsewhere"]) == []
    await until(lambda: listed(workflow_run_statuses=[V1TaskStatus.COMPLETED]))
    assert await listed(workflow_run_statuses=[V1TaskStatus.COMPLETED]) == [1]
    assert await listed(workflow_run_statuses=[V1TaskStatus.FAILED]) == []
    assert len(await listed(offset=1, limit=5)) == 1


async def test_crons_are_listed(options: OptionFlows) -> None:
    cron, mark = options.hatchet.cron, key()
    made = [
        await cron.aio_create(options.told.name, f"{mark}-{name}", "0 0 1 1 *", {}, {"mark": mark})
        for name in ("b", "a", "c")
    ]

    async def listed(**given: Any) -> str:
        rows = (await cron.aio_list(additional_metadata={"mark": mark}, **given)).rows or []
        return "".join(str(row.name)[-1] for row in rows)

    name, created = CronWorkflowsOrderByField.NAME, CronWorkflowsOrderByField.CREATEDAT
    assert await listed(order_by_field=name, order_by_direction=ASC) == "abc"
    assert await listed(order_by_field=name, order_by_direction=DESC) == "cba"
    assert await listed(order_by_field=created, order_by_direction=ASC) == "bac"
    assert await listed(order_by_field=name, order_by_direction=ASC, offset=1, limit=1) == "b"
    assert len(await listed(workflow_id=options.told.id)) == 3
    assert await listed(workflow_id=options.breaks.id) == ""
    assert await listed(workflow_name=options.breaks.name) == ""
    for each in made:
        await cron.aio_delete(each.metadata.id)


async def test_schedules_are_listed_and_deleted_by_filter(options: OptionFlows) -> None:
    scheduled, mark = options.hatchet.scheduled, {"mark": key()}
    at = datetime.now(UTC) + FAR
    parents = [await begun(options.where, Asked()) for _ in range(2)]
    ids = []
    for flow, parent, hours in (
        (options.told, parents[0], 2),
        (options.told, parents[1], 1),
        (options.breaks, parents[0], 0),
    ):
        child = ScheduleTriggerWorkflowOptions(
            parent_id=parent,
            parent_step_run_id=parent,
            child_index=0,
            child_key=str(hours),
            additional_metadata=mark,
        )
        version = await flow.aio_schedule(at + timedelta(hours=hours), Asked(), child, child_key=str(hours))
        ids.append(version.scheduled_workflows[0].id)
    past = await options.told.aio_schedule(datetime.now(UTC) - MINUTE, Asked(), additional_metadata=mark)
    ids.append(past.scheduled_workflows[0].id)

    async def listed(**given: Any) -> list[int]:
        rows = (await scheduled.aio_list(additional_metadata=mark, **given)).rows or []
        return [ids.index(row.metadata.id) for row in rows]

    trigger, created = ScheduledWorkflowsOrderByField.TRIGGERAT, ScheduledWorkflowsOrderByField.CREATEDAT
    assert await listed(order_by_field=trigger, order_by_direction=ASC) == [3, 2, 1, 0]
    assert await listed(order_by_field=created, order_by_direction=DESC) == [3, 2, 1, 0]
    assert await listed(order_by_field=created, order_by_direction=ASC, offset=1, limit=2) == [1, 2]
    assert await listed(workflow_id=options.breaks.id) == [2]
    assert sorted(await listed(parent_workflow_run_id=parents[0])) == [0, 2]
    await until(lambda: listed(statuses=[ScheduledRunStatus.SUCCEEDED]))
    assert await listed(statuses=[ScheduledRunStatus.SUCCEEDED]) == [3]
    assert sorted(await listed(statuses=[ScheduledRunStatus.SCHEDULED])) == [0, 1, 2]
    gone = await scheduled.aio_bulk_delete(parent_workflow_run_id=parents[1])
    assert gone.deleted_ids == [ids[1]]
    gone = await scheduled.aio_bulk_delete(
        workflow_id=options.told.id, parent_step_run_id=parents[0], additional_metadata=mark
    )
    assert gone.deleted_ids == [ids[0]]
    assert sorted(await listed()) == [2, 3]


async def test_rate_limits_are_listed(options: OptionFlows) -> None:
    limits, mark = options.hatchet.rate_limits, key()
    for name, limit in (("b", 3), ("a", 2), ("c", 1)):
        await limits.aio_put(f"{mark}-{name}", limit)

    async def listed(**given: Any) -> str:
        rows = (await limits.aio_list(search=mark, **given)).rows or []
        return "".join(str(row.key)[-1] for row in rows)

    field, asc, desc = RateLimitOrderByField, RateLimitOrderByDirection.ASC, RateLimitOrderByDirection.DESC
    assert await listed(order_by_field=field.KEY, order_by_direction=desc) == "cba"
    assert await listed(order_by_field=field.LIMITVALUE, order_by_direction=asc) == "cab"
    assert await listed(order_by_field=field.VALUE, order_by_direction=desc) == "bac"
    assert await listed(order_by_field=field.KEY, order_by_direction=asc, offset=1, limit=1) == "b"


async def test_filters_workflows_and_logs_are_listed(options: OptionFlows) -> None:
    hatchet, scope = options.hatchet, key()
    flow = options.by_event["task"]
    made = [await flow.aio_create_filter(f"input.n > {n}", f"{scope}-{n}", {"n": n}) for n in range(3)]
    scopes = [f"{scope}-{n}" for n in range(3)]
    rows = (await hatchet.filters.aio_list(workflow_ids=[flow.id], scopes=scopes, offset=1, limit=1)).rows or []
    assert [row.payload for row in rows] == [{"n": 1}]
    assert not (await hatchet.filters.aio_list(workflow_ids=[options.told.id], scopes=scopes)).rows
    pushed = await hatchet.event.aio_push(f"{flow.name.removeprefix('options-event-')}", {}, scope=scopes[0])
    assert not (await hatchet.event.aio_get(pushed.event_id)).triggered_runs
    for each in made:
        await hatchet.filters.aio_delete(each.metadata.id)
    found = await hatchet.workflows.aio_list(workflow_name="options-event-", limit=2, offset=1)
    assert [row.name for row in found.rows or []] == ["options-event-task", "options-event-workflow"]
    workflow = (found.rows or [])[0]
    version_id = (workflow.versions or [])[0].metadata.id
    assert (await hatchet.workflows.aio_get_version(workflow.metadata.id, version_id)).version == "two"
    run_id = await begun(options.told, Asked(key=scope))
    await over(options, run_id)

    async def lines(**given: Any) -> list[str]:
        rows = (await hatchet.logs.aio_list(run_id, **given)).rows or []
        return [row.message for row in rows if scope in row.message]

    await until(lines)
    now = datetime.now(UTC)
    assert await lines(since=now - MINUTE, until=now + MINUTE, limit=10) == [f"a line of {scope}"]
    assert await lines(until=now - MINUTE) == []
    assert await lines(since=now + MINUTE) == []


async def test_metrics_of_some_tasks(options: OptionFlows) -> None:
    metrics, parent = options.hatchet.metrics, await begun(options.keyed, Asked())
    await over(options, parent)
    since, now = datetime.now(UTC) - MINUTE, datetime.now(UTC) + MINUTE

    async def completed(**given: Any) -> int:
        return int((await metrics.aio_get_task_metrics(**given)).completed)

    assert await completed(since=since, until=now, parent_task_external_id=parent) == 2
    assert await completed(since=since - MINUTE, until=since, parent_task_external_id=parent) == 0
    assert await completed(since=since, parent_task_external_id=parent, workflow_ids=[options.told.id]) == 0
    assert await completed(since=since, workflow_ids=[options.where.id]) >= 2
    pushed = await options.hatchet.event.aio_push("options:task", {"n": 9}, scope="options")

    async def shown() -> bool:
        rows = await options.by_event["task"].aio_list_runs(triggering_event_external_id=pushed.event_id)
        return [row.workflow_name for row in rows] == [options.by_event["task"].name]

    await until(shown)
    page = await options.hatchet.runs.aio_list_with_pagination(triggering_event_external_id=pushed.event_id)
    assert [row.workflow_name for row in page] == [options.by_event["task"].name]
    page = await options.hatchet.runs.aio_list_with_pagination(parent_task_external_id=parent)
    assert [row.workflow_name for row in page] == [options.where.name] * 2

    async def counted() -> bool:
        return await completed(since=since, triggering_event_external_id=pushed.event_id) == 1

    await until(counted)


@pytest.mark.parametrize("behaviour", ["QUEUE", "DROP"])
@pytest.mark.parametrize("by", ["workflows", "workflow"])
async def test_a_paused_workflow(options: OptionFlows, behaviour: Any, by: str) -> None:
    hatchet, flow, name = options.hatchet, options.breaks, key()
    mark = {"mark": name}
    ttl = timedelta(hours=1)
    if by == "workflow":
        paused = await flow.aio_pause(
            queue_ttl=ttl,
            paused_workflow_cron_run_queue_behavior=behaviour,
            paused_workflow_scheduled_run_queue_behavior=behaviour,
        )
    else:
        paused = await hatchet.workflows.aio_pause(
            flow.id,
            queue_ttl=ttl,
            paused_workflow_cron_run_queue_behavior=behaviour,
            paused_workflow_scheduled_run_queue_behavior=behaviour,
        )
    assert paused.is_paused
    crons: list[Any] = []
    try:
        schedule = await flow.aio_schedule(datetime.now(UTC) - MINUTE, Asked(n=1), additional_metadata=mark)
        for each in (flow, options.told):
            cron = await each.aio_create_cron(f"{name}-{each.name}", "* * * * * *", Asked(n=2), {"cron": name})
            crons.append(cron.metadata.id)

        async def ticks() -> bool:
            # Another workflow's cron tells that the time of this one has come and gone.
            return len(await options.told.aio_list_runs(additional_metadata={"cron": name})) >= 3

        await until(ticks)
        waiting = await flow.aio_list_runs(additional_metadata=mark)
        by_cron = await flow.aio_list_runs(additional_metadata={"cron": name})
        shown = await hatchet.scheduled.aio_get(schedule.scheduled_workflows[0].id)
        if behaviour == "DROP":
            assert (waiting, by_cron) == ([], [])
            assert shown.workflow_run_status == WorkflowRunStatus.FAILED
            failed = await hatchet.scheduled.aio_list(additional_metadata=mark, statuses=[ScheduledRunStatus.FAILED])
            assert [row.metadata.id for row in failed.rows or []] == [shown.metadata.id]
        else:
            assert {row.status for row in (*waiting, *by_cron)} == {V1TaskStatus.QUEUED}
            assert len(waiting) == 1
            assert len(by_cron) >= 2
    finally:
        for cron_id in crons:
            await hatchet.cron.aio_delete(cron_id)
        await (flow.aio_unpause() if by == "workflow" else hatchet.workflows.aio_unpause(flow.id))
    for row in (*waiting, *by_cron):
        assert (await over(options, row.workflow_run_external_id)).run.status == V1TaskStatus.COMPLETED


async def test_what_waits_too_long_for_a_paused_workflow(options: OptionFlows) -> None:
    await options.breaks.aio_pause(queue_ttl=timedelta(seconds=1))
    try:
        details = await over(options, await begun(options.breaks, Asked(n=1)))
        assert details.run.status in (V1TaskStatus.FAILED, V1TaskStatus.CANCELLED)
    finally:
        await asyncio.shield(options.breaks.aio_unpause())
