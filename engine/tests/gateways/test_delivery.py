"""Deliveries to webhooks of each kind: taken once, mapped to an event; what is refused is counted by its reason."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from mattock_engine.core.error import Code, Refused
from mattock_engine.gateways.rest import delivery
from mattock_engine.gateways.rest.signature import UNTIMED_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "c2VjcmV0"
Headers = dict[str, str]
Sign = Callable[[bytes, str], Headers]
FORM = {"content-type": "application/x-www-form-urlencoded"}
_numbers = itertools.count(1)


def digest(algorithm: str, encoding: str, secret: str, body: bytes) -> str:
    made = hmac.digest(secret.encode(), body, algorithm.lower())
    if encoding == "HEX":
        return made.hex()
    return (base64.b64encode if encoding == "BASE64" else base64.urlsafe_b64encode)(made).decode()


def stripe(body: bytes, secret: str, at: float = 0.0) -> Headers:
    stamp = str(int(at or time.time()))
    return {"stripe-signature": f"t={stamp},v1={digest('SHA256', 'HEX', secret, stamp.encode() + b'.' + body)}"}


def slack(body: bytes, secret: str, at: float = 0.0) -> Headers:
    stamp = str(int(at or time.time()))
    signed = digest("SHA256", "HEX", secret, b"v0:" + stamp.encode() + b":" + body)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signed}"}


def svix(body: bytes, secret: str, at: float = 0.0) -> Headers:
    stamp, number = str(int(at or time.time())), f"msg_{next(_numbers)}"
    key = base64.b64decode(secret)
    made = hmac.digest(key, f"{number}.{stamp}.".encode() + body, "sha256")
    return {
        "svix-id": number,
        "svix-timestamp": stamp,
        "svix-signature": f"v1,{base64.b64encode(made).decode()}",
    }


def github(body: bytes, secret: str) -> Headers:
    signed = {"x-hub-signature-256": f"sha256={digest('SHA256', 'HEX', secret, body)}"}
    return {**signed, "x-github-delivery": f"delivery-{next(_numbers)}"}


def linear(body: bytes, secret: str) -> Headers:
    return {"linear-signature": digest("SHA256", "HEX", secret, body), "linear-delivery": f"{next(_numbers)}"}


def basic(body: bytes, secret: str) -> Headers:
    return {"authorization": "Basic " + base64.b64encode(f"us:{secret}".encode()).decode()}


def api_key(body: bytes, secret: str) -> Headers:
    return {"x-key": secret}


@dataclass
class Kind:
    """How a sender's deliveries are made; `marked`: a second one of the same is known; `old`: as of long ago."""

    source: str
    sign: Sign
    auth_type: str = "HMAC"
    auth: dict[str, Any] = field(default_factory=lambda: {"signingSecret": SECRET})
    marked: bool = True
    reason: str = "signature"
    old: Sign | None = None


def generic(algorithm: str, encoding: str) -> Kind:
    auth = {"algorithm": algorithm, "encoding": encoding, "signatureHeaderName": "X-Sig", "signingSecret": SECRET}
    return Kind("GENERIC", lambda body, secret: {"x-sig": digest(algorithm, encoding, secret, body)}, auth=auth)


KINDS = {
    "stripe": Kind("STRIPE", stripe, old=lambda body, secret: stripe(body, secret, time.time() - 1000)),
    "slack": Kind("SLACK", slack, old=lambda body, secret: slack(body, secret, time.time() - 1000)),
    "svix": Kind("SVIX", svix, old=lambda body, secret: svix(body, secret, time.time() - 1000)),
    "github": Kind("GITHUB", github),
    "linear": Kind("LINEAR", linear),
    "basic": Kind("GENERIC", basic, "BASIC", {"username": "us", "password": SECRET}, False, "credentials"),
    "key": Kind("GENERIC", api_key, "API_KEY", {"headerName": "X-Key", "apiKey": SECRET}, False, "credentials"),
    **{
        f"{algorithm}-{encoding}": generic(algorithm, encoding)
        for algorithm in ("SHA1", "SHA256", "SHA512", "MD5")
        for encoding in ("HEX", "BASE64", "BASE64URL")
    },
}


