"""Rate limits, workers, logs and approvals."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from tests.dashboard.conftest import is_gone
from tests.dashboard.site import Site


async def test_a_rate_limits_life(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/limits")
    await page.get_by_role("button", name="New rate limit").click()
    await page.get_by_label("Key", exact=True).last.fill("openai")
    await page.get_by_label("Units").fill("-5")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Units").fill("60")
    await page.get_by_label("Each").select_option("HOUR")
    await page.get_by_role("button", name="Make it").click()
    row = page.get_by_role("row").filter(has_text="openai")
    await expect(row).to_contain_text("60 of 60")
    await row.get_by_role("button", name="Change").click()
    await page.get_by_label("Units").fill("80")
    await page.get_by_role("button", name="Keep the changes").click()
    await expect(row).to_contain_text("of 80")
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Delete it").click()
    await is_gone(page, row)
    await page.get_by_label("Search").fill("nothing like it")
    await expect(page.get_by_text("No rate limit fits")).to_be_visible()


async def test_a_worker_and_what_it_holds(site: Site, page: Page) -> None:
    run_id = site.start("slow")
    await page.goto(f"{site.url}/workers")
    await page.get_by_role("link", name="shop").click()
    await expect(page.get_by_role("meter", name="default slots in use")).to_be_visible()
    await expect(page.get_by_text("takes new tasks")).to_be_visible()
    await expect(page.get_by_text("SDK")).to_be_visible()
    await page.get_by_role("table", name="Tasks that it holds").get_by_role("link", name=re.compile("slow")).click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    await page.go_back()
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("takes nothing new")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    site.cancel(run_id)
    held = page.get_by_role("table", name="Tasks that it holds").get_by_role("link", name=re.compile("slow"))
    await expect(held).to_have_count(0)
    ran = page.get_by_role("table", name="What it ran last").get_by_role("link", name=re.compile("slow"))
    await expect(ran.first).to_be_visible()
    await page.get_by_role("link", name="order", exact=True).click()
    await expect(page.get_by_role("heading", name="order")).to_be_visible()
    await page.goto(f"{site.url}/workers?status=PAUSED")
    await expect(page.get_by_text("No worker fits")).to_be_visible()


async def test_logs_are_searched_and_followed(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/logs")
    run_id = site.start("greet", '{"name": "Xenia"}')
    line = page.get_by_role("list", name="Log lines").get_by_role("listitem").filter(has_text="greeting Xenia")
    await expect(line).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("Lines: .* info"))).to_be_visible()
    await page.get_by_role("button", name="Live").click()
    await expect(page.get_by_role("button", name="Stopped")).to_be_visible()
    await page.get_by_label("Search").fill("xenia")
    await expect(page.get_by_role("list", name="Log lines").get_by_role("listitem")).to_have_count(1)
    await page.get_by_label("Level").select_option("ERROR")
    await expect(page.get_by_text("No line fits")).to_be_visible()
    await expect(page).to_have_url(re.compile("level=ERROR"))
    await page.get_by_label("Level").select_option("INFO")
    await page.get_by_label("Workflow").select_option(label="broken")
    await expect(page.get_by_text("No line fits")).to_be_visible()
    await page.get_by_label("Workflow").select_option(label="greet")
    await line.get_by_role("link", name="greet").click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")


async def test_a_stretch_of_the_logs_is_zoomed_to(site: Site, page: Page) -> None:
    site.start("greet", '{"name": "Yuri"}')
    await page.goto(f"{site.url}/logs")
    chart = page.get_by_role("img", name=re.compile("Lines"))
    box = await chart.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 20, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 200, box["y"] + 20, steps=4)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile("from=.*to="))
    await expect(page.get_by_text("No line fits")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_text("greeting Yuri").first).to_be_visible()


async def test_an_approval_is_answered_with_a_value(site: Site, page: Page, browser: Browser) -> None:
    run_id = site.start("refund", '{"sum": "30"}')
    await page.goto(f"{site.url}/approvals")
    await page.get_by_role("link", name="Refund 30 to Ada?").click()
    await expect(page).to_have_url(f"{site.url}/approvals/{run_id}/refund")
    await expect(page.get_by_label("Input")).to_contain_text("30")
    await page.get_by_label("Your name").fill("Grace")
    await page.get_by_label("Comment").fill("a little less")
    await page.get_by_text("Answer with a value").click()
    await page.get_by_label("Value").fill("{")
    await expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    await page.get_by_label("Value").fill('{"refund": 25}')
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="The answer")).to_be_visible()
    await expect(page.get_by_label("Value")).to_contain_text("25")
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label("Output")).to_contain_text("True by Grace: a little less {'refund': 25}")
    await page.goto(f"{site.url}/approvals?tab=decided")
    row = page.get_by_role("row").filter(has_text="Refund 30 to Ada?")
    await expect(row).to_contain_text("approved")
    await expect(row).to_contain_text("Grace")
    await expect(row).to_contain_text("a little less")


async def test_the_link_for_others_leads_to_the_dashboard(site: Site, page: Page, browser: Browser) -> None:
    run_id = site.start("refund", '{"sum": "31"}')
    await page.goto(f"{site.url}/approvals/{run_id}/refund")
    await expect(page.get_by_role("button", name="Copy the link for others")).to_be_visible()
    url = site.send("GET", f"/api/v1/stable/tasks/{run_id}/approvals/refund")["url"]
    stranger = await (await browser.new_context()).new_page()
    await stranger.goto(site.url + url)
    await stranger.get_by_label("Your name").fill("Heidi")
    await stranger.get_by_role("button", name="Reject").click()
    await expect(stranger.get_by_text("Thank you, Heidi: rejected.")).to_be_visible()
    await expect(page.get_by_text("rejected")).to_be_visible()
    await page.goto(site.url + url)
    await page.get_by_role("link", name="See it in the dashboard").click()
    await expect(page).to_have_url(f"{site.url}/approvals/{run_id}/refund")
    await expect(page.get_by_text("Heidi")).to_be_visible()
    await stranger.context.close()
