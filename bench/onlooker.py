"""Stands in for open dashboards where a browser's own work is not to count; `python -m bench.onlooker`.

`BENCH_ONLOOKER` holds JSON: `{url, tenant, token, streams, addresses}`. Holds so many streams of the tenant's changes
open, and asks for each address as a page does that is told of changes all the time, until it is ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import time

import httpx

READY = "READY"
GIVEN_ENV = "BENCH_ONLOOKER"
# As the dashboard does in a flood (`dashboard/src/api/live.ts`): not more often than this, nor than so many times what
# it takes.
GAP_SECONDS = 5.0
COST_FACTOR = 40


async def _listen(client: httpx.AsyncClient, path: str) -> None:
    async with client.stream("GET", path) as reply:
        async for _ in reply.aiter_raw():
            pass


async def _ask(client: httpx.AsyncClient, address: str) -> None:
    while True:
        began = time.perf_counter()
        (await client.get(address)).raise_for_status()
        took = time.perf_counter() - began
        await asyncio.sleep(max(GAP_SECONDS, COST_FACTOR * took) - took)


async def run() -> None:
    """Looks on until it is ended."""
    given = json.loads(os.environ[GIVEN_ENV])
    headers = {"Authorization": f"Bearer {given['token']}"}
    async with httpx.AsyncClient(base_url=given["url"], headers=headers, timeout=60) as client:
        path = f"/api/v1/stable/tenants/{given['tenant']}/live"
        work = [_listen(client, path) for _ in range(given["streams"])]
        work += [_ask(client, address) for address in given["addresses"]]
        print(READY, flush=True)
        await asyncio.gather(*work)


if __name__ == "__main__":
    asyncio.run(run())
