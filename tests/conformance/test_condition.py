"""Conditions of tasks: branches, sleeps, events, and what they mean for those downstream."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hatchet_sdk import PushEventOptions, V1TaskStatus

from .asking import ended, until
from .condition_flow import ConditionFlows, Named
from .flow import Number

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def tasks_of(flows: ConditionFlows, run_id: str) -> dict[str, Any]:
    """Tasks of a run by name."""
    details = await flows.hatchet.runs.aio_get(run_id)
    names = {item.task_external_id: item.task_name for item in details.shape}
    return {names[task.task_external_id]: task for task in details.tasks if task.task_external_id in names}


@pytest.mark.parametrize(("n", "taken"), [(7, "small"), (70, "large")])
async def test_branches(conditions: ConditionFlows, n: int, taken: str) -> None:
    result = await conditions.branches.aio_run(Number(n=n))
    other = "large" if taken == "small" else "small"
    assert result[f"for_{taken}"] == {"branch": taken}
    assert result[f"for_{other}"] == {"skipped": True}
    assert result["join"] == {taken: True, other: False}
    assert result["after_small"] == ({"after": "small"} if taken == "small" else {"skipped": True})
    assert result["not_for_zero"] == {"ran": "yes"}


async def test_cancel_by_a_parents_output(conditions: ConditionFlows) -> None:
    ref = await conditions.branches.aio_run(Number(n=0), wait_for_result=False)
    assert await ended(conditions, ref.workflow_run_id) == V1TaskStatus.CANCELLED
    tasks = await tasks_of(conditions, ref.workflow_run_id)
    assert tasks["not_for_zero"].status == V1TaskStatus.CANCELLED
    assert tasks["join"].status == V1TaskStatus.COMPLETED


async def test_a_sleep(conditions: ConditionFlows) -> None:
    result = await conditions.sleeper.aio_run()
    assert result["after_nap"] == {"data": {"sleep_duration": "1s"}}


async def waits(flows: ConditionFlows, run_id: str, *names: str) -> None:
    """Waits until tasks wait for what may come; the engine may die while they do."""

    async def all_wait() -> bool:
        tasks = await tasks_of(flows, run_id)
        return all(name in tasks and tasks[name].status == V1TaskStatus.QUEUED for name in names)

    await until(all_wait)
    await flows.midst.aio_reach("waits")


async def has_ended(flows: ConditionFlows, run_id: str, name: str) -> Any:
    """A task of a run once it has ended."""

    async def look() -> Any:
        task = (await tasks_of(flows, run_id)).get(name)
        return task if task is not None and task.status not in (V1TaskStatus.QUEUED, V1TaskStatus.RUNNING) else None

    return await until(look)


async def test_a_race_of_sleep_and_event(conditions: ConditionFlows) -> None:
    ref = await conditions.race.aio_run(Named(name=str(uuid.uuid4())), wait_for_result=False)

    async def push(key: str, payload: dict[str, Any], scope: str = "races") -> None:
        await conditions.hatchet.event.aio_push(key, payload, PushEventOptions(scope=scope))

    await has_ended(conditions, ref.workflow_run_id, "first")
    await waits(conditions, ref.workflow_run_id, "goes", "stopped", "left_out")
    await push("race:go", {"n": 9}, scope="elsewhere")
    await push("race:go", {"n": 1})
    assert (await tasks_of(conditions, ref.workflow_run_id))["goes"].status == V1TaskStatus.QUEUED
    await push("race:go", {"n": 6})
    await push("race:stop", {})
    await push("race:skip", {})
    assert await ended(conditions, ref.workflow_run_id) == V1TaskStatus.CANCELLED
    tasks = await tasks_of(conditions, ref.workflow_run_id)
    assert tasks["goes"].output == {"data": {"n": 6}}
    assert tasks["stopped"].status == V1TaskStatus.CANCELLED
    assert (tasks["left_out"].status, tasks["left_out"].output) == (V1TaskStatus.COMPLETED, {"skipped": True})


@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_all_groups_must_hold(conditions: ConditionFlows, order: str) -> None:
    ref = await conditions.groups.aio_run(Named(name=order), wait_for_result=False)
    run_id = ref.workflow_run_id

    async def push(name: str) -> None:
        options = PushEventOptions(scope="groups")
        await conditions.hatchet.event.aio_push(f"groups:{name}", {"which": name}, options)

    names = ("waits", "left_out", "stopped")
    await has_ended(conditions, run_id, "head")
    await waits(conditions, run_id, *names)
    await push(order[0])
    # The same once more is no second group.
    await push(order[0])
    tasks = await tasks_of(conditions, run_id)
    assert [tasks[name].status for name in names] == [V1TaskStatus.QUEUED] * 3
    await push(order[1])
    assert await ended(conditions, run_id) == V1TaskStatus.CANCELLED
    tasks = await tasks_of(conditions, run_id)
    assert tasks["waits"].output == {"a": {"which": "a"}, "b": {"which": "b"}}
    assert (tasks["left_out"].status, tasks["left_out"].output) == (V1TaskStatus.COMPLETED, {"skipped": True})
    assert tasks["stopped"].status == V1TaskStatus.CANCELLED


@pytest.mark.parametrize("n", [7, 70])
async def test_a_wait_for_a_parent_and_a_sleep_that_leaves_out(conditions: ConditionFlows, n: int) -> None:
    result = await conditions.kinds.aio_run(Number(n=n))
    assert result["left_out"] == {"skipped": True}
    # What a parent gave is its output; it is no data of a wait.
    assert result["after_large"] == {"by": [] if n == 70 else ["nap"]}
    assert result["durable_large"] == ({"ran": True} if n == 70 else {"skipped": True})


async def test_a_sleep_that_cancels(conditions: ConditionFlows) -> None:
    ref = await conditions.stops.aio_run(Number(n=0), wait_for_result=False)
    assert await ended(conditions, ref.workflow_run_id) == V1TaskStatus.CANCELLED
    tasks = await tasks_of(conditions, ref.workflow_run_id)
    ends = {name: task.status.value for name, task in tasks.items()}
    assert ends == {"first": "COMPLETED", "stopped": "CANCELLED", "durable_stopped": "CANCELLED"}


async def test_an_event_that_came_before(conditions: ConditionFlows) -> None:
    options = PushEventOptions(scope="late")
    await conditions.hatchet.event.aio_push("late:paid", {"n": 1}, options)
    await conditions.hatchet.event.aio_push("late:paid", {"n": 7}, options)
    await conditions.hatchet.event.aio_push("late:old", {"n": 9}, options)
    result = await conditions.late.aio_run(Named(name="late"))
    assert result["deliver"] == {"data": {"n": 7}}
    assert result["give_up"] == {"data": {"sleep_duration": "1s"}}
