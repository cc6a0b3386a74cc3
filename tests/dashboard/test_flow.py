"""What a person does about the flow: limits, pauses, drains, concurrency keys, dead letters."""

from __future__ import annotations

from playwright.async_api import Page, expect

from .conftest import is_gone
from .site import Site


async def test_a_run_and_a_queue_are_paused(site: Site, page: Page) -> None:
    run_id = site.start("slow")
    await page.goto(f"{site.url}/runs/{run_id}")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("paused", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("paused", exact=True)).not_to_be_visible()
    site.cancel(run_id)
    await page.get_by_role("link", name="slow", exact=True).click()
    await page.get_by_role("button", name="Pause slow").click()
    await expect(page.get_by_role("button", name="Resume slow")).to_be_visible()
    waiting = site.start("slow")
    await page.goto(f"{site.url}/runs/{waiting}")
    await expect(page.get_by_text("waits for its queue is paused")).to_be_visible()
    await page.goto(site.url)
    reasons = page.get_by_role("region", name="What waits, by reason")
    await expect(reasons.get_by_role("row").filter(has_text="slow").get_by_text("paused")).to_be_visible()
    await reasons.get_by_role("link", name="slow").click()
    await page.get_by_role("button", name="Resume slow").click()
    await expect(page.get_by_role("button", name="Pause slow")).to_be_visible()
    site.cancel(waiting)


async def test_chosen_runs_are_paused(site: Site, page: Page) -> None:
    run_id = site.start("slow", lot="1")
    await page.goto(f"{site.url}/runs?status=RUNNING&metadata=lot%3A1")
    await page.get_by_label("Choose slow").check()
    tools = page.get_by_role("toolbar", name="With what is chosen")
    await tools.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Pause 1 run").click()
    await is_gone(page, tools)
    assert site.get(f"/api/v1/stable/workflow-runs/{run_id}")["run"]["isPaused"]
    site.cancel(run_id)


async def test_all_that_fit_are_paused_and_resumed(site: Site, page: Page) -> None:
    runs = [site.start("slow", lot="5") for _ in range(3)]

    def paused() -> set[bool]:
        return {site.get(f"/api/v1/stable/workflow-runs/{each}")["run"]["isPaused"] or False for each in runs}

    await page.goto(f"{site.url}/runs?status=RUNNING,QUEUED&workflow={site.workflow('slow')}&metadata=lot%3A5")
    await expect(page.get_by_text("3 runs")).to_be_visible()
    tools = page.get_by_role("toolbar", name="With what is chosen")
    for verb, done in (("Pause", "are paused"), ("Resume", "go on")):
        await page.get_by_label("Choose all that are listed").check()
        await tools.get_by_role("button", name="Choose all that fit the filter").click()
        await tools.get_by_role("button", name=verb).click()
        await page.get_by_role("button", name=f"{verb} 3 runs").click()
        await expect(page.get_by_text(f"3 of 3 runs {done}").first).to_be_visible()
        await is_gone(page, tools)
        assert paused() == {verb == "Pause"}
    site.cancel(*runs)


async def test_who_holds_a_place(site: Site, page: Page) -> None:
    runs = [site.start("guarded", f'{{"customer": "{name}"}}') for name in ("ada", "ada", "bob")]
    await page.goto(f"{site.url}/concurrency?search=ada")
    row = page.get_by_role("row").filter(has_text="ada")
    await expect(row).to_contain_text("1 of 1")
    await expect(row.get_by_role("cell").nth(3)).to_have_text("1")
    await expect(page.get_by_text("bob")).not_to_be_visible()
    await page.get_by_role("textbox", name="Key").fill("b")
    await page.get_by_role("textbox", name="Key").press("Enter")
    await expect(page).to_have_url(f"{site.url}/concurrency?search=b")
    await page.get_by_role("row").filter(has_text="bob").get_by_role("link").last.click()
    await expect(page).to_have_url(f"{site.url}/runs/{runs[2]}")
    site.cancel(*runs)


async def test_dead_letters_are_dealt_with(site: Site, page: Page) -> None:
    first, second = (site.shell.run("run", "broken", "--wait", "--json") for _ in range(2))
    assert (first.returncode, second.returncode) == (1, 1)
    await page.goto(f"{site.url}/dead-letters")
    groups = page.get_by_role("region", name="Dead letters by workflow and error")
    await groups.get_by_role("row").filter(has_text="no such customer").get_by_role("button").click()
    await expect(page.get_by_role("button", name="ValueError: no such customer")).to_be_visible()
    letters = page.get_by_role("region", name="Dead letters", exact=True)
    name = await letters.get_by_role("checkbox").first.get_attribute("aria-label") or ""
    await letters.get_by_label(name).check()
    await page.get_by_role("button", name="Discard 1").click()
    await expect(letters.get_by_label(name)).to_have_count(0)
    await page.get_by_role("button", name="Discard all that fit").click()
    await expect(page.get_by_text("Nothing failed for good")).to_be_visible()
    run_id = site.shell.json("runs", "list", "--workflow", "broken", "--limit", "1")[0]["metadata"]["id"]
    assert site.get(f"/api/v1/stable/workflow-runs/{run_id}/status") == "FAILED"


async def test_a_dead_letter_runs_again(site: Site, page: Page) -> None:
    run_id = site.start("broken")
    await page.goto(f"{site.url}/dead-letters")
    letters = page.get_by_role("region", name="Dead letters", exact=True)
    row = letters.get_by_role("row").filter(has=page.get_by_label(f"Choose {run_id}"))
    await expect(row.get_by_role("cell").nth(3)).to_have_text("1")
    await page.get_by_label(f"Choose {run_id}").check()
    await page.get_by_role("button", name="Replay 1").click()
    # It fails again: a letter once more, after another attempt.
    await expect(row.get_by_role("cell").nth(3)).to_have_text("2")
    await row.get_by_role("link").click()
    await expect(page.get_by_text("attempt 2", exact=True).first).to_be_visible()


async def test_a_worker_is_drained(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workers")
    await page.get_by_role("button", name="Drain").click()
    await expect(page.get_by_text("drain").first).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("button", name="Drain")).to_be_visible()


async def test_the_tenant_is_limited(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/settings/limits")
    await page.get_by_label("Running tasks at most").fill("7")
    await page.get_by_label("When full, a new run").select_option("DROP_OLDEST")
    await page.get_by_role("button", name="Set limits").click()
    path = f"/api/v1/tenants/{site.tenant_id}/limits"
    await expect(page.get_by_text("They are set.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Running tasks at most")).to_have_value("7")
    assert site.get(path) == {"maxQueued": None, "whenFull": "DROP_OLDEST", "maxRunning": 7, "pace": None}
    await page.get_by_label("Running tasks at most").fill("")
    await page.get_by_role("button", name="Set limits").click()
    await expect(page.get_by_text("They are set.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Running tasks at most")).to_have_value("")
