"""People in the browser: a password, an invitation, roles, the audit log."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from .conftest import Look, unfold
from .site import Site

PASSWORD = "a horse and a battery"


async def is_clean(page: Page) -> None:
    """Nothing keeps a person out (axe's rules)."""
    found = (await Axe().run(page)).response["violations"]
    assert not found, [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


async def test_a_password_in_place_of_a_link(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/account")
    await page.get_by_label("Your e-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_text("It is kept.")).to_be_visible()
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("The password is changed")).to_be_visible()
    await unfold(page)
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in to Mattock")).to_be_visible()
    await is_clean(page)
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password").fill("wrong, for sure")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("the password is wrong")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()


async def test_an_invited_viewer_looks_and_changes_nothing(
    site: Site, page: Page, browser: Browser, look: Look
) -> None:
    await page.goto(f"{site.url}/settings/members")
    await page.get_by_label("E-mail of a new member").fill("bob@example.com")
    await page.get_by_label("Role of the new member").select_option("VIEWER")
    await page.get_by_role("button", name="Invite").click()
    link = (await page.get_by_label("The invitation's link").inner_text()).strip()

    guest = await (await browser.new_context(viewport=look[0], color_scheme=look[1])).new_page()
    await guest.goto(link)
    await expect(guest.get_by_text("bob@example.com is invited as viewer.")).to_be_visible()
    await is_clean(guest)
    await guest.get_by_label("Your name").fill("Bob")
    await guest.get_by_label("A password of ten characters or more").fill(PASSWORD)
    await guest.get_by_role("button", name="Join").click()
    await expect(guest.get_by_role("heading", name="Overview")).to_be_visible()

    run = site.start("broken")
    await guest.goto(f"{site.url}/runs/{run}")
    await guest.get_by_role("button", name="Replay").click()
    await expect(guest.get_by_role("alert")).to_contain_text("this takes the role MEMBER; yours is VIEWER")
    await guest.goto(f"{site.url}/settings/members")
    await expect(guest.get_by_role("heading", name="Members")).to_be_visible()
    await expect(guest.get_by_role("link", name="API tokens")).to_have_count(0)

    await page.reload()
    await page.get_by_label("Role of bob@example.com").select_option("MEMBER")
    await guest.goto(f"{site.url}/runs/{run}")
    await guest.get_by_role("button", name="Replay").click()
    await expect(guest.get_by_role("alert")).to_have_count(0)

    await page.goto(f"{site.url}/audit")
    await page.get_by_label("Search for a person").fill("bob@example.com")
    table = page.get_by_role("table", name="What was done")
    await expect(table.get_by_role("cell", name="replay", exact=True)).to_have_count(2)
    await expect(table.get_by_role("cell", name="403", exact=True)).to_have_count(1)
    await page.goto(f"{site.url}/settings/members")
    await page.get_by_role("button", name="Remove bob@example.com").click()
    await page.get_by_role("button", name="Remove them").click()
    await expect(page.get_by_label("Role of bob@example.com")).to_have_count(0)
    await guest.goto(f"{site.url}/runs")
    await expect(guest.get_by_role("heading", name="Log in to Mattock")).to_be_visible()
    await guest.context.close()


async def test_a_second_tenant(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/tenants")
    await page.get_by_label("Name of the tenant").fill("Ink")
    await page.get_by_label("Short name").fill("ink")
    await page.get_by_role("button", name="Make the tenant").click()
    await expect(page).to_have_url(f"{site.url}/")
    await unfold(page)
    await expect(page.get_by_label("Tenant", exact=True)).to_be_visible()
    await page.goto(f"{site.url}/workflows")
    await expect(page.get_by_text("pipeline")).to_have_count(0)
    await unfold(page)
    await page.get_by_label("Tenant", exact=True).select_option(label="Default")
    await expect(page).to_have_url(f"{site.url}/")
    await page.goto(f"{site.url}/workflows")
    await expect(page.get_by_text("pipeline").first).to_be_visible()
