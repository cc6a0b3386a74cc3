"""Settings: how long the tenant keeps what has ended."""

from __future__ import annotations

from playwright.async_api import Page, expect

from .site import Site
from .test_people import is_clean


async def test_a_tenant_keeps_less(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/retention")
    days = page.get_by_label("Days; empty for as long as the server keeps")
    await expect(page.get_by_text("are kept for 30 days")).to_be_visible()
    await days.fill("7")
    await page.get_by_role("button", name="Change the retention").click()
    await expect(page.get_by_text("are kept for 7 days")).to_be_visible()
    await page.reload()
    await expect(days).to_have_value("7")
    await is_clean(page)
    await days.fill("")
    await page.get_by_role("button", name="Change the retention").click()
    await expect(page.get_by_text("are kept for 30 days")).to_be_visible()
