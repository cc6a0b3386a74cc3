"""Incoming webhooks."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
import uuid
from typing import Any

import httpx
import pytest
from hatchet_sdk import V1WebhookHMACAlgorithm, V1WebhookHMACEncoding, V1WebhookSourceName
from hatchet_sdk.features.webhooks import V1WebhookAPIKeyAuth, V1WebhookBasicAuth, V1WebhookHMACAuth

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "a secret"


async def send(hatchet: Any, name: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Delivers something, as its sender would: without a token."""
    url = f"{hatchet.config.server_url}/api/v1/stable/tenants/{hatchet.tenant_id}/webhooks/{name}"
    async with httpx.AsyncClient() as http:
        return await http.post(url, content=body, headers=headers)


async def counts(hatchet: Any, name: str) -> dict[str, Any]:
    """What a webhook has counted."""
    url = f"{hatchet.config.server_url}/api/v1/stable/tenants/{hatchet.tenant_id}/webhooks/{name}"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {hatchet.config.token}"}) as http:
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


BODY = b'{"kind": "sent", "from": "them"}'


def stripe(at: str) -> dict[str, str]:
    """How Stripe signs."""
    digest = hmac.digest(SECRET.encode(), f"{at}.".encode() + BODY, "sha256").hex()
    return {"Stripe-Signature": f"t={at},v1={digest}"}


def slack(at: str) -> dict[str, str]:
    """How Slack signs."""
    digest = hmac.digest(SECRET.encode(), f"v0:{at}:".encode() + BODY, "sha256").hex()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


def linear(at: str) -> dict[str, str]:
    """How Linear signs; the time is within the body."""
    return {
        "Linear-Signature": hmac.digest(SECRET.encode(), BODY, "sha256").hex(),
        "Linear-Delivery": at,
    }


def svix(at: str) -> dict[str, str]:
    """How Svix signs."""
    delivery, key = f"msg-{at}", base64.b64decode(SVIX_SECRET.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{delivery}.{at}.".encode() + BODY, "sha256")
    signature = base64.b64encode(digest).decode()
    return {"svix-id": delivery, "svix-timestamp": at, "svix-signature": f"v1,{signature}"}


SVIX_SECRET = "whsec_" + base64.b64encode(b"a secret of bytes").decode()
SENDERS = {
    V1WebhookSourceName.STRIPE: (stripe, SECRET, "Stripe-Signature", V1WebhookHMACEncoding.HEX),
    V1WebhookSourceName.SLACK: (slack, SECRET, "X-Slack-Signature", V1WebhookHMACEncoding.HEX),
    V1WebhookSourceName.LINEAR: (linear, SECRET, "linear-signature", V1WebhookHMACEncoding.HEX),
    V1WebhookSourceName.SVIX: (svix, SVIX_SECRET, "svix-signature", V1WebhookHMACEncoding.BASE64),
}


@pytest.mark.parametrize("source", SENDERS)
async def test_senders_that_sign_in_their_own_way(events: Any, source: V1WebhookSourceName) -> None:
    sign, secret, header, encoding = SENDERS[source]
    hatchet, name = events.hatchet, f"{source.value.lower()}-{uuid.uuid4()}"
    auth = V1WebhookHMACAuth(
        algorithm=V1WebhookHMACAlgorithm.SHA256, encoding=encoding, signatureHeaderName=header, signingSecret=secret
    )
    await asyncio.to_thread(hatchet.webhooks.create, source, name, "'got:' + input.kind", auth)
    headers = sign(str(int(time.time())))
    answer = await send(hatchet, name, BODY, headers)
    assert (answer.status_code, answer.json()["event"]["key"]) == (200, "got:sent")
    assert (await send(hatchet, name, BODY, headers)).status_code == 403
    assert (
        await send(hatchet, name, BODY.replace(b"sent", b"fake"), sign(str(int(time.time()) + 1)))
    ).status_code == 403
    counted = {"accepted": 1, "replayed": 1, "signature": 1}
    if source != V1WebhookSourceName.LINEAR:
        assert (await send(hatchet, name, BODY, sign("1000000000"))).status_code == 403
        counted["stale"] = 1
    assert await counts(hatchet, name) == counted
    listed = await asyncio.to_thread(hatchet.webhooks.list, webhook_names=[name], source_names=[source])
    assert [row.name for row in listed.rows] == [name]
    others = [each for each in SENDERS if each != source]
    assert not (await asyncio.to_thread(hatchet.webhooks.list, webhook_names=[name], source_names=others)).rows


@pytest.mark.parametrize("algorithm", V1WebhookHMACAlgorithm)
@pytest.mark.parametrize("encoding", V1WebhookHMACEncoding)
async def test_digests_and_how_they_are_written(
    events: Any, algorithm: V1WebhookHMACAlgorithm, encoding: V1WebhookHMACEncoding
) -> None:
    hatchet, name = events.hatchet, f"signed-{uuid.uuid4()}"
    auth = V1WebhookHMACAuth(
        algorithm=algorithm, encoding=encoding, signatureHeaderName="X-Signed", signingSecret=SECRET
    )
    await asyncio.to_thread(hatchet.webhooks.create, V1WebhookSourceName.GENERIC, name, "'got'", auth)
    digest = hmac.digest(SECRET.encode(), BODY, algorithm.value.lower())
    written = {
        V1WebhookHMACEncoding.HEX: digest.hex(),
        V1WebhookHMACEncoding.BASE64: base64.b64encode(digest).decode(),
        V1WebhookHMACEncoding.BASE64URL: base64.urlsafe_b64encode(digest).decode(),
    }[encoding]
    assert (await send(hatchet, name, BODY, {"X-Signed": written})).status_code == 200
    assert (await send(hatchet, name, BODY + b" ", {"X-Signed": written})).status_code == 403


async def test_a_user_with_a_password(events: Any) -> None:
    hatchet, name = events.hatchet, f"basic-{uuid.uuid4()}"
    auth = V1WebhookBasicAuth(username="me", password=SECRET)
    await asyncio.to_thread(hatchet.webhooks.create, V1WebhookSourceName.GENERIC, name, "'got'", auth)

    def basic(password: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}

    assert (await send(hatchet, name, BODY, basic(SECRET))).status_code == 200
    assert (await send(hatchet, name, BODY, basic("wrong"))).status_code == 403
    assert (await send(hatchet, name, BODY, {})).status_code == 403
    await asyncio.to_thread(hatchet.webhooks.update, name, scope_expression="input.kind", static_payload={"from": "us"})
    event = (await send(hatchet, name, BODY, basic(SECRET))).json()["event"]
    assert (event["scope"], event["payload"]) == ("sent", {"kind": "sent", "from": "us"})
    await asyncio.to_thread(
        hatchet.webhooks.update,
        name,
        scope_expression="'other'",
        static_payload={"from": "me"},
        return_event_as_response_payload=False,
    )
    answer = await send(hatchet, name, BODY, basic(SECRET))
    assert (answer.status_code, answer.content) == (204, b"")
    page = await asyncio.to_thread(hatchet.webhooks.list, limit=1, offset=0, webhook_names=[name])
    assert [row.name for row in page.rows] == [name]
    assert not (await asyncio.to_thread(hatchet.webhooks.list, limit=1, offset=1, webhook_names=[name])).rows
