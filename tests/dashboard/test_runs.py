"""The list of runs: filters, views, columns, changes and exports of all that fit."""

from __future__ import annotations

import csv
import io
import json
import re

from playwright.async_api import Page, expect

from .conftest import DESKTOP
from .site import Site


def start(site: Site, workflow: str, *pairs: str) -> str:
    """Starts a run with metadata; its id."""
    return site.start(workflow, **dict(pair.split("=", 1) for pair in pairs))


async def add_metadata(page: Page, key: str, value: str) -> None:
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_label("Key", exact=True).fill(key)
    await page.get_by_label("Value").fill(value)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("button", name=f"Take away: {key} = {value}")).to_be_visible()


async def test_metadata_by_any_and_by_all_and_a_saved_view(site: Site, page: Page) -> None:
    both = start(site, "greet", "shop=7", "region=north")
    one = start(site, "greet", "shop=7")
    other = start(site, "greet", "region=north")
    await page.goto(f"{site.url}/runs?hours=1")
    await add_metadata(page, "shop", "7")
    await add_metadata(page, "region", "north")
    rows = {run_id: page.locator(f'a[href$="{run_id}"]') for run_id in (both, one, other)}
    for row in rows.values():
        await expect(row).to_be_visible()
    await page.get_by_role("button", name="any of them").click()
    await expect(rows[one]).to_have_count(0)
    await expect(rows[other]).to_have_count(0)
    await expect(rows[both]).to_be_visible()

    await page.get_by_role("button", name="Save view").click()
    await page.get_by_label("Name of the view").fill("north of 7")
    await page.get_by_role("button", name="Save", exact=True).click()
    views = page.get_by_role("navigation", name="Views")
    await views.get_by_role("link", name="All").click()
    await expect(rows[one]).to_be_visible()
    await page.reload()
    await views.get_by_role("link", name="north of 7").click()
    await expect(rows[both]).to_be_visible()
    await expect(rows[one]).to_have_count(0)
    await page.get_by_role("button", name="Delete the view north of 7").click()
    await expect(views.get_by_role("link", name="north of 7")).to_have_count(0)


async def test_status_workflow_and_worker(site: Site, page: Page) -> None:
    failed, done = start(site, "broken"), start(site, "greet")
    await page.goto(f"{site.url}/runs")
    await page.get_by_role("button", name="Status").click()
    await page.get_by_role("menuitemcheckbox", name="failed").click()
    await page.keyboard.press("Escape")
    await expect(page.locator(f'a[href$="{failed}"]')).to_be_visible()
    await expect(page.locator(f'a[href$="{done}"]')).to_have_count(0)
    await page.get_by_role("button", name="Workflow", exact=True).click()
    await page.get_by_role("option", name="broken").click()
    await expect(page).to_have_url(re.compile("status=FAILED&workflow="))
    await expect(page.locator(f'a[href$="{failed}"]')).to_be_visible()
    await page.keyboard.press("Escape")

    workers = site.get(f"/api/v1/tenants/{site.tenant_id}/worker")["rows"]
    worker = next(row["metadata"]["id"] for row in workers if "broken:broken" in row["actions"])
    await page.goto(f"{site.url}/runs?worker={worker}")
    await expect(page.locator(f'a[href*="{failed}"]')).to_be_visible()
    await page.get_by_role("button", name="Take away: worker").click()
    await expect(page).not_to_have_url(re.compile("worker="))
    await page.goto(f"{site.url}/runs?status=FAILED&metadata=no%3Asuch")
    await expect(page.get_by_text("No run fits")).to_be_visible()


async def test_a_search_and_what_started_a_run(site: Site, page: Page) -> None:
    mark = f"mark{page.viewport_size['width']}" if page.viewport_size else ""
    failed, done = start(site, "broken", f"shop={mark}"), start(site, "greet", f"shop={mark}")
    at = {"triggerAt": "2020-01-01T00:00:00Z", "input": {}, "additionalMetadata": {"shop": mark}}
    headers = {"Authorization": f"Bearer {site.token}"}
    path = f"/api/v1/tenants/{site.tenant_id}/workflows/greet/scheduled"
    assert (await page.request.post(site.url + path, data=at, headers=headers)).ok
    await page.goto(f"{site.url}/runs")
    await page.get_by_label("Search", exact=True).fill(mark)
    await expect(page).to_have_url(re.compile(f"search={mark}"))
    await expect(page.get_by_text("3 runs")).to_be_visible()
    await page.get_by_label("Search", exact=True).fill("no such CUSTOMER")
    await expect(page.locator(f'a[href$="{failed}"]')).to_be_visible()
    await expect(page.locator(f'a[href$="{done}"]')).to_have_count(0)
    await page.get_by_label("Search", exact=True).fill(done[-6:])
    await expect(page.get_by_text("1 run", exact=True)).to_be_visible()
    await expect(page.locator(f'a[href$="{done}"]')).to_be_visible()
    await page.get_by_label("Search", exact=True).fill(mark)
    await page.get_by_role("button", name="Started by").click()
    await page.get_by_role("menuitemcheckbox", name="By a schedule").click()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("trigger=SCHEDULE"))
    await expect(page.get_by_text("1 run", exact=True)).to_be_visible()
    await page.reload()
    await page.get_by_role("link", name="greet").first.click()
    await page.get_by_role("link", name="a schedule").click()
    await expect(page.get_by_role("table", name="Schedules")).to_contain_text("greet")


