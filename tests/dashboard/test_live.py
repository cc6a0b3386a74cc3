"""Pages that stay fresh by the stream of changes: nothing is polled within the time that these tests wait."""

from __future__ import annotations

from playwright.async_api import Page, Route, expect

from .site import Site


async def test_runs_appear_and_end_without_a_reload(site: Site, page: Page) -> None:
    async with page.expect_response(lambda reply: "/live" in reply.url):
        await page.goto(f"{site.url}/runs")
    await expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    run_id = site.start("talk")
    row = page.get_by_role("row").filter(has=page.locator(f'a[href$="{run_id}"]'))
    await expect(row).to_contain_text("running")
    site.cancel(run_id)
    await expect(row).to_contain_text("cancelled")


async def test_a_run_shows_what_it_streams_and_logs(site: Site, page: Page) -> None:
    run_id = site.start("talk")
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label("Stream")).to_contain_text("the first words")
    await expect(page.get_by_label("Log", exact=True)).to_contain_text("spoken")
    site.cancel(run_id)
    await expect(page.get_by_text("cancelled").first).to_be_visible()


async def test_without_the_stream_pages_are_polled(site: Site, page: Page) -> None:
    async def refuse(route: Route) -> None:
        await route.abort()

    await page.route("**/live*", refuse)
    await page.goto(f"{site.url}/runs")
    await expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    run_id = site.start("talk")
    await expect(page.locator(f'a[href$="{run_id}"]')).to_be_visible()
    site.cancel(run_id)
