"""Durable tasks."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from .asking import until
from .durable_flow import DurableFlows, Key
from .midst import LOST

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def history(durable: DurableFlows, task_id: str) -> list[dict[str, Any]]:
    """What a task has recorded."""
    steps: list[dict[str, Any]] = await rest(
        durable, "GET", f"tenants/{durable.hatchet.tenant_id}/durable-tasks/{task_id}"
    )
    return steps


async def rest(durable: DurableFlows, method: str, path: str, body: Any = None) -> Any:
    """Calls what the SDK has no method for."""
    import json
    import urllib.request

    config = durable.hatchet.config
    request = urllib.request.Request(
        f"{config.server_url}/api/v1/stable/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {config.token}", "Content-Type": "application/json"},
    )
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=20).read())
    return json.loads(answer)


async def waits_at(durable: DurableFlows, task_id: str, node: int) -> None:
    """Waits until a task waits at a node."""

    async def there() -> bool:
        try:
            steps = await history(durable, task_id)
        except Exception:
            return False
        return any(step["nodeId"] == node and not step["isSatisfied"] for step in steps)

    await until(there)
    await durable.midst.aio_reach("waits")


async def test_a_durable_sleep(durable: DurableFlows) -> None:
    result = await durable.sleep.aio_run(Key(count=2))
    assert 2 <= result["slept"] < 10
    assert result["duration"] == 2


async def test_a_wait_for_an_event_that_an_expression_chooses(durable: DurableFlows) -> None:
    key = f"event-{uuid.uuid4()}"
    ref = await durable.event.aio_run(Key(key=key), wait_for_result=False)
    await waits_at(durable, ref.workflow_run_id, 1)
    assert (await history(durable, ref.workflow_run_id))[0]["userMessage"] == "a large amount"
    await durable.hatchet.event.aio_push(key, {"amount": 5})
    await durable.hatchet.event.aio_push(key, {"amount": 50})
    assert (await ref.aio_result())["event"] == {"amount": 50}


async def test_a_wait_that_looks_back(durable: DurableFlows) -> None:
    scope = f"scope-{uuid.uuid4()}"
    await durable.hatchet.event.aio_push("durable:back", {"n": 0}, scope="another")
    await durable.hatchet.event.aio_push("durable:back", {"n": 1}, scope=scope)
    assert (await durable.lookback.aio_run(Key(key=scope)))["event"] == {"n": 1}


async def test_a_race_of_a_sleep_and_an_event(durable: DurableFlows) -> None:
    key = f"race-{uuid.uuid4()}"
    slept = await durable.race.aio_run(Key(key=key, count=1))
    assert "sleep" in str(slept["found"])
    ref = await durable.race.aio_run(Key(key=key, count=600), wait_for_result=False)
    await waits_at(durable, ref.workflow_run_id, 1)
    await durable.hatchet.event.aio_push(key, {"who": "me"})
    assert "who" in str((await ref.aio_result())["found"])


async def test_a_wait_for_two_groups(durable: DurableFlows) -> None:
    key = f"groups-{uuid.uuid4()}"
    ref = await durable.groups.aio_run(Key(key=key), wait_for_result=False)
    await waits_at(durable, ref.workflow_run_id, 1)
    for _ in range(2):
        await durable.hatchet.event.aio_push(f"{key}:a", {"which": "a"})
    assert not (await history(durable, ref.workflow_run_id))[-1]["isSatisfied"]
    await durable.hatchet.event.aio_push(f"{key}:b", {"which": "b"})
    found = (await ref.aio_result())["found"]
    assert "'which': 'a'" in str(found)
    assert "'which': 'b'" in str(found)


@LOST
async def test_children_and_their_failures(durable: DurableFlows) -> None:
    result = await durable.children.aio_run(Key(count=20))
    assert result["one"] == 2
    assert result["many"] == sum(n * 2 for n in range(20))
    assert "the child fails" in result["failure"]


@LOST
async def test_an_evicted_task_comes_back_when_its_event_comes(durable: DurableFlows) -> None:
    key = f"evicted-{uuid.uuid4()}"
    ref = await durable.evicted.aio_run(Key(key=key), wait_for_result=False)

    async def evicted() -> bool:
        rows = (await durable.hatchet.runs.aio_get(ref.workflow_run_id)).tasks
        return bool(rows and rows[0].is_evicted)

    await until(evicted)
    assert (await durable.hatchet.runs.aio_get(ref.workflow_run_id)).run.status.value == "RUNNING"
    await durable.hatchet.event.aio_push(key, {"n": 1})
    await waits_at(durable, ref.workflow_run_id, 3)
    await until(evicted)
    answer = await rest(durable, "POST", f"tasks/{ref.workflow_run_id}/restore")
    assert answer == {"requeued": True}
    await durable.hatchet.event.aio_push(key + ":2", {"n": 2})
    result = await ref.aio_result()
    assert (result["first"], result["second"]) == ({"n": 1}, {"n": 2})
    assert result["invocation"] >= 3
    assert result["attempt"] == 1
    details = await durable.hatchet.runs.aio_get(ref.workflow_run_id)
    kinds = [event.event_type.value for event in details.task_events]
    assert "DURABLE_EVICTED" in kinds
    assert "DURABLE_RESTORING" in kinds


@LOST
async def test_a_task_of_a_dag_leaves_its_slot(durable: DurableFlows) -> None:
    key = f"leaves-{uuid.uuid4()}"
    ref = await durable.leaves.aio_run(Key(key=key), wait_for_result=False)

    async def evicted() -> bool:
        tasks = (await durable.hatchet.runs.aio_get(ref.workflow_run_id)).tasks
        return bool(tasks and tasks[0].is_evicted)

    await until(evicted)
    await durable.hatchet.event.aio_push(key, {"n": 1})
    assert (await ref.aio_result())["waits"] == {"event": {"n": 1}}


@LOST
async def test_a_retry_takes_what_is_recorded(durable: DurableFlows) -> None:
    ref = await durable.retried.aio_run(Key(), wait_for_result=False)
    result = await ref.aio_result()
    assert result["count"] == 6
    assert result["invocation"] == 2
    children = await durable.hatchet.runs.aio_list(parent_task_external_id=ref.workflow_run_id)
    assert len(children.rows) == 1


@LOST
async def test_a_departure_from_the_history_is_refused(durable: DurableFlows) -> None:
    ref = await durable.departing.aio_run(Key(key=str(uuid.uuid4())), wait_for_result=False)
    with pytest.raises(Exception, match=r"(?s)non-determinism error .*1.*expected: .*1.*received: .*2"):
        await ref.aio_result()


@LOST
async def test_a_fork_keeps_what_is_before_it(durable: DurableFlows) -> None:
    ref = await durable.steps.aio_run(Key(), wait_for_result=False)
    first = (await ref.aio_result())["times"]
    await durable.hatchet.runs.aio_reset_durable_task(ref.workflow_run_id, 3, 1)
    again = durable.hatchet.runs.get_run_ref(ref.workflow_run_id)
    result = await again.aio_result()
    second = next(iter(result.values()))["times"] if "times" not in result else result["times"]
    assert second[0] == first[0]
    assert second[1] > first[2]


@LOST
async def test_a_durable_task_of_a_dag(durable: DurableFlows) -> None:
    result = await durable.dag.aio_run(Key())
    assert result["second"] == {"n": 19}
