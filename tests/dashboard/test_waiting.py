"""Why a task waits, as a person sees it: on the overview, and on the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.cli.conftest import wait_for

from .site import Site

TASKS = """
import asyncio
from mattock import Mattock, RateLimit

mattock = Mattock()

@mattock.task(name="press", execution_timeout="10m", schedule_timeout="10m")
async def press(input: dict[str, str]) -> None:
    await asyncio.sleep(600)

@mattock.task(name="print", rate_limits=[RateLimit(dynamic_key="'ink'", limit=1, window="1h")], schedule_timeout="10m")
async def print_(input: dict[str, str]) -> None:
    return None
"""
GONE = """
from mattock import Mattock

mattock = Mattock()

@mattock.task(name="bind", schedule_timeout="10m")
async def bind(input: dict[str, str]) -> None:
    return None
"""


@pytest.fixture
def shop(site: Site) -> Iterator[Site]:
    """A worker with one slot, and workflows of one that has left."""
    (site.shell.folder / "press.py").write_text(TASKS)
    (site.shell.folder / "gone.py").write_text(GONE)
    gone = site.shell.start("worker", "gone.py")
    wait_for(gone, "is ready")
    gone.terminate()
    gone.communicate(timeout=60)
    worker = site.shell.start("worker", "press.py", "--slots", "1")
    wait_for(worker, "is ready")
    yield site
    worker.terminate()
    worker.communicate(timeout=60)


async def test_the_overview_and_the_run_say_why(shop: Site, page: Page) -> None:
    # The limit's one unit is taken before the worker's one slot is.
    shop.shell.run("run", "print", "--wait")
    runs = {name: shop.start(name) for name in ("bind", "print")}
    pressing = shop.start("press")
    await page.goto(f"{shop.url}/runs/{pressing}")
    await expect(page.get_by_text("running").first).to_be_visible()
    runs["press"] = shop.start("press")
    told = {
        "bind": ("no worker that can run it", "waits for a worker that runs 'bind:bind'"),
        "press": ("no free slot", "waits for a free slot"),
        "print": ("a rate limit", "waits for rate limit 'ink'"),
    }
    await page.goto(shop.url)
    table = page.get_by_role("table", name="What waits, by reason")
    for name, (reason, _) in told.items():
        row = table.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        await expect(row).to_contain_text(reason)
        await expect(row.get_by_role("cell").first).to_have_text("1")
    for name, (_, sentence) in told.items():
        await page.goto(f"{shop.url}/runs/{runs[name]}")
        await expect(page.get_by_text(sentence)).to_be_visible()
    shop.cancel(pressing, *runs.values())
    await page.goto(shop.url)
    await expect(table.get_by_role("link", name="bind", exact=True)).to_have_count(0)
