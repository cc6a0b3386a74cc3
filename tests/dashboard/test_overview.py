"""The Overview: figures of a time, by workflow and by error."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from .site import Site


async def test_figures_by_workflow_and_failures_by_error(site: Site, page: Page) -> None:
    for workflow in ("greet", "greet", "broken"):
        site.start(workflow)
    await page.goto(site.url)
    figures = page.get_by_role("table", name="Figures by workflow")
    await expect(figures.get_by_role("row").filter(has_text="greet")).to_be_visible()
    failures = page.get_by_role("table", name="Failures by error")
    await expect(failures.get_by_role("row").filter(has_text="ValueError: no such customer")).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile(r"tasks ended, \d+ of them failed"))).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("How long tasks waited: median"))).to_be_visible()
    await figures.get_by_role("button", name="Failed").click()
    await expect(figures.get_by_role("columnheader", name="Failed")).to_have_attribute("aria-sort", "descending")
    await expect(figures.get_by_role("row").nth(1)).to_contain_text("broken")

    await page.get_by_role("button", name="All workflows").click()
    await page.get_by_role("combobox").fill("gree")
    await page.get_by_role("option", name="greet").click()
    await expect(page).to_have_url(re.compile("workflow="))
    await expect(figures.get_by_role("row")).to_have_count(2)
    await page.reload()
    await expect(figures.get_by_role("row")).to_have_count(2)

    tile = page.get_by_role("list", name="Tasks by status").get_by_role("link", name="completed")
    await tile.click()
    await expect(page).to_have_url(re.compile("status=COMPLETED"))
    await expect(page.get_by_role("link", name="greet").first).to_be_visible()


async def test_a_time_is_chosen_and_kept_in_the_address(site: Site, page: Page) -> None:
    site.start("greet")
    await page.goto(site.url)
    await page.get_by_role("button", name="Time: Last hour").click()
    await page.get_by_role("button", name="Last 6 hours").click()
    await expect(page).to_have_url(re.compile("hours=6"))
    await page.get_by_role("button", name="Time: Last 6 hours").click()
    await page.get_by_label("From").fill("2001-01-01T00:00")
    await page.get_by_label("To (empty: now)").fill("2000-01-01T00:00")
    await expect(page.get_by_role("alert")).to_contain_text("The end must be after the begin")
    await page.get_by_label("To (empty: now)").fill("2001-01-02T00:00")
    await page.get_by_role("button", name="Show this time").click()
    await expect(page.get_by_text("Nothing ended in this time")).to_be_visible()
    await expect(page.get_by_text("Nothing has failed in this time.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Nothing ended in this time")).to_be_visible()
