"""What an SDK of the shared contract sees, byte for byte where it matters."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2, shared_pb2, workflows_pb2

from .test_refusal import PUT, TRIGGER, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
RUNS = "/Dispatcher/SubscribeToWorkflowRuns"


class RawWorker:
    """A worker without an SDK."""

    def __init__(self, client: Any, worker_id: str) -> None:
        self.client = client
        self.worker_id = worker_id
        self.stream: Any = None

    @classmethod
    async def start(cls, client: Any, *actions: str) -> RawWorker:
        request = dispatcher_pb2.WorkerRegisterRequest(worker_name="raw", actions=actions, slot_config={"default": 5})
        reply = await client.call("/Dispatcher/Register", request, dispatcher_pb2.WorkerRegisterResponse)
        worker = cls(client, reply.worker_id)
        worker.listen()
        return worker

    def listen(self) -> Any:
        request = dispatcher_pb2.WorkerListenRequest(worker_id=self.worker_id)
        self.stream = self.client.server_stream("/Dispatcher/ListenV2", request, dispatcher_pb2.AssignedAction)
        return self.stream

    async def report(self, action: Any, kind: str, payload: str = "", **fields: Any) -> None:
        event = dispatcher_pb2.StepActionEvent(
            worker_id="a name, as some SDKs send it",
            task_run_external_id=action.task_run_external_id,
            event_type=f"STEP_EVENT_TYPE_{kind}",
            event_payload=payload,
            **{"retry_count": action.retry_count, **fields},
        )
        await self.client.call("/Dispatcher/SendStepActionEvent", event, dispatcher_pb2.ActionEventResponse)

    async def leave(self) -> None:
        request = dispatcher_pb2.WorkerUnsubscribeRequest(worker_id=self.worker_id)
        await self.client.call("/Dispatcher/Unsubscribe", request, dispatcher_pb2.WorkerUnsubscribeResponse)


async def trigger(client: Any, name: str, payload: str = "{}", **fields: Any) -> str:
    request = shared_pb2.TriggerWorkflowRequest(name=name, input=payload, **fields)
    reply = await client.call(TRIGGER, request, workflows_pb2.TriggerWorkflowResponse)
    return str(reply.workflow_run_id)


async def result(client: Any, run_id: str) -> Any:
    stream = client.stream(RUNS, dispatcher_pb2.WorkflowRunEvent)
    await stream.write(dispatcher_pb2.SubscribeToWorkflowRunsRequest(workflow_run_id=run_id))
    await stream.done_writing()
    event = await stream.read()
    # All that was asked for is answered: the half-closed stream ends.
    assert await stream.read() is grpc.aio.EOF
    return event


async def test_a_standalone_task(house: Any, name: str) -> None:
    client = house.ours
    await client.call(PUT, workflow(task(action=f"{name}:T"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:t".upper())
    run_id = await trigger(client, name, '{"b": 1.50, "a": [1]}', additional_metadata='{"k":"v"}', priority=2)
    action = await worker.stream.read()
    assert action.task_run_external_id == action.workflow_run_id == action.job_run_id == run_id
    assert action.action_id == f"{name}:t".upper()
    assert action.get_group_key_run_id == ""
    assert (action.action_type, action.retry_count, action.priority) == (0, 0, 2)
    assert json.loads(action.additional_metadata) == {"k": "v"}
    for field in ("child_workflow_index", "child_workflow_key", "parent_workflow_run_id", "batchId"):
        assert not action.HasField(field)
    # The input's own text, untouched.
    assert action.action_payload.startswith('{"input":{"b": 1.50, "a": [1]},"triggered_by":"manual","parents":{},')
    rest = json.loads(action.action_payload)
    assert rest["triggers"] == {"filter_payload": None}
    assert rest["user_data"] is rest["overrides"] is None
    assert "step_run_errors" not in rest

    await worker.report(action, "STARTED")
    await worker.report(action, "STARTED")
    await worker.report(action, "COMPLETED", '{"x":1}', retry_count=7)
    await worker.report(action, "COMPLETED", '{"x":2}')
    await worker.report(action, "COMPLETED", '{"x":3}')
    event = await result(client, run_id)
    (only,) = event.results
    assert (only.task_name, only.output, only.HasField("error")) == ("t", '{"x":2}', False)
    details = await client.call(
        "/v1.AdminService/GetRunDetails",
        admin_pb2.GetRunDetailsRequest(external_id=run_id),
        admin_pb2.GetRunDetailsResponse,
    )
    assert (details.done, details.status, details.task_runs["t"].output) == (True, 2, b'{"x":2}')
    await worker.leave()


async def test_outputs_that_cannot_be_stored_fail_the_task(house: Any, name: str) -> None:
    client = house.ours
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:t")
    for payload, words in (("{", "not valid JSON"), ('{"a":"\\u0000"}', "NUL")):
        run_id = await trigger(client, name)
        await worker.report(await worker.stream.read(), "COMPLETED", payload)
        (only,) = (await result(client, run_id)).results
        assert words in only.error
    run_id = await trigger(client, name)
    await worker.report(await worker.stream.read(), "FAILED", "a\0b")
    (only,) = (await result(client, run_id)).results
    assert only.error == "a\N{REPLACEMENT CHARACTER}b"
    await worker.leave()


async def test_errors_reach_the_on_failure_task(house: Any, name: str) -> None:
    client = house.ours
    parts = [task(readable_id=part, action=f"{name}:{part}") for part in ("a", "b")]
    parts[1].parents.append("a")
    rescue = task(readable_id="rescue", action=f"{name}:rescue")
    request = workflow(*parts, name=name, on_failure_task=rescue)
    await client.call(PUT, request, admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, *(f"{name}:{part}" for part in ("a", "b", "rescue")))
    run_id = await trigger(client, name)
    await worker.report(await worker.stream.read(), "FAILED", 'E: "x"\nline')
    action = await worker.stream.read()
    assert action.task_name == "rescue"
    assert json.loads(action.action_payload)["step_run_errors"] == {"a": 'E: "x"\nline'}
    await worker.report(action, "COMPLETED", "")
    outcomes = {item.task_name: item for item in (await result(client, run_id)).results}
    assert outcomes["a"].error == 'E: "x"\nline'
    # Never run, and told so with a text.
    assert outcomes["b"].error
    assert not outcomes["rescue"].HasField("error")
    await worker.leave()


async def test_parents_that_gave_no_object(house: Any, name: str) -> None:
    client = house.ours
    parts = [task(readable_id=part, action=f"{name}:{part}") for part in ("one", "two")]
    parts[1].parents.append("one")
    await client.call(PUT, workflow(*parts, name=name), admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:one", f"{name}:two")
    for output, seen in (("", {}), ("[1]", {}), ("null", {}), ('{"a":1}', {"a": 1})):
        run_id = await trigger(client, name)
        await worker.report(await worker.stream.read(), "COMPLETED", output)
        action = await worker.stream.read()
        assert json.loads(action.action_payload)["parents"] == {"one": seen}
        await worker.report(action, "COMPLETED", "{}")
        await result(client, run_id)
    await worker.leave()


async def test_cancellation_names_the_attempt(house: Any, name: str) -> None:
    client = house.ours
    await client.call(
        PUT, workflow(task(action=f"{name}:t", retries=3), name=name), admin_pb2.CreateWorkflowVersionResponse
    )
    worker = await RawWorker.start(client, f"{name}:t")
    run_id = await trigger(client, name)
    await worker.report(await worker.stream.read(), "FAILED", "once")
    second = await worker.stream.read()
    assert second.retry_count == 1
    cancel = admin_pb2.CancelTasksRequest(external_ids=[run_id])
    reply = await client.call("/v1.AdminService/CancelTasks", cancel, admin_pb2.CancelTasksResponse)
    assert list(reply.cancelled_tasks) == [run_id]
    action = await worker.stream.read()
    assert (action.action_type, action.task_run_external_id, action.retry_count) == (1, run_id, 1)
    assert action.action_payload == ""
    (only,) = (await result(client, run_id)).results
    assert only.error
    assert "DUPLICATE_WORKFLOW_RUN" not in only.error
    # What comes after that is of no account.
    await worker.report(second, "COMPLETED", "{}")
    assert (await client.http.get(f"/api/v1/stable/workflow-runs/{run_id}/status")).json() == "CANCELLED"
    await worker.leave()


async def test_a_new_stream_replaces_the_old_one(house: Any, name: str) -> None:
    client = house.ours
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:t")
    first = worker.stream
    run_id = await trigger(client, name)
    assert (await first.read()).workflow_run_id == run_id
    second = worker.listen()
    assert await first.read() is grpc.aio.EOF
    other = await trigger(client, name)
    assert (await second.read()).workflow_run_id == other
    await worker.leave()


async def test_children_are_named_by_key_or_index(house: Any, name: str) -> None:
    client = house.ours
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    # Outside a task SDKs send an index all the same: no two of these are the same run.
    assert await trigger(client, name, child_index=0) != await trigger(client, name, child_index=0)
    parent = await trigger(client, name)
    by_index = [await trigger(client, name, parent_task_run_external_id=parent, child_index=i) for i in (0, 1, 0)]
    by_key = [await trigger(client, name, parent_task_run_external_id=parent, child_key=k) for k in ("a", "b", "a")]
    assert by_index[0] == by_index[2] != by_index[1]
    assert by_key[0] == by_key[2] != by_key[1]
    assert len({*by_index, *by_key}) == 4


async def test_a_result_too_large_for_the_stream(house: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mattock_engine.gateways.hatchet import result as gateway

    monkeypatch.setattr(gateway, "MAX_EVENT_BYTES", 100)
    client = house.ours
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:t")
    run_id = await trigger(client, name)
    output = json.dumps({"x": "y" * 200})
    await worker.report(await worker.stream.read(), "COMPLETED", output)
    assert not (await result(client, run_id)).results
    shape = (await client.http.get(f"/api/v1/tenants/{client.tenant_id}/workflow-runs/{run_id}/shape")).json()
    (step,) = shape["jobRuns"][0]["stepRuns"]
    assert (step["output"], step["step"]["readableId"], step["status"]) == (output, "t", "SUCCEEDED")
    await worker.leave()
