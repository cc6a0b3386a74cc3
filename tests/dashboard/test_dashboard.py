"""What a person does with the dashboard."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from .conftest import Look, unfold
from .site import Site


async def test_from_the_link_to_a_traceback_to_a_replay(site: Site, page: Page) -> None:
    run_id = site.start("broken")
    await unfold(page)
    await page.get_by_role("link", name="Runs").click()
    await page.get_by_role("navigation", name="Views").get_by_role("link", name="Failed").click()
    await page.get_by_role("link", name="broken").first.click()
    await expect(page).to_have_url(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_text("ValueError: no such customer").first).to_be_visible()
    await expect(page.get_by_label("Traceback")).to_contain_text("tasks.py")
    await page.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("attempt 2")).to_be_visible()


async def test_a_link_works_once(site: Site, browser: Browser, look: Look) -> None:
    link = site.link()
    one, other = [await browser.new_context(viewport=look[0], color_scheme=look[1]) for _ in range(2)]
    first, second = await one.new_page(), await other.new_page()
    await first.goto(link)
    await expect(first.get_by_role("heading", name="Overview")).to_be_visible()
    await second.goto(link)
    await expect(second.get_by_text("used before")).to_be_visible()
    await second.goto(site.url)
    await expect(second.get_by_text("mattock dashboard --open")).to_be_visible()


async def test_a_run_is_started_watched_and_cancelled(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows")
    await page.get_by_role("link", name="slow").click()
    await page.get_by_role("link", name="Run", exact=True).click()
    await page.get_by_role("button", name="Run now").click()
    await expect(page.get_by_text("running").first).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("cancelled").first).to_be_visible()
    await page.get_by_role("button", name="Run again with another input").click()
    await page.get_by_role("textbox", name="Input").fill("[1]")
    await expect(page.get_by_text("expected a JSON object")).to_be_visible()
    await page.get_by_role("textbox", name="Input").fill('{"name": "another"}')
    before = page.url.rpartition("/")[2].partition("?")[0]
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page).not_to_have_url(re.compile(before))
    await expect(page.get_by_text("running").first).to_be_visible()
    await page.get_by_role("tab", name="Input").click()
    await expect(page.get_by_role("region", name="Input")).to_contain_text("another")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("cancelled").first).to_be_visible()


async def test_a_workflow_is_held(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows")
    await page.get_by_role("link", name="greet").click()
    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_text("crons wait, schedules wait")).to_be_visible()
    run_id = site.start("greet", '{"name": "Ada"}')
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_text("waits for its workflow is paused")).to_be_visible()
    await page.get_by_role("link", name="greet", exact=True).click()
    await page.get_by_role("button", name="Resume").click()
    await page.get_by_role("button", name="Resume it").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label("Output")).to_contain_text("Hello, Ada!")
    await expect(page.get_by_label("Log", exact=True)).to_contain_text("greeting Ada")


async def test_a_graph_and_its_tasks(site: Site, page: Page) -> None:
    run_id = site.start("pipeline")
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label("store, completed", exact=False).first).to_be_visible()
    await page.get_by_role("button", name="store").first.click()
    await expect(page.get_by_label("Output")).to_contain_text("pages stored")


async def test_a_person_approves_and_a_run_is_forked(site: Site, page: Page) -> None:
    run_id = site.start("refund")
    await page.goto(f"{site.url}/approvals/{run_id}/refund")
    await page.get_by_label("Your name").fill("Grace")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="The answer")).to_be_visible()
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label("Output")).to_contain_text("True by Grace")
    await page.get_by_role("tab", name="History").click()
    await page.get_by_role("button", name="Fork from step 2").click()
    await page.get_by_role("button", name="Fork here").click()
    await expect(page.get_by_text("running").first).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("cancelled").first).to_be_visible()


async def test_limits_logs_and_the_reference(site: Site, page: Page) -> None:
    site.start("maps")
    site.start("greet", '{"name": "the log"}')
    await page.goto(f"{site.url}/limits")
    await expect(page.get_by_text("0 of 1")).to_be_visible()
    await page.goto(f"{site.url}/logs")
    await page.get_by_label("Search").fill("the log")
    await expect(page.get_by_text("greeting the log")).to_be_visible()
    await page.goto(f"{site.url}/api/docs")
    await page.get_by_label("Search").fill("log-in")
    await page.get_by_label("Search").fill("login-links")
    await expect(page.get_by_text("POST /api/v1/tenants/{tenant}/login-links")).to_be_visible()


async def test_other_sites_cannot_use_the_session(site: Site, page: Page) -> None:
    answer = await page.request.post(f"{site.url}/api/v1/tenants/{site.tenant_id}/login-links")
    assert answer.status == 403
    assert "x-csrf-token" in await answer.text()
    other = "00000000-0000-4000-8000-000000000000"
    assert (await page.request.get(f"{site.url}/api/v1/tenants/{other}/workflows")).status == 403
