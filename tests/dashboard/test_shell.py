"""What stands around the pages: going anywhere by keyboard, the theme, the help sheet; also on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from .conftest import PHONE, Site

pytestmark = pytest.mark.timeout(120)


async def test_the_palette_goes_to_runs_workflows_and_pages(site: Site, page: Page) -> None:
    run_id = site.start("greet")
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill(run_id)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("pipeline")
    await page.get_by_role("option", name="pipeline", exact=True).click()
    await expect(page).to_have_url(re.compile("/workflows/[0-9a-f-]{36}"))
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("start greet")
    await page.get_by_role("option", name="Start greet").click()
    await expect(page.get_by_role("dialog", name="Start a run").get_by_role("button", name="greet")).to_be_visible()


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
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="Dark").click()
    dark = await page.evaluate(ground)
    assert dark != light
    await page.reload()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert await page.evaluate(ground) == dark
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="As the system").click()
    assert await page.evaluate(ground) == light
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(ground) == dark


async def test_pages_are_reached_on_a_phone(site: Site, browser: Browser) -> None:
    context = await browser.new_context(viewport=PHONE)
    page = await context.new_page()
    await page.goto(site.shell.run("dashboard").stdout.strip())
    link = page.get_by_role("link", name="Runs", exact=True)
    await expect(link).to_be_hidden()
    await page.get_by_role("button", name="Pages and more").click()
    await link.click()
    await expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    await expect(link).to_be_hidden()
    await context.close()
