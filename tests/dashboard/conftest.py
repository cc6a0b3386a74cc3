"""A server with a worker, and a browser that is logged in."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect
from pytest_asyncio import is_async_test

from .site import Site, serve

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=800)
Look = tuple[ViewportSize, Literal["light", "dark"]]
LOOKS = [pytest.param((DESKTOP, "light"), id="desktop"), pytest.param((PHONE, "dark"), id="phone")]
# What is drawn is drawn by the processor: without the detour by a graphics library, and nothing turns for ever.
FLAGS = ["--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion"]
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


# Nothing here is about time: a busy machine is waited for.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all that is here, so that one browser serves them all: it takes a second to start."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="package", params=LOOKS)
def look(request: pytest.FixtureRequest) -> Look:
    """How wide and light, or narrow and dark, a page is."""
    found: Look = request.param
    return found


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, look: Look) -> Iterator[Site]:
    """A server with a worker: another one for each look, for the tests change what is there."""
    yield from serve(tmp_path_factory.mktemp("dashboard"), TASKS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless browser."""
    if BROWSER is None:
        pytest.fail("there is no browser: install Debian's package `chromium`")
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield found
        await found.close()


async def unfold(page: Page) -> None:
    """Opens what stands beside a wide page, and is folded away on a phone."""
    if page.viewport_size == PHONE:
        await page.get_by_role("button", name="Pages and more").click()


async def is_gone(page: Page, row: Locator) -> None:
    """Waits until a dialog has taken a row away: what stands behind one is not seen, and would seem to be gone."""
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(row).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="session")
async def page(site: Site, browser: Browser, look: Look) -> AsyncIterator[Page]:
    """A page of a logged-in browser; what it complains of fails the test."""
    size, scheme = look
    context = await browser.new_context(viewport=size, color_scheme=scheme, accept_downloads=True)
    found = await context.new_page()
    problems: list[str] = []
    found.on("pageerror", lambda error: problems.append(str(error)))
    await found.goto(site.link())
    yield found
    assert not problems
    await context.close()
