"""Tokens open their own tenant, and nothing else."""

from __future__ import annotations

import time
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from mattock_engine.access import InvalidToken
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2, shared_pb2, workflows_pb2
from mattock_engine.contracts.mattock import session_pb2

from .test_refusal import PUT, TRIGGER, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
VERSION = "/Dispatcher/GetVersion"


async def _code(house: Any, metadata: list[tuple[str, str]]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.ours.channel.unary_unary(VERSION)(b"", metadata=metadata)
    return caught.value.code(), caught.value.details() or ""


async def test_claims_that_sdks_read(house: Any) -> None:
    claims = jwt.decode(house.ours.token, options={"verify_signature": False})
    assert claims["sub"] == house.ours.tenant_id
    assert claims["server_url"] == claims["iss"] == claims["aud"] == house.tokens.server_url
    assert claims["grpc_broadcast_address"] == house.tokens.grpc_address
    assert claims["exp"] - claims["iat"] == 90 * 86_400


async def test_tokens_that_do_not_hold(house: Any) -> None:
    claims = jwt.decode(house.ours.token, options={"verify_signature": False})
    key_id = jwt.get_unverified_header(house.ours.token)["kid"]
    forged = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": key_id})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": key_id})
    expired = await house.tokens.issue(house.ours.tenant_id, "expired", -60)
    for token in ("x", "a.b.c", forged, unsigned, expired, house.ours.token[:-4] + "AAAA"):
        code, message = await _code(house, [("authorization", f"bearer {token}")])
        assert code == grpc.StatusCode.UNAUTHENTICATED, token
        assert message.startswith("invalid auth token")
        response = await house.ours.http.get(
            f"/api/v1/tenants/{house.ours.tenant_id}", headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 403
    for metadata in ([], [("authorization", "bearer ")], [("authorization", house.ours.token)]):
        assert (await _code(house, metadata))[0] == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(InvalidToken, match="expired"):
        house.tokens.verify(expired)


async def test_a_token_that_was_good_expires(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await house.tokens.issue(house.ours.tenant_id, "short", 100)
    assert house.tokens.verify(token).tenant_id == house.ours.tenant_id
    later = time.time() + 101
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(InvalidToken, match="expired"):
        house.tokens.verify(token)


async def test_revocation_is_at_once(house: Any) -> None:
    base = f"/api/v1/tenants/{house.ours.tenant_id}/api-tokens"
    token = (await house.ours.http.post(base, json={"name": "guest", "expiresIn": "1h"})).json()["token"]
    metadata = [("authorization", f"Bearer {token}")]
    reply = await house.ours.channel.unary_unary(VERSION)(b"", metadata=metadata)
    assert dispatcher_pb2.GetVersionResponse.FromString(reply).version.startswith("v0.")
    rows = (await house.ours.http.get(base)).json()["rows"]
    token_id = next(row["metadata"]["id"] for row in rows if row["name"] == "guest")
    assert (await house.theirs.http.post(f"/api/v1/api-tokens/{token_id}")).status_code == 404
    assert (await house.ours.http.post(f"/api/v1/api-tokens/{token_id}")).status_code == 204
    assert (await _code(house, metadata))[0] == grpc.StatusCode.UNAUTHENTICATED


async def test_tenants_do_not_see_each_other(house: Any, name: str) -> None:
    ours, theirs = house.ours, house.theirs
    await ours.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    trigger = shared_pb2.TriggerWorkflowRequest(name=name, input='{"secret":1}')
    run_id = (await ours.call(TRIGGER, trigger, workflows_pb2.TriggerWorkflowResponse)).workflow_run_id
    registered = await ours.call(
        "/Dispatcher/Register",
        dispatcher_pb2.WorkerRegisterRequest(worker_name="w", actions=["x:y"]),
        dispatcher_pb2.WorkerRegisterResponse,
    )

    code, _ = await theirs.refused(TRIGGER, trigger)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    code, _ = await theirs.refused("/v1.AdminService/GetRunDetails", admin_pb2.GetRunDetailsRequest(external_id=run_id))
    assert code == grpc.StatusCode.NOT_FOUND
    listen = theirs.server_stream(
        "/Dispatcher/ListenV2",
        dispatcher_pb2.WorkerListenRequest(worker_id=registered.worker_id),
        dispatcher_pb2.AssignedAction,
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await listen.read()
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    report = dispatcher_pb2.StepActionEvent(
        task_run_external_id=run_id, event_type="STEP_EVENT_TYPE_COMPLETED", event_payload="{}"
    )
    await theirs.call("/Dispatcher/SendStepActionEvent", report, dispatcher_pb2.ActionEventResponse)
    child = shared_pb2.TriggerWorkflowRequest(name=name, input="{}", parent_task_run_external_id=run_id)
    assert (await theirs.refused(TRIGGER, child))[0] == grpc.StatusCode.INVALID_ARGUMENT

    for path in (
        f"workflow-runs/{run_id}",
        f"workflow-runs/{run_id}/status",
        f"tasks/{run_id}",
        f"tasks/{run_id}/logs",
    ):
        assert (await theirs.http.get(f"/api/v1/stable/{path}")).status_code == 404
    assert (await theirs.http.get(f"/api/v1/workers/{registered.worker_id}")).status_code == 404
    patched = await theirs.http.patch(f"/api/v1/workers/{registered.worker_id}", json={"isPaused": True})
    assert patched.status_code == 404
    for path in ("workflow-runs?since=2020-01-01&only_tasks=false", "task-metrics?since=2020-01-01"):
        assert (await theirs.http.get(f"{ours.stable}/{path}")).status_code == 403
    changed = await theirs.http.post(f"{theirs.stable}/tasks/cancel", json={"externalIds": [run_id]})
    assert changed.json() == {"ids": []}
    listed = (await theirs.http.get(f"{theirs.stable}/workflow-runs?since=2020-01-01&only_tasks=false")).json()
    assert run_id not in [row["metadata"]["id"] for row in listed["rows"]]
    assert (await ours.http.get(f"/api/v1/stable/workflow-runs/{run_id}/status")).json() == "QUEUED"


async def test_a_session_cannot_take_over_anothers_worker(house: Any) -> None:
    registered = await house.ours.call(
        "/Dispatcher/Register",
        dispatcher_pb2.WorkerRegisterRequest(worker_name="w", actions=["x:y"]),
        dispatcher_pb2.WorkerRegisterResponse,
    )
    call = house.theirs.stream("/mattock.v1.SessionService/Work", session_pb2.WorkResponse)
    hello = session_pb2.WorkerHello(worker_id=registered.worker_id, name="thief", actions=["x:y"])
    await call.write(session_pb2.WorkRequest(hello=hello))
    # An id that their tenant does not know is a worker of their own.
    assert (await call.read()).welcome.worker_id == registered.worker_id
    record = await house.ours.http.get(f"/api/v1/workers/{registered.worker_id}")
    assert record.json()["name"] == "w"
    call.cancel()
