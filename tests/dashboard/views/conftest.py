"""A server of its own with a shop's worker, so that lists hold what these tests put there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.cli.conftest import CommandLine, wait_for
from tests.dashboard.conftest import LOOKS, Scheme, Site, opened

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


Look = tuple[ViewportSize, Scheme]


@pytest.fixture(scope="package", params=LOOKS)
def look(request: pytest.FixtureRequest) -> Look:
    """How wide and light, or narrow and dark, a page is."""
    found: Look = request.param
    return found


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, look: Look) -> Iterator[Site]:
    """A server with the shop's worker: another one for each look, for these tests change what is there."""
    folder = tmp_path_factory.mktemp("views")
    (folder / "tasks.py").write_text(TASKS)
    shell = CommandLine(folder)
    env_file = folder / "server.env"
    server = shell.start("server", "--grpc-port", "0", "--http-port", "0", "--env-file", str(env_file))
    wait_for(server, "Mattock is ready")
    worker = shell.start("worker", "tasks.py", "--name", "shop")
    wait_for(worker, "is ready")
    env = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
    yield Site(shell, env["MATTOCK_CLIENT_SERVER_URL"], env["MATTOCK_CLIENT_TENANT_ID"], env["MATTOCK_CLIENT_TOKEN"])
    for process in (worker, server):
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
async def view(site: Site, browser: Browser, look: Look) -> AsyncIterator[Page]:
    """A page of a logged-in browser."""
    async with opened(site, browser, *look) as found:
        yield found


class Api:
    """Changes by the API what a test needs to be there before the person comes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._http = httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {site.token}"})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """What is answered; `T` stands for the tenant's path, `S` for that of newer things."""
        tenant_id = self.site.tenant_id
        path = path.replace("S/", f"/api/v1/stable/tenants/{tenant_id}/").replace("T/", f"/api/v1/tenants/{tenant_id}/")
        answer = self._http.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def workflow(self, name: str) -> str:
        """The id of a workflow."""
        rows = self.send("GET", f"T/workflows?name={name}")["rows"]
        return str(next(row for row in rows if row["name"] == name)["metadata"]["id"])


@pytest.fixture(scope="package")
def api(site: Site) -> Api:
    """The API of the shop's server."""
    return Api(site)
