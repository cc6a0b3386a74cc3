"""Incoming webhooks."""

from __future__ import annotations

import asyncio
import hmac
import json
import uuid
from typing import Any

import httpx
import pytest
from hatchet_sdk import V1WebhookHMACAlgorithm, V1WebhookHMACEncoding, V1WebhookSourceName
from hatchet_sdk.features.webhooks import V1WebhookAPIKeyAuth, V1WebhookHMACAuth

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "a secret"


async def send(hatchet: Any, name: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Delivers something, as its sender would: without a token."""
    url = f"{hatchet.config.server_url}/api/v1/stable/tenants/{hatchet.tenant_id}/webhooks/{name}"
    async with httpx.AsyncClient(timeout=60) as http:
        return await http.post(url, content=body, headers=headers)


async def counts(hatchet: Any, name: str) -> dict[str, Any]:
    """What a webhook has counted."""
    url = f"{hatchet.config.server_url}/api/v1/stable/tenants/{hatchet.tenant_id}/webhooks/{name}"
    async with httpx.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {hatchet.config.token}"}) as http:
        found: dict[str, Any] = (await http.get(url)).json()
    return {"accepted": found["accepted"], **found["refused"]}


async def test_a_signed_delivery_becomes_an_event(events: Any) -> None:
    hatchet, name = events.hatchet, f"github-{uuid.uuid4()}"
    made = await asyncio.to_thread(
        hatchet.webhooks.create,
        V1WebhookSourceName.GITHUB,
        name,
        f"'{name}:' + headers['x-github-event']",
        V1WebhookHMACAuth(
            algorithm=V1WebhookHMACAlgorithm.SHA256,
            encoding=V1WebhookHMACEncoding.HEX,
            signatureHeaderName="X-Hub-Signature-256",
            signingSecret=SECRET,
        ),
        scope_expression="input.repository",
        static_payload={"from": "github"},
    )
    assert made.name == name
    body = json.dumps({"repository": "mattock", "from": "a forger"}).encode()
    headers = {
        "X-Hub-Signature-256": "sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex(),
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
    }
    answer = await send(hatchet, name, body, headers)
    assert answer.status_code == 200
    event = answer.json()["event"]
    assert (event["key"], event["scope"]) == (f"{name}:push", "mattock")
    assert event["payload"] == {"repository": "mattock", "from": "github"}
    # The same delivery a second time, and a forged one.
    assert (await send(hatchet, name, body, headers)).status_code == 403
    assert (await send(hatchet, name, body, {**headers, "X-GitHub-Delivery": "another"})).status_code == 403
    forged = {**headers, "X-GitHub-Delivery": "another", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert (await send(hatchet, name, body, forged)).status_code == 403
    assert (await send(hatchet, name, b"x" * (2 << 20), headers)).status_code == 413
    assert await counts(hatchet, name) == {"accepted": 1, "replayed": 2, "signature": 1, "size": 1}


async def test_webhooks_are_made_changed_and_deleted(events: Any) -> None:
    webhooks, name = events.hatchet.webhooks, f"generic-{uuid.uuid4()}"
    auth = V1WebhookAPIKeyAuth(headerName="X-Key", apiKey=SECRET)
    await asyncio.to_thread(
        webhooks.create, V1WebhookSourceName.GENERIC, name, "'first'", auth, return_event_as_response_payload=False
    )
    assert (await asyncio.to_thread(webhooks.get, name)).event_key_expression == "'first'"
    await asyncio.to_thread(webhooks.update, name, event_key_expression="input.key")
    listed = await asyncio.to_thread(webhooks.list, webhook_names=[name])
    assert [row.event_key_expression for row in listed.rows] == ["input.key"]
    hatchet, key = events.hatchet, {"X-Key": SECRET}
    assert (await send(hatchet, name, b'{"key": "some:event"}', key)).status_code == 204
    assert (await send(hatchet, name, b'{"key": ""}', key)).status_code == 400
    assert (await send(hatchet, name, b"no JSON", key)).status_code == 400
    assert (await send(hatchet, name, b"{}", {"X-Key": "wrong"})).status_code == 403
    assert await counts(hatchet, name) == {"accepted": 1, "mapping": 1, "body": 1, "credentials": 1}
    await asyncio.to_thread(webhooks.delete, name)
    assert (await send(hatchet, name, b"{}", key)).status_code == 400
