"""Bad input gets a code and a message that names the field, and changes nothing."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2, events_pb2, shared_pb2, workflows_pb2
from mattock_engine.contracts.mattock import session_pb2, workflow_pb2
from mattock_engine.identity import new_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUT = "/v1.AdminService/PutWorkflow"
TRIGGER = "/WorkflowService/TriggerWorkflow"
BAD = grpc.StatusCode.INVALID_ARGUMENT
LATER = grpc.StatusCode.UNIMPLEMENTED
# No id of anything; the same in each process that collects these tests.
UNKNOWN = "00000000-0000-7000-8000-000000000001"


def task(**changes: Any) -> admin_pb2.CreateTaskOpts:
    return admin_pb2.CreateTaskOpts(**{"readable_id": "t", "action": "w:t", "timeout": "60s", **changes})


def workflow(*tasks: admin_pb2.CreateTaskOpts, **changes: Any) -> admin_pb2.CreateWorkflowVersionRequest:
    return admin_pb2.CreateWorkflowVersionRequest(**{"name": "w", "tasks": tasks or [task()], **changes})


CYCLE = [
    task(readable_id="a", action="w:a", parents=["c"]),
    task(readable_id="b", action="w:b", parents=["a"]),
    task(readable_id="c", action="w:c", parents=["b"]),
]
RATE = admin_pb2.CreateTaskRateLimit(key="nobody", units=1)
ORDERED = shared_pb2.DesiredWorkerLabels(str_value="x", comparator=shared_pb2.WorkerLabelComparator.GREATER_THAN)
FILTER = admin_pb2.DefaultFilter(expression="true")
CRON = {"cronName": "n", "cronExpression": "* * * * *", "input": {}, "additionalMetadata": {}}


def limit(expression: str, **options: Any) -> admin_pb2.Concurrency:
    """A concurrency limit."""
    return admin_pb2.Concurrency(expression=expression, **options)


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (workflow(name="bad name"), BAD, "name: 'bad name' is no valid name"),
        (workflow(name=""), BAD, "name: "),
        (admin_pb2.CreateWorkflowVersionRequest(name="w"), BAD, "tasks: "),
        (workflow(task(readable_id="t/t")), BAD, "tasks.name: 't/t'"),
        (workflow(task(), task()), BAD, "tasks: task name 't' is used twice"),
        (workflow(task(retries=-1)), BAD, "tasks[t].retries: -1 is negative"),
        (workflow(task(timeout="soon")), BAD, "tasks[t].timeout: 'soon' is no duration"),
        (workflow(task(timeout="0s")), BAD, "tasks[t].timeout: "),
        (workflow(task(timeout="9" * 400 + "h")), BAD, "tasks[t].timeout: "),
        (workflow(task(schedule_timeout="1d")), BAD, "tasks[t].schedule_timeout: '1d'"),
        (workflow(task(action="no-colon")), BAD, "tasks[t].action: "),
        (workflow(task(backoff_factor=0.5)), BAD, "tasks[t].backoff_factor: "),
        (workflow(task(backoff_max_seconds=0)), BAD, "tasks[t].backoff_max_seconds: "),
        (workflow(task(slot_requests={"default": 0})), BAD, "tasks[t].slot_requests[default]: "),
        (workflow(task(parents=["nobody"])), BAD, "tasks[t].parents: no task 'nobody'"),
        (workflow(*CYCLE), BAD, "tasks.parents: the tasks form a cycle: "),
        (workflow(default_priority=4), BAD, "default_priority: 4 is out of range"),
        (workflow(input_json_schema=b"[]"), BAD, "input_json_schema: expected a JSON object"),
        (workflow(description="a\0b"), BAD, "description: holds a NUL"),
        (workflow(event_triggers=[""]), BAD, "event_triggers[0]: is empty"),
        (workflow(cron_triggers=["every day"]), BAD, "cron_triggers[0]: 'every day' is no cron expression"),
        (workflow(cron_triggers=["0 0 30 2 *"]), BAD, "cron_triggers[0]: '0 0 30 2 *' is no cron expression"),
        (workflow(concurrency=limit("input.")), BAD, "concurrency[0].expression: 'input.' is no CEL expression"),
        (workflow(concurrency=limit("payload.x")), BAD, "concurrency[0].expression: 'payload' is not known here"),
        (workflow(concurrency=limit("input.x", max_runs=0)), BAD, "concurrency[0].max_runs: 0 is out of range"),
        (workflow(task(concurrency=[limit("")])), BAD, "tasks[t].concurrency[0].expression: is empty"),
        (workflow(task(rate_limits=[RATE])), BAD, "tasks[t].rate_limits: no rate limit 'nobody': put it first"),
        (workflow(task(worker_labels={"a": ORDERED})), BAD, "tasks[t].worker_labels[a].comparator: text has no order"),
        (workflow(default_filters=[FILTER]), BAD, "default_filters[0].scope: is empty"),
    ],
)
async def test_registration(
    house: Any, request_: admin_pb2.CreateWorkflowVersionRequest, code: grpc.StatusCode, words: str
) -> None:
    before = await house.store.read("workflows", house.ours.tenant_id, None, 1000, 0, None)
    found, message = await house.ours.refused(PUT, request_)
    assert found == code
    assert message.startswith(words)
    assert await house.store.read("workflows", house.ours.tenant_id, None, 1000, 0, None) == before


async def test_cycles_are_told_by_name(house: Any) -> None:
    _, message = await house.ours.refused(PUT, workflow(*CYCLE))
    cycle = message.rpartition(": ")[2].split(" -> ")
    assert len(cycle) == 4
    assert "".join(cycle) in "abcabc"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "nowhere"}, "workflow names not found: nowhere"),
        ({"input": "{"}, "input: is not valid JSON"),
        ({"input": "[1]"}, "input: expected a JSON object, got an array"),
        ({"input": '{"a":"\\u0000"}'}, "input: holds a NUL"),
        ({"input": '{"a":"\\ud800"}'}, "input: is not valid JSON"),
        ({"input": "{" + " " * (256 * 1024) + "}"}, "input: 262146 bytes are above the limit of 262144 bytes"),
        ({"input": '{"a":' + "[" * 5000 + "]" * 5000 + "}"}, "input: is nested too deeply"),
        ({"additional_metadata": "null"}, "additional_metadata: expected a JSON object, got null"),
        ({"priority": 0}, "priority: 0 is out of range; expected 1 to 3"),
        ({"priority": 7}, "priority: 7 is out of range; expected 1 to 3"),
        ({"parent_task_run_external_id": "me"}, "parent_task_run_external_id: 'me' is no UUID"),
        ({"parent_task_run_external_id": new_id()}, "parent_task_run_external_id: no task"),
    ],
)
async def test_trigger(house: Any, name: str, fields: dict[str, Any], words: str) -> None:
    await house.ours.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    good: dict[str, Any] = {"name": name, "input": "{}"}
    found, message = await house.ours.refused(TRIGGER, shared_pb2.TriggerWorkflowRequest(**{**good, **fields}))
    assert (found, message[: len(words)]) == (BAD, words)
    # One bad item among good ones: none is started.
    items = [shared_pb2.TriggerWorkflowRequest(**good), shared_pb2.TriggerWorkflowRequest(**{**good, **fields})]
    bulk = workflows_pb2.BulkTriggerWorkflowRequest(workflows=items)
    found, message = await house.ours.refused("/WorkflowService/BulkTriggerWorkflow", bulk)
    assert found == BAD
    assert words in message
    rows = (await house.ours.http.get(f"{house.ours.stable}/workflow-runs?since=2020-01-01&only_tasks=true")).json()
    assert name not in [row["workflowName"] for row in rows["rows"]]


async def test_messages_above_the_limit(house: Any, name: str) -> None:
    request = shared_pb2.TriggerWorkflowRequest(name=name, input="x" * (1 << 20))
    code, message = await house.ours.refused(TRIGGER, request)
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in message


@pytest.mark.parametrize(
    ("path", "message", "code", "words"),
    [
        (
            "/Dispatcher/Register",
            dispatcher_pb2.WorkerRegisterRequest(worker_name="w", slots=1, slot_config={"default": 1}),
            BAD,
            "slots: ",
        ),
        (
            "/Dispatcher/Register",
            dispatcher_pb2.WorkerRegisterRequest(worker_name="w", slot_config={"default": -1}),
            BAD,
            "slot_config[default]: -1 is negative",
        ),
        ("/Dispatcher/Register", dispatcher_pb2.WorkerRegisterRequest(worker_name="a\0b"), BAD, "worker_name: "),
        (
            "/Dispatcher/Heartbeat",
            dispatcher_pb2.HeartbeatRequest(worker_id=new_id()),
            grpc.StatusCode.NOT_FOUND,
            "worker_id: no worker",
        ),
        (
            "/Dispatcher/SendStepActionEvent",
            dispatcher_pb2.StepActionEvent(task_run_external_id="x", event_type="STEP_EVENT_TYPE_COMPLETED"),
            BAD,
            "task_run_external_id: 'x' is no UUID",
        ),
        (
            "/Dispatcher/RefreshTimeout",
            dispatcher_pb2.RefreshTimeoutRequest(task_run_external_id=new_id(), increment_timeout_by="x"),
            BAD,
            "increment_timeout_by: 'x' is no duration",
        ),
        (
            "/Dispatcher/ReleaseSlot",
            dispatcher_pb2.ReleaseSlotRequest(task_run_external_id=new_id()),
            grpc.StatusCode.NOT_FOUND,
            "",
        ),
        (
            "/EventsService/PutLog",
            events_pb2.PutLogRequest(task_run_external_id=new_id(), message="m", level="LOUD"),
            BAD,
            "level: 'LOUD' is unknown",
        ),
        (
            "/EventsService/PutLog",
            events_pb2.PutLogRequest(task_run_external_id=new_id(), message="m"),
            grpc.StatusCode.NOT_FOUND,
            "task_run_external_id: no task",
        ),
        ("/EventsService/Push", events_pb2.PushEventRequest(payload="{}"), BAD, "key: expected 1 to"),
        ("/EventsService/Push", events_pb2.PushEventRequest(key="k", payload="{"), BAD, "payload: is not valid JSON"),
        ("/EventsService/Push", events_pb2.PushEventRequest(key="k", priority=4), BAD, "priority: 4 is out of range"),
        ("/EventsService/BulkPush", events_pb2.BulkPushEventRequest(), BAD, "events: 0 events; expected 1 to 1000"),
        ("/WorkflowService/PutRateLimit", workflows_pb2.PutRateLimitRequest(limit=1), BAD, "key: is empty"),
        (
            "/v1.AdminService/GetRunDetails",
            admin_pb2.GetRunDetailsRequest(external_id=new_id()),
            grpc.StatusCode.NOT_FOUND,
            "external_id: no run",
        ),
        (
            "/mattock.v1.WorkflowService/PutWorkflow",
            workflow_pb2.PutWorkflowRequest(workflow=workflow_pb2.WorkflowDefinition(name="?")),
            BAD,
            "name: '?'",
        ),
        ("/Dispatcher/NoSuchMethod", dispatcher_pb2.HeartbeatRequest(), LATER, "unknown method"),
    ],
)
async def test_other_calls(house: Any, path: str, message: Any, code: grpc.StatusCode, words: str) -> None:
    found, text = await house.ours.refused(path, message)
    assert (found, text[: len(words)]) == (code, words)


async def test_a_session_tells_what_it_refuses(house: Any, name: str) -> None:
    call = house.ours.stream("/mattock.v1.SessionService/Call", session_pb2.CallResponse)
    good, bad, unknown = new_id(), new_id(), new_id()
    await house.ours.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    items = [
        session_pb2.TriggerItem(run_id=good, workflow=name),
        session_pb2.TriggerItem(run_id=bad, workflow=name, input=b"no"),
        session_pb2.TriggerItem(run_id=unknown, workflow="nowhere"),
        session_pb2.TriggerItem(run_id="7", workflow=name),
    ]
    await call.write(session_pb2.CallRequest(triggers=items))
    accepted: list[str] = []
    errors: dict[str, tuple[int, str]] = {}
    while len(accepted) + len(errors) < 4:
        response = await call.read()
        accepted += [item.run_id for item in response.accepted]
        errors |= {error.id: (error.code, error.field) for error in response.errors}
    assert accepted == [good]
    assert errors == {bad: (3, "input"), unknown: (3, "workflow"), "7": (3, "run_id")}
    call.cancel()


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        ({"slots": {"default": -2}}, "slot_config[default]: -2 is negative"),
        ({"worker_id": "me"}, "worker_id: 'me' is no UUID"),
        ({"name": "a\0"}, "worker_name: "),
    ],
)
async def test_a_worker_session_with_a_bad_hello(house: Any, hello: dict[str, Any], words: str) -> None:
    call = house.ours.stream("/mattock.v1.SessionService/Work", session_pb2.WorkResponse)
    await call.write(session_pb2.WorkRequest(hello=session_pb2.WorkerHello(**hello)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() == BAD
    assert (caught.value.details() or "").startswith(words)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", "{stable}/workflow-runs?only_tasks=false", None, 400, "since"),
        ("GET", "{stable}/workflow-runs?since=2020-01-01&only_tasks=false&limit=0", None, 400, "limit"),
        ("GET", "{stable}/workflow-runs?since=2020-01-01&only_tasks=false&statuses=ODD", None, 400, "statuses.0"),
        (
            "GET",
            "{stable}/workflow-runs?since=2020-01-01&only_tasks=false&additional_metadata=x",
            None,
            400,
            "additional_metadata",
        ),
        ("POST", "{stable}/workflow-runs/trigger", {"workflowName": "nowhere", "input": {}}, 400, "workflow"),
        ("POST", "{stable}/workflow-runs/trigger", {"workflowName": "w", "input": []}, 400, "input"),
        ("POST", "{stable}/workflow-runs/trigger", {"workflowName": "w", "input": {}, "priority": 9}, 400, "priority"),
        ("POST", "{stable}/tasks/cancel", {}, 400, "externalIds"),
        ("POST", "{stable}/tasks/replay", {"externalIds": ["x"]}, 400, "externalIds"),
        ("GET", "/api/v1/stable/workflow-runs/x", None, 400, "run"),
        ("GET", f"/api/v1/stable/workflow-runs/{UNKNOWN}", None, 404, "workflow-run"),
        ("GET", f"/api/v1/workers/{UNKNOWN}", None, 404, "worker"),
        ("GET", f"/api/v1/workflows/{UNKNOWN}", None, 404, "workflow"),
        ("GET", "/api/v1/odd", None, 404, None),
        ("DELETE", "/api/v1/workflows/00000000-0000-4000-8000-000000000000", None, 404, "workflow"),
        ("GET", f"{{stable}}/events/{UNKNOWN}", None, 404, "event"),
        ("GET", f"{{stable}}/filters/{UNKNOWN}", None, 404, "filter"),
        ("POST", "/api/v1/tenants/{tenant}/workflows/w/crons", CRON | {"cronName": " "}, 400, "cronName"),
        ("POST", "/api/v1/tenants/{tenant}/workflows/w/crons", CRON | {"cronExpression": "x"}, 400, "cronExpression"),
        ("POST", "/api/v1/tenants/{tenant}/workflows/w/crons", CRON | {"timezone": "Mars/X"}, 400, "timezone"),
        ("POST", "/api/v1/tenants/{tenant}/workflows/nowhere/crons", CRON, 400, "workflow"),
        ("GET", f"/api/v1/tenants/{{tenant}}/workflows/crons/{UNKNOWN}", None, 404, "cron"),
        ("DELETE", f"/api/v1/tenants/{{tenant}}/workflows/crons/{UNKNOWN}", None, 404, "cron"),
        ("GET", f"/api/v1/tenants/{{tenant}}/workflows/scheduled/{UNKNOWN}", None, 404, "scheduled"),
        ("PUT", "/api/v1/tenants/{tenant}/rate-limits", {"key": "", "limit": 1}, 400, "key"),
        ("PUT", "/api/v1/tenants/{tenant}/rate-limits", {"key": "k", "limit": 1, "duration": "BLINK"}, 400, "duration"),
    ],
)
async def test_rest(house: Any, method: str, path: str, body: Any, status: int, field: str | None) -> None:
    url = path.format(stable=house.ours.stable, tenant=house.ours.tenant_id)
    response = await house.ours.http.request(method, url, json=body)
    assert response.status_code == status, response.text
    assert field in [error.get("field") for error in response.json()["errors"]]


async def test_rest_limits_bodies(house: Any) -> None:
    url = f"{house.ours.stable}/workflow-runs/trigger"
    assert (await house.ours.http.post(url, content=b" " * (1 << 20))).status_code == 413

    async def chunks() -> Any:
        for _ in range(32):
            yield b" " * (1 << 16)

    assert (await house.ours.http.post(url, content=chunks())).status_code == 413
