"""User events: what they start, filters, and how they are found again."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hatchet_sdk import BulkPushEventWithMetadata, PushEventOptions, V1TaskStatus
from hatchet_sdk.clients.rest.models.v1_update_filter_request import V1UpdateFilterRequest

from .asking import ended
from .conftest import wait_for
from .event_flow import EventFlows

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def seen(folder: Path, *names: str) -> None:
    """Waits until tasks have left these files."""
    await asyncio.to_thread(wait_for, lambda: all((folder / name).exists() for name in names), str(names))


async def settled(flows: EventFlows, event_id: str, count: int) -> Any:
    """The event, once so many of its runs have succeeded."""
    for _ in range(500):
        event = await flows.hatchet.event.aio_get(event_id)
        if event.workflow_run_summary.succeeded == count:
            return event
        await asyncio.sleep(0.02)
    raise AssertionError(f"{event}")


async def test_an_event_starts_all_that_match(events: EventFlows, tmp_path: Path) -> None:
    payload = {"folder": str(tmp_path), "number": 7}
    options = PushEventOptions(additional_metadata={"source": "test"}, priority=3)
    pushed = await events.hatchet.event.aio_push("order:created", payload, options)
    assert (pushed.key, pushed.payload) == ("order:created", json.dumps(payload))
    await seen(tmp_path, "created-7", "any-7")
    event = await settled(events, pushed.event_id, 2)
    assert (event.key, event.payload, event.additional_metadata) == ("order:created", payload, {"source": "test"})
    assert len({run.workflow_run_id for run in event.triggered_runs}) == 2
    for run in event.triggered_runs:
        details = await events.hatchet.runs.aio_get(run.workflow_run_id)
        metadata = details.run.additional_metadata or {}
        assert metadata["hatchet__event_id"] == pushed.event_id
        assert (metadata["hatchet__event_key"], metadata["source"]) == ("order:created", "test")
        output = next(iter(details.run.output.values())) if "number" not in details.run.output else details.run.output
        assert (output["by_event"], output["priority"], output["filter"]) == (True, 3, {})


async def test_wildcards(events: EventFlows, tmp_path: Path) -> None:
    for number, key in enumerate(("order:", "order:a:b", "orders:x", "my-order:x")):
        await events.hatchet.event.aio_push(key, {"folder": str(tmp_path), "number": number})
    await seen(tmp_path, "any-0", "any-1")
    found = (await events.hatchet.event.aio_list(keys=["orders:x", "my-order:x"])).rows or []
    assert [len(event.triggered_runs or []) for event in found] == [0, 0]


async def test_a_thousand_at_once(events: EventFlows) -> None:
    key = f"bulk:{uuid.uuid4()}"
    items = [BulkPushEventWithMetadata(key=key, payload={"number": number}) for number in range(1000)]
    pushed = await events.hatchet.event.aio_bulk_push(items)
    assert len({event.event_id for event in pushed}) == 1000
    rows = (await events.hatchet.event.aio_list(keys=[key], limit=1000)).rows or []
    assert sorted((row.payload or {})["number"] for row in rows) == list(range(1000))


async def test_declared_filters(events: EventFlows, tmp_path: Path) -> None:
    async def push(number: int, scope: str | None) -> str:
        payload = {"folder": str(tmp_path), "number": number}
        event = await events.hatchet.event.aio_push("sale", payload, PushEventOptions(scope=scope))
        return event.event_id

    ids = [await push(100, "shop"), await push(99, "shop"), await push(101, "other"), await push(102, None)]
    await seen(tmp_path, "large-100")
    event = await settled(events, ids[0], 1)
    assert event.scope == "shop"
    (run,) = event.triggered_runs
    details = await events.hatchet.runs.aio_get(run.workflow_run_id)
    output = details.run.output if "number" in details.run.output else next(iter(details.run.output.values()))
    assert output["filter"] == {"least": 100}
    for event_id in ids[1:]:
        assert (await events.hatchet.event.aio_get(event_id)).triggered_runs == []
    declared = (await events.hatchet.filters.aio_list(scopes=["shop"])).rows or []
    assert run.filter_id in [row.metadata.id for row in declared if row.is_declarative]


async def test_filters_by_the_api(events: EventFlows, tmp_path: Path) -> None:
    filters = events.hatchet.filters
    workflow = events.on_filtered
    scope = f"scope-{uuid.uuid4()}"
    made = await filters.aio_create(workflow.id, "input.number > payload.n", scope, {"n": 5})
    try:
        assert (await filters.aio_get(made.metadata.id)).expression == "input.number > payload.n"
        push = events.hatchet.event.aio_push

        async def runs(number: int) -> int:
            payload = {"folder": str(tmp_path), "number": number}
            event = await push("filtered", payload, PushEventOptions(scope=scope))
            return len((await events.hatchet.event.aio_get(event.event_id)).triggered_runs or [])

        assert [await runs(5), await runs(6)] == [0, 1]
        await filters.aio_update(made.metadata.id, V1UpdateFilterRequest(expression="input.number == 5"))
        assert [await runs(5), await runs(6)] == [1, 0]
    finally:
        await filters.aio_delete(made.metadata.id)
    left = (await filters.aio_list(limit=1000)).rows or []
    assert made.metadata.id not in [row.metadata.id for row in left]


async def test_expressions_can_be_tried(events: EventFlows) -> None:
    cel = events.hatchet.cel
    good = await cel.aio_debug("input.n == payload.n", {"n": 1}, filter_payload={"n": 1})
    assert good.result.status == "success"
    assert good.result.output is True
    told = await cel.aio_debug("additional_metadata.who == 'me'", {}, additional_metadata={"who": "me"})
    assert told.result.status == "success"
    assert told.result.output is True
    bad = await cel.aio_debug("input.n ==", {"n": 1})
    assert bad.result.status == "failure"


async def test_runs_of_an_event_can_be_found(events: EventFlows, tmp_path: Path) -> None:
    pushed = await events.hatchet.event.aio_push("order:created", {"folder": str(tmp_path), "number": 1})
    rows = (await events.hatchet.runs.aio_list(triggering_event_external_id=pushed.event_id)).rows
    assert len(rows) == 2
    for row in rows:
        assert await ended(events, row.workflow_run_external_id) == V1TaskStatus.COMPLETED