@dataclass
class Hook:
    """A webhook, and a sender that has no token."""

    house: Any
    name: str
    kind: Kind

    async def make(self, key: str = "", **auth: Any) -> Hook:
        body = {
            "sourceName": self.kind.source,
            "name": self.name,
            "eventKeyExpression": key or f"'{self.name}:' + input.kind",
            "authType": self.kind.auth_type,
            "auth": {**self.kind.auth, **auth},
        }
        made = await self.house.ours.http.post(f"{self.house.ours.stable}/webhooks", json=body)
        assert made.status_code == 200, made.text
        return self

    async def send(self, body: bytes, headers: Headers) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.house.ours.http.base_url) as sender:
            return await sender.post(f"{self.house.ours.stable}/webhooks/{self.name}", content=body, headers=headers)

    async def deliver(self, body: bytes, more: Headers | None = None) -> int:
        """Sends a body, signed anew."""
        return (await self.send(body, {**self.kind.sign(body, SECRET), **(more or {})})).status_code

    async def counts(self) -> dict[str, int]:
        row = (await self.house.ours.http.get(f"{self.house.ours.stable}/webhooks/{self.name}")).json()
        return {"accepted": row["accepted"], **row["refused"]}

    async def events(self) -> list[tuple[str, Any]]:
        """Keys and payloads, the oldest first."""
        reply = await self.house.ours.http.get(f"{self.house.ours.stable}/events", params={"search": self.name})
        return [(row["key"], row["payload"]) for row in reversed(reply.json()["rows"])]

    async def kept_seconds(self) -> float:
        """For how long the one mark of it is kept."""
        found: float = await self.house.store.pool.fetchval(
            "select extract(epoch from until - now())::float8 from mattock.delivery where webhook = $1", self.name
        )
        return found


@pytest.fixture
def hook(house: Any, name: str) -> Hook:
    return Hook(house, name, KINDS["SHA256-HEX"])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_delivery_is_taken_once(house: Any, name: str, kind: Kind) -> None:
    hook = await Hook(house, name, kind).make()
    body = json.dumps({"kind": "paid", "webhookTimestamp": int(time.time() * 1000)}).encode()
    good = kind.sign(body, SECRET)
    assert (await hook.send(body, good)).status_code == 204
    expected = {"accepted": 1}
    # As it came, and with other words about which delivery it is: these are not signed.
    unsigned = {"x-github-delivery": "another", "linear-delivery": "another"}
    for headers in (good, {**good, **unsigned}):
        assert (await hook.send(body, headers)).status_code == (403 if kind.marked else 204)
    expected.update({"replayed": 2} if kind.marked else {"accepted": 3})
    assert await hook.events() == [(f"{name}:paid", json.loads(body))] * expected["accepted"]
    for wrong in ({}, kind.sign(body, base64.b64encode(b"a guess").decode())):
        assert (await hook.send(body, wrong)).status_code == 403
    if kind.marked and kind.auth_type == "HMAC":
        assert (await hook.send(body.replace(b"paid", b"sold"), good)).status_code == 403
    expected[kind.reason] = 3 if kind.marked else 2
    if kind.old is not None:
        assert (await hook.send(body, kind.old(body, SECRET))).status_code == 403
        expected["stale"] = 1
    assert await hook.counts() == expected
    assert len(await hook.events()) == expected["accepted"]


@pytest.mark.parametrize("kind", [KINDS[each] for each in ("stripe", "slack", "svix", "basic", "SHA256-HEX")])
async def test_forms(house: Any, name: str, kind: Kind) -> None:
    hook = await Hook(house, name, kind).make()
    body = urlencode({"kind": "sold", "text": "one & all"}).encode()
    assert await hook.deliver(body, FORM) == 204
    assert await hook.deliver(b"kind=%FF", FORM) == 204
    assert await hook.deliver(b"kind=\xff", FORM) == 400
    assert await hook.deliver(b"[1]") == 400
    assert (await hook.events())[0] == (f"{name}:sold", {"kind": "sold", "text": "one & all"})
    assert await hook.counts() == {"accepted": 2, "body": 2}


async def test_slack_asks_first_and_wraps_what_it_sends(house: Any, name: str) -> None:
    hook = await Hook(house, name, KINDS["slack"]).make()
    question = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    for _ in range(2):
        reply = await hook.send(question, slack(question, SECRET))
        assert (reply.status_code, reply.json()) == (200, {"challenge": "abc"})
    assert (await hook.send(question, slack(question, "a guess"))).status_code == 403
    assert await hook.deliver(urlencode({"payload": '{"kind": "click", "n": 1}'}).encode(), FORM) == 204
    assert await hook.deliver(urlencode({"payload": "{"}).encode(), FORM) == 400
    assert await hook.events() == [(f"{name}:click", {"kind": "click", "n": 1})]
    assert await hook.counts() == {"accepted": 1, "signature": 1, "body": 1}


