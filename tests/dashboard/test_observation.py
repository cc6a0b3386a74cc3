"""What tasks tell of themselves, as a person sees it in the dashboard."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.cli.conftest import wait_for

from .conftest import DESKTOP, Look
from .site import Site

TASKS = """
import asyncio
import pathlib
from mattock import BatchContext, Context, Mattock

mattock = Mattock()

@mattock.task(name="importing", execution_timeout="10m")
async def importing(input: dict[str, int], ctx: Context) -> None:
    ctx.progress(0.4, "page 4 of 10")
    ctx.metric("tokens", 812, model="small")
    ctx.metric("tokens", 400, model="large")
    ctx.metric("cost", 0.25)
    while not pathlib.Path("imported").exists():
        await asyncio.sleep(0.05)
    ctx.progress(1, "done")

@mattock.task(name="leaf", execution_timeout="10m")
async def leaf(input: dict[str, int]) -> None:
    while input["n"] and not pathlib.Path("imported").exists():
        await asyncio.sleep(0.05)

@mattock.task(name="spread", execution_timeout="10m")
async def spread(input: dict[str, int]) -> None:
    await leaf.aio_run_many([{"n": n} for n in range(4)])

@mattock.batch_task(name="gather", batch_size=4, batch_interval="1h", execution_timeout="10m")
async def gather(inputs: list[dict[str, int]], ctx: BatchContext) -> list[int]:
    return [1] * len(inputs)
"""


@pytest.fixture(scope="module")
def telling(site: Site) -> Iterator[Site]:
    """A worker whose tasks tell of themselves, and wait for a file."""
    (site.shell.folder / "telling.py").write_text(TASKS)
    worker = site.shell.start("worker", "telling.py")
    wait_for(worker, "is ready")
    yield site
    worker.terminate()
    worker.communicate(timeout=60)


async def audit(page: Page) -> None:
    found = await Axe().run(page)
    assert not found.response["violations"], found.generate_report()


async def test_bars_of_a_task_its_children_and_its_batch(telling: Site, page: Page, look: Look) -> None:
    runs = {name: telling.start(name) for name in ("importing", "spread", "gather")}
    await page.goto(f"{telling.url}/runs")
    row = page.get_by_role("row").filter(has=page.locator(f'a[href="/runs/{runs["importing"]}"]'))
    await expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "40")
    if look[0] == DESKTOP:
        # On a phone the bar alone has room.
        await expect(row).to_contain_text("40 % · page 4 of 10")
    await audit(page)
    await page.goto(f"{telling.url}/runs/{runs['spread']}")
    await expect(page.get_by_label("How far it is")).to_contain_text("1 of 4 runs")
    await page.goto(f"{telling.url}/runs/{runs['gather']}")
    await expect(page.get_by_label("How far it is")).to_contain_text("batch: 1 of 4")
    await page.goto(f"{telling.url}/runs/{runs['importing']}")
    await expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "40")
    await audit(page)
    (telling.shell.folder / "imported").touch()
    # Nobody reloads the page.
    await expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "100")


async def test_figures_are_charted_by_name_and_label(telling: Site, page: Page) -> None:
    (telling.shell.folder / "imported").touch()
    telling.shell.json("run", "importing", "--wait")
    await page.goto(f"{telling.url}/workflows")
    await page.get_by_role("link", name="importing").click()
    panel = page.locator("section", has=page.get_by_role("heading", name="Figures of its own"))
    await expect(panel.get_by_role("img", name="tokens: sum")).to_be_visible()
    await expect(panel.get_by_role("img", name="cost: sum")).to_be_visible()
    await panel.get_by_label("By label").select_option("model")
    await expect(panel.get_by_role("img", name="tokens, model small")).to_be_visible()
    await expect(panel.get_by_role("img", name="tokens, model large")).to_be_visible()
    await panel.get_by_label("Shown").select_option("max")
    await expect(panel.get_by_role("img", name="tokens, model small: greatest 812")).to_be_visible()
    await audit(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def send_spans(site: Site, run_id: str) -> None:
    """What an SDK sends of a run: an attempt, and two queries in it, one of which failed."""
    trace, attempt = secrets.token_hex(16), secrets.token_hex(8)
    now = time.time_ns()

    def span(name: str, kind: int, at: int, parent: str = "", **more: object) -> dict[str, object]:
        marks = {"mattock.run_id": run_id, "mattock.task_id": run_id}
        return {
            "traceId": trace,
            "spanId": secrets.token_hex(8),
            "parentSpanId": parent,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(now + at * 1_000_000),
            "endTimeUnixNano": str(now + (at + 4) * 1_000_000),
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in marks.items()],
            **more,
        }

    spans = [
        span("attempt greet:greet", 5, 0, spanId=attempt),
        span("select customer", 3, 1, attempt),
        span("insert letter", 3, 2, attempt, status={"code": 2, "message": "duplicate key"}),
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    headers = {"Authorization": f"Bearer {site.token}", "content-type": "application/json"}
    httpx.post(f"{site.url}/v1/traces", content=json.dumps(body), headers=headers).raise_for_status()


async def test_a_trace_is_folded_searched_and_looked_into(site: Site, page: Page) -> None:
    run_id = site.shell.json("run", "greet", "--input", '{"name": "Ada"}', "--wait")["run_id"]
    send_spans(site, run_id)
    await page.goto(f"{site.url}/runs/{run_id}")
    spans = page.get_by_role("list", name="Spans")
    await expect(page.get_by_role("heading", name="Trace: 6 spans, 1 failed")).to_be_visible()
    lines = spans.get_by_role("listitem")
    await expect(lines).to_have_count(6)
    # The attempt stands below the engine's span of its task, although it does not know it.
    await spans.get_by_role("button", name="Fold task greet:greet").click()
    await expect(lines).to_have_count(2)
    await spans.get_by_role("button", name="Unfold task greet:greet").click()
    await spans.get_by_role("button", name="insert letter").click()
    await expect(spans).to_contain_text("error: duplicate key")
    await expect(spans.get_by_label("Attributes")).to_contain_text("mattock.task_id")
    await audit(page)
    await page.get_by_label("Search the spans").fill("select")
    await expect(lines).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
