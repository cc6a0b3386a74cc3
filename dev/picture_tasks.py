"""A shop's workflows, for the pictures of the documentation (`dev/pictures.py`)."""

from __future__ import annotations

import asyncio
import random

from mattock import Concurrency, Context, Mattock
from pydantic import BaseModel, Field

mattock = Mattock()


class Order(BaseModel):
    """What is ordered."""

    customer: str = Field(min_length=2, description="Who ordered")
    total: float = Field(ge=0)


shop = mattock.workflow(
    name="order",
    input_validator=Order,
    description="Takes an order from payment to delivery",
    on_events=["order:*"],
    on_crons=["0 6 * * 1-5"],
    concurrency=Concurrency("input.customer", max_runs=20),
)


@shop.task(retries=2, backoff_factor=1.5)
async def charge(input: Order, ctx: Context) -> dict[str, float]:
    """Takes the money, at times in a second attempt."""
    ctx.log(f"charging {input.customer}")
    await asyncio.sleep(random.uniform(0.1, 0.6))
    if ctx.retry_count == 0 and (input.customer == "Ada" or random.random() < 0.1):
        raise ConnectionError("the bank did not answer within 2 s")
    return {"charged": input.total}


@shop.task(parents=[charge])
async def invoice(input: Order) -> str:
    """Sends it."""
    await asyncio.sleep(random.uniform(0.2, 0.5))
    return "sent"


@shop.task(parents=[charge])
async def pack(input: Order, ctx: Context) -> str:
    """Packs it."""
    ctx.log("packing", level="INFO")
    await asyncio.sleep(random.uniform(0.4, 1.5))
    return "packed"


@shop.task(parents=[pack, invoice])
async def deliver(input: Order) -> str:
    """Hands it to the courier."""
    await asyncio.sleep(random.uniform(0.3, 0.8))
    return "delivered"


@mattock.task(description="Makes a small picture of a large one", on_crons=["*/15 * * * *"])
async def thumbnail(input: dict[str, str]) -> dict[str, int]:
    """Is fast."""
    await asyncio.sleep(random.expovariate(20))
    return {"width": 320}


@mattock.task(description="Sends the week's report", on_crons=["0 8 * * 1"])
async def report(input: dict[str, str]) -> str:
    """Fails now and then."""
    await asyncio.sleep(random.uniform(0.5, 3))
    if random.random() < 0.3:
        raise ValueError("no such customer")
    return "sent"


@mattock.task(description="Reads a customer's file", execution_timeout="10m")
async def import_file(input: dict[str, str], ctx: Context) -> int:
    """Takes a while, and says how far it is."""
    for step in range(60):
        ctx.progress(step / 60, f"{step * 50} of 3 000 rows")
        await asyncio.sleep(1)
    return 3000
