"""Crons and schedules: made, changed, paused, made up for, moved, deleted; the calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.dashboard.conftest import PHONE, is_gone
from tests.dashboard.site import Site


async def test_a_crons_life(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/timed")
    await page.get_by_role("button", name="New cron").click()
    await page.get_by_label("Workflow").select_option("greet")
    await page.get_by_label("Name").fill("at dawn")
    await page.get_by_label("Expression").fill("every night")
    await expect(page.get_by_role("alert")).to_contain_text("is no cron expression")
    await page.get_by_label("Expression").fill("0 3 * * *")
    await page.get_by_label("Time zone").fill("Nowhere/Land")
    await expect(page.get_by_role("alert")).to_contain_text("is no time zone")
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await page.get_by_label("A time while the last run goes on").select_option("skip")
    await page.get_by_label("Jitter").fill("30")
    await page.get_by_role("button", name="Make it").click()
    row = page.get_by_role("row").filter(has_text="at dawn")
    await expect(row).to_contain_text("At 03:00")
    await expect(row).to_contain_text("Asia/Tokyo")
    await expect(row).to_contain_text("overlap: skip, jitter 30 s")
    await row.get_by_role("button", name="Next times of at dawn").click()
    await expect(page.get_by_label("Next times", exact=True).get_by_role("listitem")).to_have_count(10)
    await page.get_by_role("button", name="Close").click()
    await row.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("paused")
    await row.get_by_role("button", name="Resume").click()
    await row.get_by_role("button", name="Change").click()
    await page.get_by_label("Expression").fill("*/30 * * * *")
    await page.get_by_role("button", name="Keep the changes").click()
    await expect(row).to_contain_text("Every 30 minutes")
    await row.get_by_role("button", name="Run now").click()
    await page.get_by_role("link", name="The run that was started").click()
    await expect(page).to_have_url(re.compile("/runs/"))
    await page.go_back()
    await row.get_by_role("button", name="Backfill").click()
    since = datetime.now() - timedelta(hours=2)
    await page.get_by_label("From").fill(since.strftime("%Y-%m-%dT%H:%M"))
    await page.get_by_role("button", name="Start the runs").click()
    await expect(page.get_by_role("status").filter(has_text="runs were started")).to_contain_text(
        re.compile("[345] runs")
    )
    await page.get_by_role("button", name="Close").click()
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Delete it").click()
    await is_gone(page, row)


async def test_a_declared_cron_is_changed_where_it_may_be(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/timed?search=order")
    row = page.get_by_role("row").filter(has_text="declared")
    await expect(row.get_by_role("button", name="Delete")).to_have_count(0)
    await row.get_by_role("button", name="Change").click()
    await expect(page.get_by_label("Expression")).to_have_count(0)
    await page.get_by_label("Times missed while no server ran").select_option("all")
    await page.get_by_role("button", name="Keep the changes").click()
    await expect(row).to_contain_text("missed: all")


async def test_schedules_are_moved_and_deleted_many_at_a_time(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/timed?tab=schedules&status=SCHEDULED&workflow={site.workflow('slow')}")
    await page.get_by_role("button", name="New schedule").click()
    await page.get_by_label("Workflow", exact=True).last.select_option("slow")
    await page.get_by_label("At", exact=True).fill("2040-01-01T03:00")
    await page.get_by_role("button", name="Make it").click()
    for hour in (4, 5):
        at = datetime(2040, 1, 1, hour, tzinfo=UTC).isoformat()
        site.send("POST", "T/workflows/slow/scheduled", {"triggerAt": at, "input": {}, "additionalMetadata": {}})
    table = page.get_by_role("table", name="Schedules")
    await expect(table.get_by_role("row")).to_have_count(4)
    await page.get_by_role("button", name="Choose all").click()
    await page.get_by_role("button", name="Move 3").click()
    await page.get_by_label("Minutes").fill("1440")
    await page.get_by_role("button", name="Move", exact=True).last.click()
    await expect(table.get_by_role("row").filter(has_text="1/2/2040")).to_have_count(3)
    one = table.get_by_role("row").nth(1)
    await one.get_by_role("button", name="Move").click()
    await page.get_by_label("At", exact=True).fill("2041-05-05T10:00")
    await page.get_by_role("button", name="Move", exact=True).last.click()
    await expect(table.get_by_role("row").filter(has_text="5/5/2041")).to_have_count(1)
    await table.get_by_role("row").filter(has_text="5/5/2041").get_by_role("button", name="Run now").click()
    await expect(table.get_by_role("row").filter(has_text="5/5/2041")).to_have_count(0)
    await page.get_by_role("button", name="Choose all").click()
    await page.get_by_role("button", name="Delete 2").click()
    await page.get_by_role("button", name="Delete them").click()
    await expect(page.get_by_text("No schedule fits")).to_be_visible()
    await page.get_by_label("Status").select_option("")
    run = page.get_by_role("row").filter(has_text="slow").get_by_role("link", name="Its run")
    site.cancel(str(await run.get_attribute("href")).rpartition("/")[2])


async def test_a_calendar_of_what_is_to_come(site: Site, page: Page) -> None:
    cron = {"cronName": "hourly", "cronExpression": "0 * * * *", "input": {}, "additionalMetadata": {}}
    made = site.send("POST", "T/workflows/greet/crons", cron)["metadata"]["id"]
    at = datetime(2040, 2, 14, 12, tzinfo=UTC)
    body = {"triggerAt": at.isoformat(), "input": {}, "additionalMetadata": {}}
    schedule = site.send("POST", "T/workflows/slow/scheduled", body)["metadata"]["id"]
    await page.goto(f"{site.url}/timed?tab=calendar&at=2040-02-10")
    await expect(page.get_by_role("heading", name="February 2040")).to_be_visible()
    day = page.locator("li[aria-label='2/14/2040']")
    await expect(day).to_contain_text("slow")
    await expect(day).to_contain_text("24")
    await page.get_by_role("button", name="Week").click()
    await page.get_by_role("button", name="The week after").click()
    await expect(page).to_have_url(re.compile("view=week"))
    await expect(page.locator("li[aria-label='2/14/2040']")).to_contain_text("slow")
    await page.set_viewport_size(PHONE)
    await expect(page.get_by_role("heading", name="Tuesday, February 14")).to_be_visible()
    await page.get_by_role("button", name="Today").click()
    await expect(page).not_to_have_url(re.compile("at="))
    site.send("DELETE", f"T/workflows/crons/{made}")
    site.send("DELETE", f"T/workflows/scheduled/{schedule}")
