"""Options of the SDK's decorators: each has its effect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hatchet_sdk import FailedTaskRunExceptionGroup, IdempotencyCollisionError, V1TaskStatus

from .asking import key, until
from .midst import LOST
from .option_flow import OptionFlows
from .told_flow import Asked

pytestmark = pytest.mark.asyncio(loop_scope="session")
OVER = (V1TaskStatus.COMPLETED, V1TaskStatus.FAILED, V1TaskStatus.CANCELLED)


async def over(options: OptionFlows, run_id: str) -> Any:
    """Details of a run once it has ended."""

    async def look() -> Any:
        details = await options.hatchet.runs.aio_get(run_id)
        return details if details.run.status in OVER else None

    return await until(look)


async def begun(flow: Any, of: Any = None) -> str:
    """The id of a run that is not waited for."""
    ref = await (flow.aio_run(wait_for_result=False) if of is None else flow.aio_run(of, wait_for_result=False))
    return str(ref.workflow_run_id)


async def test_retries_their_pauses_and_the_time_of_an_attempt(options: OptionFlows) -> None:
    found = await options.retried.aio_run(Asked())
    for name in ("again", "durable-again"):
        assert found[name]["attempts"] == 3
        # A second between two: the factor asks for far more.
        assert found[name]["least"] > 0.8
    assert found["slow"] == found["durable-slow"] == {"attempts": 2}
    alone = await options.durable_again.aio_run(Asked())
    assert alone["attempts"] == 3
    assert alone["least"] > 0.8


async def test_defaults_of_all_tasks(options: OptionFlows) -> None:
    found = (await options.defaulted.aio_run(Asked()))["again"]
    assert found["attempts"] == 3
    assert found["least"] > 0.8
    details = await over(options, await begun(options.defaulted_homeless))
    assert "SCHEDULING_TIMED_OUT" in [event.event_type for event in details.task_events]


@pytest.mark.parametrize("kind", ["batch_slow", "dag_batch_slow"])
async def test_the_time_of_a_batch(options: OptionFlows, kind: str) -> None:
    details = await over(options, await begun(getattr(options, kind), Asked()))
    assert details.run.status == V1TaskStatus.FAILED
    assert "TIMED_OUT" in [event.event_type for event in details.task_events]


async def test_limits_of_tasks(options: OptionFlows) -> None:
    of = [Asked(key=key())] * 4
    items = [options.limited.create_bulk_run_item(each) for each in of]
    alone = [options.durable_limited.create_bulk_run_item(each) for each in of]
    found, others = await asyncio.gather(
        options.limited.aio_run_many(items), options.durable_limited.aio_run_many(alone)
    )
    assert {output["most"] for each in found for output in each.values()} == {1}
    assert {each["most"] for each in others} == {1}


@pytest.mark.parametrize("window", ["hour", "day", "week", "month", "year"])
async def test_one_in_a_window(options: OptionFlows, window: str) -> None:
    flow, of = options.rated[window], Asked(key=key())
    assert await flow.aio_run(of) in ({"done": True}, {"rated": {"done": True}})
    second = await begun(flow, of)
    await flow.aio_run(Asked(key=key()))
    assert await options.hatchet.runs.aio_get_status(second) == V1TaskStatus.QUEUED
    rows = (await options.hatchet.rate_limits.aio_list(search=of.key)).rows or []
    assert [(row.limit_value, row.value, row.window) for row in rows] == [(1, 0, f"1 {window}")]
    await options.hatchet.runs.aio_cancel(second)
    assert (await over(options, second)).run.status == V1TaskStatus.CANCELLED


@pytest.mark.parametrize("kind", ["task", "durable", "batch", "durable alone", "batch alone"])
async def test_nobody_has_the_label_and_the_time_passes(options: OptionFlows, kind: str) -> None:
    details = await over(options, await begun(options.homeless[kind]))
    assert details.run.status == V1TaskStatus.FAILED
    assert "SCHEDULING_TIMED_OUT" in [event.event_type for event in details.task_events]


async def hook_of(options: OptionFlows, kind: str, of: Asked) -> tuple[V1TaskStatus, Any]:
    """How the hook of a run stands at the end, and its output."""
    run_id = await begun(options.hooks[kind], of)
    name = "failed" if of.n < 0 else "succeeded"

    async def look() -> Any:
        details = await options.hatchet.runs.aio_get(run_id)
        tasks = [task for task in details.tasks if name in (task.action_id or "") and task.status in OVER]
        return tasks[0] if tasks else None

    task = await until(look)
    return task.status, task.output


@pytest.mark.parametrize("n", [1, -1])
async def test_options_of_what_runs_at_the_end(options: OptionFlows, n: int) -> None:
    status, output = await hook_of(options, "again", Asked(n=n))
    assert (status, output["attempts"]) == (V1TaskStatus.COMPLETED, 3)
    assert output["least"] > 0.8
    assert await hook_of(options, "slow", Asked(n=n)) == (V1TaskStatus.COMPLETED, {"attempts": 2})
    of = Asked(n=n, key=key())
    found = await asyncio.gather(*(hook_of(options, "limited", of) for _ in range(4)))
    assert found == [(V1TaskStatus.COMPLETED, {"most": 1})] * 4
    assert (await hook_of(options, "rated", of))[0] == V1TaskStatus.COMPLETED
    assert (await hook_of(options, "rated", of))[0] == V1TaskStatus.FAILED


async def test_the_error_that_is_fetched(options: OptionFlows) -> None:
    assert "a negative number" in str(await hook_of(options, "late", Asked(n=-1)))


@pytest.mark.parametrize("kind", ["workflow", "task", pytest.param("durable", marks=LOST)])
async def test_started_by_an_event(options: OptionFlows, kind: str) -> None:
    flow, event = options.by_event[kind], options.hatchet.event
    small, large, elsewhere = [
        await event.aio_push(f"options:{kind}", {"n": n}, scope=scope)
        for n, scope in ((5, "options"), (6, "options"), (7, "other"))
    ]

    async def started() -> Any:
        return (await event.aio_get(large.event_id)).triggered_runs

    (run,) = await until(started)
    details = await over(options, run.workflow_run_id)
    output = details.run.output.get("tell", details.run.output)
    assert output == {"input": {"key": "", "n": 6}, "priority": 3, "filter": {"least": 5}, "team": None}
    for other in (small, elsewhere):
        assert not (await event.aio_get(other.event_id)).triggered_runs
    if kind == "durable":
        # The client's own: given to what it starts itself.
        assert (await flow.aio_run(Asked()))["team"] == "durable"
    workflow = await options.hatchet.workflows.aio_get(details.run.workflow_id)
    assert (workflow.name, workflow.description) == (flow.name, "Started by events.")
    assert [version.version for version in workflow.versions or []] == ["two"]


@pytest.mark.parametrize("kind", ["workflow", "task", pytest.param("durable", marks=LOST)])
async def test_started_by_a_cron_with_its_input(options: OptionFlows, kind: str) -> None:
    async def done() -> Any:
        return await options.by_cron[kind].aio_list_runs(statuses=[V1TaskStatus.COMPLETED], limit=1)

    rows = await until(done)
    details = await options.hatchet.runs.aio_get(rows[0].workflow_run_external_id)
    assert details.run.output.get("tell", details.run.output)["input"] == {"key": "tick", "n": 0}
    assert (details.run.additional_metadata or {})["hatchet__cron_expression"] == "* * * * * *"


@pytest.mark.parametrize("kind", ["workflow", "durable"])
async def test_one_run_of_a_key(options: OptionFlows, kind: str) -> None:
    flow, of = options.once[kind], Asked(key=key())
    first = await begun(flow, of)
    with pytest.raises(IdempotencyCollisionError) as refused:
        await flow.aio_run(of, wait_for_result=False)
    assert str(refused.value.existing_run_external_id) == first
    await options.hatchet.runs.aio_cancel(first)
    await over(options, first)
    second = await begun(flow, of)
    assert second != first
    await options.hatchet.runs.aio_cancel(second)


async def test_a_batch_of_a_workflow_by_key(options: OptionFlows) -> None:
    keys = [key(), key()]
    items = [options.dag_batch.create_bulk_run_item(Asked(key=keys[n % 2])) for n in range(6)]
    found = [each["together"] for each in await options.dag_batch.aio_run_many(items)]
    assert found == [{"keys": [keys[n % 2]], "size": 3, "most": 1} for n in range(6)]


async def test_priority_and_filters_of_a_batch(options: OptionFlows) -> None:
    assert await options.batch_told.aio_run(Asked()) == {"size": 1}
    workflow = await options.hatchet.workflows.aio_get(options.batch_told.id)
    assert (workflow.description, [each.version for each in workflow.versions or []]) == ("Tells, too.", ["three"])
    version = await options.hatchet.workflows.aio_get_version(options.batch_told.id)
    assert version.default_priority == 3
    rows = (await options.hatchet.filters.aio_list(workflow_ids=[options.batch_told.id])).rows or []
    assert [(row.scope, row.payload) for row in rows] == [("batches", {"of": "batches"})]


async def test_what_failed_is_told_beside_what_did_not(options: OptionFlows) -> None:
    items = [options.breaks.create_bulk_run_item(Asked(n=n)) for n in (1, -2, 3)]
    first, failed, last = await options.breaks.aio_run_many(items, return_exceptions=True)
    assert (first, last) == ({"n": 1}, {"n": 3})
    assert isinstance(failed, FailedTaskRunExceptionGroup | Exception)
    assert "broken -2" in repr(getattr(failed, "exceptions", failed))
