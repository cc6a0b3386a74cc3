"""Deliveries that come again, refused for as long as the webhook says: with a real server."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from mattock import Duration, EmbeddedServer, HmacAuth, Mattock, RequestError
from mattock.webhook import Source

SECRET = "our secret"
BODY = b'{"kind": "again"}'


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Mattock]:
    client = server.client()
    yield client
    await client.aio_close()


async def send(url: str) -> int:
    """The status of the answer to a signed delivery."""
    headers = {"X-Signature": hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()}
    async with httpx.AsyncClient() as sender:
        return (await sender.post(url, content=BODY, headers=headers)).status_code


@pytest.mark.parametrize(
    ("name", "window", "answers"),
    [("always", None, [204, 403]), ("long", timedelta(hours=1), [204, 403]), ("never", 0, [204, 204])],
)
async def test_the_same_delivery_again(client: Mattock, name: str, window: Duration | None, answers: list[int]) -> None:
    auth = HmacAuth(SECRET, replay_window=window)
    made = await client.webhooks.aio_create(f"again-{name}", "input.kind", auth)
    assert [await send(made.url) for _ in answers] == answers
    refused = answers.count(403)
    found = await client.webhooks.aio_get(made.name)
    assert (found.accepted, found.refused) == (2 - refused, {"replayed": 1} if refused else {})


@pytest.mark.parametrize("source", ["STRIPE", "SLACK", "SVIX", "LINEAR"])
async def test_who_signs_the_time_has_a_window_of_its_own(client: Mattock, source: Source) -> None:
    auth = HmacAuth(SECRET, replay_window="1h")
    with pytest.raises(RequestError, match=r"auth\.replayWindowSeconds"):
        await client.webhooks.aio_create(f"timed-{source.lower()}", "input.kind", auth, source=source)


def test_a_window_that_is_none(server: EmbeddedServer) -> None:
    client = server.client()
    with pytest.raises(ValueError, match="replay_window"):
        client.webhooks.create("odd", "input.kind", HmacAuth(SECRET, replay_window="soon"))