async def test_linear_of_long_ago(house: Any, name: str) -> None:
    hook = await Hook(house, name, KINDS["linear"]).make()
    assert await hook.deliver(b'{"kind": "a", "webhookTimestamp": 1000}') == 403
    assert await hook.counts() == {"accepted": 0, "stale": 1}


# The app takes two payloads of 256 KiB, and a webhook a mebibyte.
@pytest.mark.parametrize(
    ("limit", "size"), [(1000, 1001), (1 << 20, 300 << 10), (1 << 20, 600 << 10)], ids=["own", "payload", "app"]
)
async def test_too_large(hook: Hook, monkeypatch: pytest.MonkeyPatch, limit: int, size: int) -> None:
    await hook.make()
    monkeypatch.setattr(delivery, "MAX_BODY_BYTES", limit)
    body = b"x" * size
    reply = await hook.send(body, hook.kind.sign(body, SECRET))
    assert reply.status_code == 413, reply.text
    assert await hook.counts() == {"accepted": 0, "size": 1}
    reply = await hook.house.ours.http.post(f"/api/v1/tenants/{hook.house.ours.tenant_id}/events", content=b"x" * size)
    assert reply.status_code == (413 if size > 512 << 10 else 400)


async def test_too_large_without_saying_so(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    await hook.make()
    monkeypatch.setattr(delivery, "MAX_BODY_BYTES", 1000)

    async def parts() -> Any:
        for _ in range(3):
            yield b"x" * 500

    async with httpx.AsyncClient(base_url=hook.house.ours.http.base_url) as sender:
        reply = await sender.post(f"{hook.house.ours.stable}/webhooks/{hook.name}", content=parts())
    assert reply.status_code == 413, reply.text
    assert await hook.counts() == {"accepted": 0, "size": 1}


async def test_too_many(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RATE", 0.0)
    monkeypatch.setattr(delivery, "BURST", 2.0)
    await hook.make()
    found = [await hook.deliver(json.dumps({"kind": "a", "n": n}).encode()) for n in range(4)]
    assert found == [204, 204, 429, 429]
    assert await hook.counts() == {"accepted": 2, "rate": 2}


async def test_what_came_to_nothing_may_come_again(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    await hook.make()
    unmapped = b'{"n": 1}'
    for _ in range(2):
        assert await hook.deliver(unmapped) == 400
    body, call = b'{"kind": "a"}', hook.house.engine.call

    async def fails(*_: Any) -> Any:
        raise Refused(Code.UNAVAILABLE, "not now")

    monkeypatch.setattr(hook.house.engine, "call", fails)
    assert await hook.deliver(body) >= 500
    monkeypatch.setattr(hook.house.engine, "call", call)
    assert await hook.deliver(body) == 204
    assert await hook.deliver(body) == 403
    assert await hook.counts() == {"accepted": 1, "mapping": 2, "replayed": 1}


async def test_a_mark_outlives_its_delivery_only_if_that_is_accepted(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.make()
    call, seen = hook.house.engine.call, []

    async def looks(*arguments: Any) -> Any:
        seen.append(await hook.kept_seconds())
        return await call(*arguments)

    monkeypatch.setattr(hook.house.engine, "call", looks)
    assert await hook.deliver(b'{"kind": "a"}') == 204
    # Had the engine died here, the sender could have tried again soon.
    assert seen[0] <= delivery.CLAIM_SECONDS
    assert delivery.CLAIM_SECONDS < await hook.kept_seconds() <= UNTIMED_SECONDS
    # After that it is a new one.
    await hook.house.store.pool.execute("update mattock.delivery set until = now() where webhook = $1", hook.name)
    assert await hook.deliver(b'{"kind": "a"}') == 204


async def test_equal_bodies_are_taken_if_the_webhook_says_so(hook: Hook) -> None:
    await hook.make(replayWindowSeconds=0)
    assert [await hook.deliver(b'{"kind": "beat"}') for _ in range(3)] == [204] * 3
    path = f"{hook.house.ours.stable}/webhooks/{hook.name}"
    changed = {"auth": {**hook.kind.auth, "replayWindowSeconds": 600}}
    assert (await hook.house.ours.http.patch(path, json=changed)).status_code == 200
    assert [await hook.deliver(b'{"kind": "beat"}') for _ in range(2)] == [204, 403]
    assert delivery.CLAIM_SECONDS < await hook.kept_seconds() <= 600


@pytest.mark.parametrize("kind", ["stripe", "slack", "svix", "linear", "basic", "key"])
async def test_others_take_no_window(house: Any, name: str, kind: str) -> None:
    with pytest.raises(AssertionError, match="replayWindowSeconds"):
        await Hook(house, name, KINDS[kind]).make(replayWindowSeconds=60)
