"""Each page, wide and narrow, light and dark: nothing that keeps a person out (axe's rules)."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from .conftest import Look
from .site import Site

pytestmark = pytest.mark.timeout(180)
PAGES = (
    "",
    "runs",
    "workflows",
    "workers",
    "timed",
    "events",
    "approvals",
    "limits",
    "concurrency",
    "dead-letters",
    "logs",
    "settings",
    "audit",
    "api/docs",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_pages_are_clean(site: Site, browser: Browser, look: Look, theme: str) -> None:
    runs = [site.start(workflow) for workflow in ("greet", "broken", "pipeline", "refund")]
    scheme: Literal["dark", "light"] = "dark" if theme == "dark" else "light"
    context = await browser.new_context(viewport=look[0], color_scheme=scheme)
    page = await context.new_page()
    await page.goto(site.link())
    found: list[str] = []
    for path in (*PAGES, *(f"runs/{run_id}" for run_id in runs)):
        await page.goto(f"{site.url}/{path}")
        await page.locator("h1").wait_for()
        await page.wait_for_load_state("networkidle")
        results = await Axe().run(page)
        for violation in results.response["violations"]:
            places = [node["target"] for node in violation["nodes"]][:2]
            found.append(f"/{path}: {violation['id']}: {violation['help']} {places}")
        wide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        if wide:
            found.append(f"/{path}: is wider than the window")
    site.cancel(runs[-1])
    assert not found, "\n".join(found)
    await context.close()
