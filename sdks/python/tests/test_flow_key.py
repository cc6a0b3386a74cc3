"""What a key of a limit may be made from: the input, the metadata, what the task's parents gave."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from mattock import Concurrency, Mattock, RateLimit
from mattock.testing import engine

Input = dict[str, Any]
client = Mattock()
KEYS = {"input": "input.who", "metadata": "additional_metadata.who", "parents": "parents.find.who"}


async def run_no_wait(workflow: Any, who: str) -> Any:
    return await workflow.aio_run_no_wait({"who": who}, additional_metadata={"who": who})


@pytest.mark.parametrize("source", KEYS)
async def test_of_one_key_one_runs_at_once(source: str) -> None:
    begun: asyncio.Queue[str] = asyncio.Queue()
    go = asyncio.Event()
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()
    workflow = client.workflow(f"keyed-by-{source}")

    @workflow.task()
    async def find(input: Input) -> Input:
        return {"who": input["who"]}

    @workflow.task(parents=[find], concurrency=Concurrency(KEYS[source]))
    async def use(input: Input) -> None:
        who = input["who"]
        running[who] += 1
        most[who] = max(most[who], running[who])
        begun.put_nowait(who)
        await go.wait()
        running[who] -= 1

    async with engine(workflow):
        refs = [await run_no_wait(workflow, who) for who in ("a", "a", "b")]
        assert {await begun.get(), await begun.get()} == {"a", "b"}
        assert begun.empty()
        go.set()
        for ref in refs:
            await ref.aio_result()
    assert most == {"a": 1, "b": 1}


@pytest.mark.parametrize("source", KEYS)
async def test_a_rate_limit_of_each_key(source: str) -> None:
    began: dict[str, list[float]] = {"a": [], "b": []}
    workflow = client.workflow(f"rated-by-{source}")

    @workflow.task()
    async def find(input: Input) -> Input:
        return {"who": input["who"]}

    @workflow.task(parents=[find], rate_limits=[RateLimit(dynamic_key=KEYS[source], limit=1, window="1m")])
    async def use(input: Input) -> None:
        began[input["who"]].append(here.now.timestamp())

    async with engine(workflow) as here:
        for ref in [await run_no_wait(workflow, who) for who in ("a", "a", "b")]:
            await ref.aio_result()
    assert began["a"][1] - began["a"][0] > 59
    assert began["b"][0] - began["a"][0] < 59
