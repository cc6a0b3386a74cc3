"""A webhook: another service's signed deliveries become events, which start a task.

`python examples/webhooks.py` starts a server and a worker of its own, and prints:

    a signed delivery: 204
    the task was started with: {'action': 'opened', 'number': 7}
    the same one again: 403
    a forged one: 403
    accepted 1, refused {'replayed': 1, 'signature': 1}
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import httpx
import mattock
from mattock import HmacAuth, Mattock

client = Mattock()
seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()


@client.task(on_events=["github:pull_request"])
async def review(input: dict[str, Any]) -> None:
    await seen.put(input)


def sign(secret: str, body: bytes, delivery: str) -> dict[str, str]:
    """What GitHub sends with a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Hub-Signature-256": f"sha256={digest}",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": delivery,
    }


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("reviews", workflows=[review])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        webhook = await client.webhooks.aio_create(
            "github", "'github:' + headers['x-github-event']", HmacAuth("our secret"), source="GITHUB"
        )
        body = json.dumps({"action": "opened", "number": 7}).encode()
        async with httpx.AsyncClient() as github:
            good = sign("our secret", body, "delivery-1")
            print("a signed delivery:", (await github.post(webhook.url, content=body, headers=good)).status_code)
            print("the task was started with:", await seen.get())
            print("the same one again:", (await github.post(webhook.url, content=body, headers=good)).status_code)
            forged = sign("a guess", body, "delivery-2")
            print("a forged one:", (await github.post(webhook.url, content=body, headers=forged)).status_code)
        counted = await client.webhooks.aio_get("github")
        print(f"accepted {counted.accepted}, refused {dict(sorted(counted.refused.items()))}")

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
