"""A server with a worker, and a browser that is logged in."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.cli.conftest import CommandLine, wait_for

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=800)
Scheme = Literal["light", "dark"]
LOOKS = [pytest.param((DESKTOP, "light"), id="desktop"), pytest.param((PHONE, "dark"), id="phone")]
TASKS = """
import asyncio
from mattock import Concurrency, Context, DurableContext, Mattock, RateLimit

mattock = Mattock()

@mattock.task()
async def greet(input: dict[str, str], ctx: Context) -> str:
    ctx.log(f"greeting {input.get('name')}")
    return f"Hello, {input.get('name')}!"

@mattock.task()
async def broken(input: dict[str, str]) -> str:
    raise ValueError("no such customer")

@mattock.task(execution_timeout="10m")
async def slow(input: dict[str, str]) -> None:
    await asyncio.sleep(600)

@mattock.task(execution_timeout="10m")
async def talk(input: dict[str, str], ctx: Context) -> None:
    ctx.put_stream("the first words")
    ctx.log("spoken")
    await asyncio.sleep(600)

@mattock.task(rate_limits=[RateLimit(dynamic_key="'maps'", limit=1, window="1h")])
async def maps(input: dict[str, str]) -> None:
    return None

@mattock.task(execution_timeout="10m", concurrency=Concurrency("input.customer"))
async def guarded(input: dict[str, str]) -> None:
    await asyncio.sleep(600)

@mattock.durable_task()
async def refund(input: dict[str, str], ctx: DurableContext) -> str:
    await ctx.aio_now()
    found = await ctx.aio_wait_for_approval("refund", title="Refund 80 to Ada?")
    return f"{found.approved} by {found.by}"

pipeline = mattock.workflow(name="pipeline", on_events=["file:new"])

@pipeline.task()
async def fetch(input: dict[str, str]) -> str:
    return "pages"

@pipeline.task(parents=[fetch])
async def store(input: dict[str, str], ctx: Context) -> str:
    return ctx.task_output(fetch) + " stored"

@mattock.task(retries=1)
async def flaky(input: dict[str, str], ctx: Context) -> str:
    ctx.log("\\x1b[31mred\\x1b[0m plain", level="WARN")
    ctx.log(f"attempt {ctx.attempt_number}")
    raise ValueError(f"not at attempt {ctx.attempt_number}")

@mattock.task(execution_timeout="5m")
async def fan(input: dict[str, int]) -> dict[str, object]:
    found = await asyncio.gather(*[greet.aio_run({"name": str(n)}) for n in range(input["n"])])
    return {"found": len(found), "first": {"greeting": {"text": found[0]}}, "rows": [{"n": n} for n in range(200)]}
"""


@dataclass
class Site:
    """A server as the tests see it."""

    shell: CommandLine
    url: str
    tenant_id: str
    token: str

    def start(self, workflow: str, text: str = "{}") -> str:
        """Starts a run; its id."""
        return str(self.shell.json("run", workflow, "--input", text)["run_id"])

    def get(self, path: str) -> Any:
        """Reads from the API."""
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.token}"}).json()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a worker."""
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "tasks.py").write_text(TASKS)
    shell = CommandLine(folder)
    env_file = folder / "server.env"
    server = shell.start("server", "--grpc-port", "0", "--http-port", "0", "--env-file", str(env_file))
    wait_for(server, "Mattock is ready")
    worker = shell.start("worker", "tasks.py")
    wait_for(worker, "is ready")
    env = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
    yield Site(shell, env["MATTOCK_CLIENT_SERVER_URL"], env["MATTOCK_CLIENT_TENANT_ID"], env["MATTOCK_CLIENT_TOKEN"])
    for process in (worker, server):
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless browser."""
    if BROWSER is None:
        pytest.fail("there is no browser: install Debian's package `chromium`")
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        await found.close()


@asynccontextmanager
async def opened(site: Site, browser: Browser, size: ViewportSize, scheme: Scheme) -> AsyncIterator[Page]:
    """A page of a logged-in browser; what it complains of fails the test."""
    context = await browser.new_context(viewport=size, color_scheme=scheme, accept_downloads=True)
    found = await context.new_page()
    problems: list[str] = []
    found.on("pageerror", lambda error: problems.append(str(error)))
    await found.goto(site.shell.run("dashboard").stdout.strip())
    yield found
    assert not problems
    await context.close()


@pytest.fixture(params=LOOKS)
async def view(site: Site, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A page, as wide and light, and as narrow and dark as they are."""
    async with opened(site, browser, *request.param) as found:
        yield found


@pytest.fixture
async def page(site: Site, browser: Browser) -> AsyncIterator[Page]:
    """A page, wide and light."""
    async with opened(site, browser, DESKTOP, "light") as found:
        yield found
