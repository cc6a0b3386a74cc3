"""Events, filters and webhooks."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import Page, expect

from tests.dashboard.conftest import is_gone
from tests.dashboard.site import Site


async def test_events_are_pushed_found_and_replayed(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/events")
    await page.get_by_role("button", name="Push an event").click()
    await page.get_by_label("Key", exact=True).last.fill("order:paid")
    await page.get_by_label("Payload").fill("{")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Payload").fill('{"customer": "Zoe", "total": 4}')
    await page.get_by_label("Metadata (optional)").fill('{"till": "7"}')
    await page.get_by_role("button", name="Push", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_label("Search").fill("zoe")
    await expect(page).to_have_url(re.compile("search=zoe"))
    await page.get_by_role("button", name="order:paid").click()
    dialog = page.get_by_role("dialog", name="order:paid")
    await expect(dialog.get_by_label("Payload")).to_contain_text("Zoe")
    await expect(dialog.get_by_label("Metadata")).to_contain_text("till")
    await expect(dialog.get_by_role("link", name=re.compile("order-"))).to_be_visible()
    await page.reload()
    await expect(dialog.get_by_label("Payload")).to_contain_text("Zoe")
    await dialog.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="Replay", exact=True).click()
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    await expect(rows).to_have_count(3)
    await page.get_by_role("button", name="Replay many").click()
    await page.get_by_label("Key", exact=True).last.select_option("order:paid")
    await page.get_by_role("button", name="Replay them").click()
    await expect(page.get_by_role("status").filter(has_text="2 events were accepted again")).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    await expect(rows).to_have_count(5)
    await page.get_by_label("Metadata", exact=True).fill("till:8")
    await expect(page.get_by_text("No event fits")).to_be_visible()
    await page.get_by_label("Metadata", exact=True).fill("till:7")
    await expect(rows).to_have_count(5)


async def test_filters_are_tried_made_changed_and_deleted(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/filters")
    await expect(page.get_by_role("row").filter(has_text="the workflow")).to_contain_text("input.size > 10")
    await page.get_by_role("button", name="New filter").click()
    await page.get_by_label("Workflow", exact=True).last.select_option(label="mail")
    await page.get_by_label("Scope", exact=True).last.fill("small")
    await page.get_by_label("Expression").fill("input.size >")
    attempt = page.get_by_label("Try it")
    await expect(attempt.get_by_role("status")).to_contain_text(re.compile("expression"))
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Expression").fill("input.size > payload.least")
    await page.get_by_label("Payload (optional)").fill('{"least": 3}')
    await attempt.get_by_label("An event's payload").fill('{"size": 2}')
    await expect(attempt.get_by_text("It starts nothing")).to_be_visible()
    await attempt.get_by_label("An event's payload").fill('{"size": 4}')
    await expect(attempt.get_by_text("It starts a run")).to_be_visible()
    await page.get_by_role("button", name="Make it").click()
    row = page.get_by_role("row").filter(has_text="small")
    await expect(row).to_contain_text("the API")
    await row.get_by_role("button", name="Change").click()
    await expect(page).to_have_url(re.compile("filter="))
    await page.get_by_label("Expression").fill("input.size == 5")
    await page.get_by_role("button", name="Keep the changes").click()
    await expect(row).to_contain_text("input.size == 5")
    await page.get_by_label("Scope", exact=True).first.fill("small")
    await expect(page.get_by_role("row").filter(has_text="the workflow")).to_have_count(0)
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_text("No filter fits")).to_be_visible()


async def deliver(url: str, key: str) -> int:
    """Sends something to a webhook; the answer's status."""
    async with httpx.AsyncClient() as sender:
        return (await sender.post(url, json={"what": "sale"}, headers={"x-key": key})).status_code


async def test_a_webhooks_life(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/webhooks")
    await page.get_by_role("button", name="New webhook").click()
    await page.get_by_label("Source").select_option("GITHUB")
    await expect(page.get_by_label("Event key")).to_have_value("'github:' + headers['x-github-event']")
    await expect(page.get_by_label("Header of the signature")).to_have_count(0)
    await page.get_by_label("Source").select_option("STRIPE")
    await expect(page.get_by_label("Verified by")).to_be_disabled()
    await page.get_by_label("Source").select_option("GENERIC")
    await page.get_by_label("Verified by").select_option("API_KEY")
    await page.get_by_label("Name").fill("till 1")
    await page.get_by_label("Header").fill("x-key")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Name").fill("till")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Is missing")
    await page.get_by_label("Key", exact=True).fill("one")
    await page.get_by_label("Event key").fill("'till:' + input.what")
    await page.get_by_role("button", name="Make it").click()
    dialog = page.get_by_role("dialog", name="till")
    url = (await dialog.get_by_label("The webhook's URL").inner_text()).strip()
    assert await deliver(url, "one") == 204
    assert await deliver(url, "two") == 403
    await expect(dialog.get_by_role("link", name="till:sale")).to_be_visible()
    await expect(dialog).to_contain_text("1 for its credentials")
    await dialog.get_by_role("button", name="Close").click()
    row = page.get_by_role("row").filter(has_text="till")
    await expect(row).to_contain_text("1 credentials")
    await row.get_by_role("button", name="Change").click()
    await page.get_by_role("button", name="Give other secrets").click()
    await page.get_by_label("Header").fill("x-key")
    await page.get_by_label("Key", exact=True).fill("two")
    await page.get_by_role("button", name="Keep the changes").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await deliver(url, "two") == 204
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Delete it").click()
    await is_gone(page, row)
    assert await deliver(url, "two") == 400
