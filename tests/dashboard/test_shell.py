"""What stands around the pages: going anywhere by keyboard, the theme, the help sheet; also on a phone."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Page, Route, expect

from .conftest import DESKTOP, PHONE, unfold
from .site import Site

PALETTE = "A page, a workflow, a run's id…"


async def test_the_palette_goes_to_runs_workflows_and_pages(site: Site, page: Page) -> None:
    run_id = site.start("greet")
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder(PALETTE).fill(run_id)
    await expect(page.get_by_role("option", name=f"Open the run {run_id}")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder(PALETTE).fill("pipeline")
    await page.get_by_role("option", name="pipeline", exact=True).click()
    await expect(page).to_have_url(re.compile("/workflows/[0-9a-f-]{36}"))
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder(PALETTE).fill("start greet")
    await page.get_by_role("option", name="Start greet").click()
    await expect(page.get_by_role("dialog", name="Start a run").get_by_role("button", name="greet")).to_be_visible()


async def test_the_palette_opens_a_run_by_its_id_alone(site: Site, page: Page) -> None:
    async def keep(route: Route) -> None:
        await forever.wait()
        await route.abort()

    forever = asyncio.Event()
    run_id = site.start("greet")
    # Nothing is known of workflows and runs, as of a run that is older than the latest.
    await page.route("**/workflows?limit=1000", keep)
    await page.route("**/workflow-runs?since=*&limit=20*", keep)
    await page.goto(f"{site.url}/settings")
    await expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder(PALETTE).fill(run_id)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    forever.set()


async def test_enter_waits_for_what_the_palette_still_reads(site: Site, page: Page) -> None:
    async def keep(route: Route) -> None:
        await pressed.wait()
        await route.continue_()

    pressed = asyncio.Event()
    await page.route("**/workflows?limit=1000", keep)
    await page.goto(f"{site.url}/settings")
    await expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder(PALETTE).fill("pipeline")
    await page.keyboard.press("Enter")
    await expect(page.get_by_placeholder(PALETTE)).to_have_value("pipeline")
    pressed.set()
    await expect(page).to_have_url(re.compile("/workflows/[0-9a-f-]{36}"))


async def test_the_navigation_is_made_slim_and_stays_so(site: Site, page: Page) -> None:
    await page.set_viewport_size(DESKTOP)
    await page.goto(f"{site.url}/runs")
    pages = page.get_by_role("navigation", name="Pages")
    name = pages.get_by_text("Dead letters", exact=True)
    await expect(pages.get_by_role("group", name="Triggers").get_by_role("link")).to_have_count(4)
    wide = await pages.evaluate("(it) => it.offsetWidth")
    box = await name.bounding_box()
    assert box is not None
    assert box["width"] > 20
    await page.get_by_role("button", name="Collapse the navigation").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Show the names of the pages")).to_be_visible()
    assert await pages.evaluate("(it) => it.offsetWidth") < wide / 2
    # Names are still there for who does not see the marks.
    await pages.get_by_role("link", name="Dead letters", exact=True).click()
    await expect(page.get_by_role("heading", name="Dead letters", exact=True)).to_be_visible()
    await page.locator("body").press("[")
    await expect(page.get_by_role("button", name="Collapse the navigation")).to_be_visible()
    assert await pages.evaluate("(it) => it.offsetWidth") == wide


async def test_shortcuts(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Go to a page")
    await page.keyboard.press("Escape")
    for key, name in (("r", "Runs"), ("w", "Workflows"), ("o", "Overview")):
        await page.keyboard.press("g")
        await page.keyboard.press(key)
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


async def test_the_theme_is_chosen_and_kept(site: Site, page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="light")
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    light = await page.evaluate(ground)
    await unfold(page)
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="Dark").click()
    dark = await page.evaluate(ground)
    assert dark != light
    await page.reload()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert await page.evaluate(ground) == dark
    await unfold(page)
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="As the system").click()
    assert await page.evaluate(ground) == light
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(ground) == dark


async def test_pages_are_reached_on_a_phone(site: Site, page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await page.goto(site.url)
    link = page.get_by_role("link", name="Runs", exact=True)
    await expect(link).to_be_hidden()
    await page.get_by_role("button", name="Pages and more").click()
    await link.click()
    await expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    await expect(link).to_be_hidden()
    await page.get_by_role("button", name="Pages and more").click()
    await link.focus()
    await page.keyboard.press("Escape")
    await expect(link).to_be_hidden()
    await expect(page.get_by_role("button", name="Pages and more")).to_be_focused()