async def test_a_run_of_a_cron_leads_to_it(site: Site, page: Page) -> None:
    name = f"often{page.viewport_size['width']}" if page.viewport_size else ""
    cron = {"cronName": name, "cronExpression": "* * * * * *", "input": {}, "additionalMetadata": {}}
    made = site.send("POST", "T/workflows/greet/crons", cron)["metadata"]["id"]
    await page.goto(f"{site.url}/runs?trigger=CRON")
    await page.get_by_role("link", name="greet").first.click()
    await page.get_by_role("link", name=f"cron {name}").click()
    await expect(page.get_by_role("table", name="Crons")).to_contain_text(name)
    await page.go_back()
    await page.get_by_role("link", name="(all its runs)").click()
    await expect(page).to_have_url(re.compile(f"cron={name}"))
    await expect(page.get_by_role("table", name="Runs").get_by_role("link", name="greet").first).to_be_visible()
    site.send("DELETE", f"T/workflows/crons/{made}")


async def test_all_that_fit_are_cancelled_and_taken_along(site: Site, page: Page) -> None:
    mark = f"shop={page.viewport_size['width']}" if page.viewport_size else ""
    ids = {start(site, "slow", mark) for _ in range(3)}
    address = f"{site.url}/runs?status=RUNNING,QUEUED&metadata={mark.replace('=', '%3A')}"
    await page.goto(address)
    await expect(page.get_by_text("3 runs")).to_be_visible()
    await page.get_by_label("Choose all that are listed").check()
    await expect(page.get_by_text("3 chosen")).to_be_visible()
    await page.get_by_role("button", name="Choose all that fit the filter").click()
    tools = page.get_by_role("toolbar", name="With what is chosen")
    await tools.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Cancel 3 runs").click()
    await expect(page.get_by_text("3 of 3 runs are cancelled").first).to_be_visible()
    await expect(page.get_by_text("No run fits")).to_be_visible()

    await page.goto(address.replace("RUNNING,QUEUED", "CANCELLED"))
    await expect(page.get_by_text("3 runs")).to_be_visible()
    texts = {}
    for kind in ("JSON", "CSV"):
        await page.get_by_role("button", name="Export").click()
        async with page.expect_download() as coming:
            await page.get_by_role("menuitem", name=kind).click()
        texts[kind] = (await (await coming.value).path()).read_text()
    assert {row["metadata"]["id"] for row in json.loads(texts["JSON"])} == ids
    rows = list(csv.DictReader(io.StringIO(texts["CSV"])))
    assert {row["id"] for row in rows} == ids
    assert {row["status"] for row in rows} == {"CANCELLED"}


async def test_more_rows_come_as_one_scrolls_and_few_are_drawn(site: Site, page: Page) -> None:
    number = 230
    done = site.shell.json("run", "fan", "--input", json.dumps({"n": number}), "--wait")
    assert done["output"]["fan"]["found"] == number
    parent = done["run_id"]
    await page.goto(f"{site.url}/runs?parent={parent}")
    await expect(page.get_by_text("100 runs, more as you scroll")).to_be_visible()
    table = page.get_by_role("table", name="Runs")
    assert await table.get_by_role("row").count() < 70
    for known in ("200 runs, more as you scroll", f"{number} runs"):
        await table.evaluate("box => { box.scrollTop = box.scrollHeight }")
        await expect(page.get_by_text(known, exact=True)).to_be_visible()
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Export").click()
        await page.get_by_role("menuitem", name="CSV").click()
    text = (await (await coming.value).path()).read_text()
    assert len({row["id"] for row in csv.DictReader(io.StringIO(text))}) == number


async def test_columns_are_chosen_and_kept(site: Site, page: Page) -> None:
    # A phone has room for three, always the same.
    await page.set_viewport_size(DESKTOP)
    start(site, "greet")
    await page.goto(f"{site.url}/runs")
    heads = page.get_by_role("columnheader")
    await expect(heads.filter(has_text="Workflow")).to_have_count(0)
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("menuitemcheckbox", name="Workflow").click()
    await page.get_by_role("menuitemcheckbox", name="Took").click()
    await page.reload()
    await expect(heads.filter(has_text="Workflow")).to_have_count(1)
    await expect(heads.filter(has_text="Took")).to_have_count(0)


async def test_a_run_is_started_here(site: Site, page: Page) -> None:
    start(site, "greet")
    await page.goto(f"{site.url}/runs")
    await page.get_by_role("button", name="Start a run").click()
    await page.get_by_role("button", name="Choose a workflow").click()
    await page.get_by_role("combobox", name="Find: Workflow").fill("greet")
    await page.keyboard.press("Enter")
    await page.get_by_role("textbox", name="Input").fill('{"name": "Grace"}')
    await page.get_by_text("Metadata", exact=True).click()
    await page.get_by_label("Metadata of the run").fill('{"from": "here"}')
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_label("Output")).to_contain_text("Hello, Grace!")
    await expect(page.get_by_role("list", name="Metadata")).to_contain_text("from here")


async def test_by_keyboard(site: Site, page: Page) -> None:
    run_id = start(site, "greet")
    await page.goto(f"{site.url}/runs")
    await expect(page.locator(f'a[href$="{run_id}"]')).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.get_by_text("1 chosen")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/runs/[0-9a-f-]{36}"))
