"""The settings' sections."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.dashboard.conftest import is_gone
from tests.dashboard.site import Site


async def test_the_tenant_has_another_name(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings")
    await expect(page.get_by_label("Name")).to_have_value("Default")
    await expect(page.get_by_role("button", name="Keep the name")).to_be_disabled()
    await page.get_by_label("Name").fill("x" * 101)
    await page.get_by_role("button", name="Keep the name").click()
    await expect(page.get_by_role("alert")).to_contain_text("Expected 1 to 100 printable characters")
    await page.get_by_label("Name").fill("The shop")
    await page.get_by_role("button", name="Keep the name").click()
    await expect(page.get_by_text("It is kept.")).to_be_visible()
    assert site.get(f"/api/v1/tenants/{site.tenant_id}")["name"] == "The shop"
    assert site.get(f"/api/v1/tenants/{site.tenant_id}")["slug"] == "default"


async def test_a_token_is_shown_once_used_and_revoked(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings")
    await page.get_by_role("link", name="API tokens").click()
    await expect(page).to_have_url(f"{site.url}/settings/tokens")
    await page.get_by_label("Name of a new token").fill("for tests")
    await page.get_by_label("Role of the token").select_option("VIEWER")
    await page.get_by_label("Holds for").select_option(label="a week")
    await page.get_by_role("button", name="Make it").click()
    token = (await page.get_by_label("The new token").inner_text()).strip()
    row = page.get_by_role("row").filter(has_text="for tests")
    await expect(row).to_contain_text("never")
    await expect(row).to_contain_text("in 6 d")
    headers = {"Authorization": f"Bearer {token}"}
    assert (await page.request.get(f"{site.url}/api/v1/me", headers=headers)).status == 200
    await expect(row).to_contain_text(re.compile(r"ago.*ago"), timeout=20_000)
    await page.reload()
    await expect(page.get_by_label("The new token")).to_have_count(0)
    await row.get_by_role("button", name="Revoke").click()
    await page.get_by_role("button", name="Revoke it").click()
    await is_gone(page, row)
    assert (await page.request.get(f"{site.url}/api/v1/me", headers=headers)).status == 403


async def test_the_audit_log_is_narrowed(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/tokens")
    await page.get_by_label("Name of a new token").fill("noted")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_label("The new token")).to_be_visible()
    await page.goto(f"{site.url}/audit")
    await expect(page).to_have_url(f"{site.url}/settings/audit")
    await page.get_by_label("What", exact=True).select_option("make_token")
    await expect(page.get_by_role("cell", name="make token").first).to_be_visible()
    await page.get_by_label("Outcome").select_option("true")
    await expect(page.get_by_text("Nothing that is logged fits")).to_be_visible()
    await expect(page).to_have_url(re.compile("operation=make_token"))


async def test_a_section_that_is_not_there(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/nowhere")
    await expect(page.get_by_text("There is nothing here for you")).to_be_visible()
