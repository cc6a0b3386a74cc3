"""A server of its own with a shop's worker, so that lists hold what these tests put there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboard.conftest import Look
from tests.dashboard.site import Site, serve

TASKS = """
import asyncio
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, Field

from mattock import Concurrency, Context, DurableContext, EventFilter, Mattock, RateLimit

mattock = Mattock()

class Speed(str, Enum):
    SLOW = "slow"
    FAST = "fast"

class Item(BaseModel):
    name: str
    count: Annotated[int, Field(ge=1)] = 1

class Order(BaseModel):
    customer: Annotated[str, Field(min_length=2, description="Who ordered")]
    total: Annotated[float, Field(ge=0)]
    speed: Speed = Speed.SLOW
    gift: bool = False
    items: list[Item] = []
    note: str | None = None

shop = mattock.workflow(
    name="order",
    input_validator=Order,
    description="Takes an order from payment to delivery",
    on_events=["order:*"],
    on_crons=["0 6 * * 1"],
    concurrency=Concurrency("input.customer", max_runs=2),
)

@shop.task(retries=2)
async def charge(input: Order, ctx: Context) -> dict[str, float]:
    ctx.log(f"charging {input.customer}")
    return {"charged": input.total}

@shop.task(parents=[charge])
async def pack(input: Order, ctx: Context) -> str:
    ctx.log("packing", level="WARN")
    return "packed"

@shop.task(parents=[charge])
async def invoice(input: Order) -> str:
    return "sent"

@shop.task(parents=[pack, invoice], rate_limits=[RateLimit(dynamic_key="'courier'", limit=1000, window="1h")])
async def deliver(input: Order) -> str:
    return "delivered"

@mattock.task(description="Says hello")
async def greet(input: dict[str, str], ctx: Context) -> str:
    ctx.log(f"greeting {input.get('name')}")
    return f"Hello, {input.get('name')}!"

@mattock.task()
async def broken(input: dict[str, str], ctx: Context) -> str:
    ctx.log("about to break", level="ERROR")
    raise ValueError("no such customer")

@mattock.task(execution_timeout="10m")
async def slow(input: dict[str, str]) -> None:
    await asyncio.sleep(600)

@mattock.task(on_events=["mail:*"], default_filters=[EventFilter(expression="input.size > 10", scope="large")])
async def mail(input: dict[str, object]) -> None:
    return None

@mattock.durable_task()
async def refund(input: dict[str, str], ctx: DurableContext) -> str:
    found = await ctx.aio_wait_for_approval("refund", title=f"Refund {input.get('sum', 80)} to Ada?")
    return f"{found.approved} by {found.by}: {found.comment} {found.value}"
"""


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, look: Look) -> Iterator[Site]:
    """A server with the shop's worker: another one for each look, for these tests change what is there."""
    yield from serve(tmp_path_factory.mktemp("views"), TASKS, "--name", "shop")
