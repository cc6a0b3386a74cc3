"""Figures of your own: what tasks count, by workflow and time.

`python examples/metrics.py` starts a server and a worker of its own, and prints:

    tokens: 1150 in 3 calls, 383 on the average
    of the model large: 800
    of the model small: 350
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import mattock
from mattock import Context, Mattock

client = Mattock()


@client.task()
async def summarize(input: dict[str, Any], ctx: Context) -> None:
    # What a model's answer says that it has used.
    ctx.metric("tokens", input["tokens"], model=input["model"])


async def figures(**query: str) -> list[dict[str, Any]]:
    """The figures of the workflow, as the server has them."""
    settings = client.settings
    tenant = f"/api/v1/tenants/{settings.tenant_id}"
    headers = {"Authorization": f"Bearer {settings.token}"}
    async with httpx.AsyncClient(base_url=settings.server_url, headers=headers, timeout=30) as http:
        workflows = (await http.get(f"{tenant}/workflows", params={"name": "summarize"})).json()["rows"]
        path = f"/api/v1/stable/tenants/{settings.tenant_id}/workflows/{workflows[0]['metadata']['id']}/custom-metrics"
        return list((await http.get(path, params=query)).json()["series"])


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("summaries", workflows=[summarize])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        for tokens, model in ((200, "small"), (800, "large"), (150, "small")):
            await summarize.aio_run({"tokens": tokens, "model": model})
        # They are written a few times a second.
        found = await figures()
        while not found or found[0]["count"] < 3:
            await asyncio.sleep(0.1)
            found = await figures()
        print(f"tokens: {found[0]['sum']:.0f} in {found[0]['count']} calls, {found[0]['avg']:.0f} on the average")
        for each in await figures(by="model"):
            print(f"of the model {each['label']}: {each['sum']:.0f}")

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
