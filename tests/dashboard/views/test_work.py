"""Rate limits, workers, logs and approvals."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.dashboard.conftest import Site

from .conftest import Api

pytestmark = pytest.mark.timeout(120)


async def test_a_rate_limits_life(site: Site, view: Page) -> None:
    await view.goto(f"{site.url}/limits")
    await view.get_by_role("button", name="New rate limit").click()
    await view.get_by_label("Key", exact=True).last.fill("openai")
    await view.get_by_label("Units").fill("-5")
    await view.get_by_role("button", name="Make it").click()
    await expect(view.get_by_role("alert")).to_be_visible()
    await view.get_by_label("Units").fill("60")
    await view.get_by_label("Each").select_option("HOUR")
    await view.get_by_role("button", name="Make it").click()
    row = view.get_by_role("row").filter(has_text="openai")
    await expect(row).to_contain_text("60 of 60")
    await row.get_by_role("button", name="Change").click()
    await view.get_by_label("Units").fill("80")
    await view.get_by_role("button", name="Keep the changes").click()
    await expect(row).to_contain_text("of 80")
    await row.get_by_role("button", name="Delete").click()
    await view.get_by_role("button", name="Delete it").click()
    await expect(row).to_have_count(0)
    await view.get_by_label("Search").fill("nothing like it")
    await expect(view.get_by_text("No rate limit fits")).to_be_visible()


async def test_a_worker_and_what_it_holds(site: Site, view: Page) -> None:
    run_id = site.start("slow")
    await view.goto(f"{site.url}/workers")
    await view.get_by_role("link", name="shop").click()
    await expect(view.get_by_role("meter", name="default slots in use")).to_be_visible()
    await expect(view.get_by_text("takes new tasks")).to_be_visible()
    await expect(view.get_by_text("SDK")).to_be_visible()
    await view.get_by_role("table", name="Tasks that it holds").get_by_role("link", name=re.compile("slow")).click()
    await expect(view).to_have_url(f"{site.url}/runs/{run_id}")
    await view.go_back()
    await view.get_by_role("button", name="Pause").click()
    await expect(view.get_by_text("takes nothing new")).to_be_visible()
    await view.get_by_role("button", name="Resume").click()
    site.shell.run("runs", "cancel", run_id)
    held = view.get_by_role("table", name="Tasks that it holds").get_by_role("link", name=re.compile("slow"))
    await expect(held).to_have_count(0)
    ran = view.get_by_role("table", name="What it ran last").get_by_role("link", name=re.compile("slow"))
    await expect(ran.first).to_be_visible()
    await view.get_by_role("link", name="order", exact=True).click()
    await expect(view.get_by_role("heading", name="order")).to_be_visible()
    await view.goto(f"{site.url}/workers?status=PAUSED")
    await expect(view.get_by_text("No worker fits")).to_be_visible()


async def test_logs_are_searched_and_followed(site: Site, view: Page) -> None:
    await view.goto(f"{site.url}/logs")
    run_id = site.start("greet", '{"name": "Xenia"}')
    line = view.get_by_role("list", name="Log lines").get_by_role("listitem").filter(has_text="greeting Xenia")
    await expect(line).to_be_visible()
    await expect(view.get_by_role("img", name=re.compile("Lines: .* info"))).to_be_visible()
    await view.get_by_role("button", name="Live").click()
    await expect(view.get_by_role("button", name="Stopped")).to_be_visible()
    await view.get_by_label("Search").fill("xenia")
    await expect(view.get_by_role("list", name="Log lines").get_by_role("listitem")).to_have_count(1)
    await view.get_by_label("Level").select_option("ERROR")
    await expect(view.get_by_text("No line fits")).to_be_visible()
    await expect(view).to_have_url(re.compile("level=ERROR"))
    await view.get_by_label("Level").select_option("INFO")
    await view.get_by_label("Workflow").select_option(label="broken")
    await expect(view.get_by_text("No line fits")).to_be_visible()
    await view.get_by_label("Workflow").select_option(label="greet")
    await line.get_by_role("link", name="greet").click()
    await expect(view).to_have_url(f"{site.url}/runs/{run_id}")


async def test_a_stretch_of_the_logs_is_zoomed_to(site: Site, view: Page) -> None:
    site.start("greet", '{"name": "Yuri"}')
    await view.goto(f"{site.url}/logs")
    chart = view.get_by_role("img", name=re.compile("Lines"))
    box = await chart.bounding_box()
    assert box is not None
    await view.mouse.move(box["x"] + 20, box["y"] + 20)
    await view.mouse.down()
    await view.mouse.move(box["x"] + 200, box["y"] + 20, steps=4)
    await view.mouse.up()
    await expect(view).to_have_url(re.compile("from=.*to="))
    await expect(view.get_by_text("No line fits")).to_be_visible()
    await view.go_back()
    await expect(view.get_by_text("greeting Yuri").first).to_be_visible()


async def test_an_approval_is_answered_with_a_value(site: Site, view: Page, browser: Browser, api: Api) -> None:
    run_id = site.start("refund", '{"sum": "30"}')
    await view.goto(f"{site.url}/approvals")
    await view.get_by_role("link", name="Refund 30 to Ada?").click()
    await expect(view).to_have_url(f"{site.url}/approvals/{run_id}/refund")
    await expect(view.get_by_label("Input")).to_contain_text("30")
    await view.get_by_label("Your name").fill("Grace")
    await view.get_by_label("Comment").fill("a little less")
    await view.get_by_text("Answer with a value").click()
    await view.get_by_label("Value").fill("{")
    await expect(view.get_by_role("button", name="Approve")).to_be_disabled()
    await view.get_by_label("Value").fill('{"refund": 25}')
    await view.get_by_role("button", name="Approve").click()
    await expect(view.get_by_role("heading", name="The answer")).to_be_visible()
    await expect(view.get_by_label("Value")).to_contain_text("25")
    await view.goto(f"{site.url}/runs/{run_id}")
    await expect(view.get_by_label("Output")).to_contain_text("True by Grace: a little less {'refund': 25}")
    await view.goto(f"{site.url}/approvals?tab=decided")
    row = view.get_by_role("row").filter(has_text="Refund 30 to Ada?")
    await expect(row).to_contain_text("approved")
    await expect(row).to_contain_text("Grace")
    await expect(row).to_contain_text("a little less")


async def test_the_link_for_others_leads_to_the_dashboard(site: Site, view: Page, browser: Browser, api: Api) -> None:
    run_id = site.start("refund", '{"sum": "31"}')
    await view.goto(f"{site.url}/approvals/{run_id}/refund")
    await expect(view.get_by_role("button", name="Copy the link for others")).to_be_visible()
    url = api.send("GET", f"/api/v1/stable/tasks/{run_id}/approvals/refund")["url"]
    stranger = await (await browser.new_context()).new_page()
    await stranger.goto(site.url + url)
    await stranger.get_by_label("Your name").fill("Heidi")
    await stranger.get_by_role("button", name="Reject").click()
    await expect(stranger.get_by_text("Thank you, Heidi: rejected.")).to_be_visible()
    await expect(view.get_by_text("rejected")).to_be_visible()
    await view.goto(site.url + url)
    await view.get_by_role("link", name="See it in the dashboard").click()
    await expect(view).to_have_url(f"{site.url}/approvals/{run_id}/refund")
    await expect(view.get_by_text("Heidi")).to_be_visible()
    await stranger.context.close()
