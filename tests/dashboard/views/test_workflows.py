"""Workflows: the list, starting runs by a form, differences of versions, pausing, deleting."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.dashboard.site import Site

VERSION = """
from mattock import Mattock

mattock = Mattock()

@mattock.task(name="fleeting", retries={retries})
async def fleeting(input: dict[str, str]) -> str:
    return "gone"
"""


async def test_the_list_is_searched_and_says_how_workflows_fare(site: Site, page: Page) -> None:
    site.start("greet", '{"name": "Ada"}')
    site.start("broken")
    await page.goto(f"{site.url}/workflows")
    row = page.get_by_role("row").filter(has_text="broken")
    await expect(row).to_contain_text("0 %")
    await expect(row).to_contain_text("failed")
    await page.get_by_label("Search").fill("gree")
    await expect(page).to_have_url(re.compile(r"search=gree"))
    await expect(page.get_by_role("link", name="broken", exact=True)).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("link", name="greet", exact=True)).to_be_visible()
    await page.get_by_label("Search").fill("nothing like it")
    await expect(page.get_by_text("No workflow fits")).to_be_visible()


async def test_a_run_is_started_by_the_fields_of_its_schema(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows/{site.workflow('order')}")
    await page.get_by_role("link", name="Run", exact=True).click()
    await page.get_by_role("button", name="Run now").click()
    await expect(page.get_by_role("alert").filter(has_text="Is needed")).to_have_count(2)
    await page.get_by_label("Customer").fill("A")
    await page.get_by_label("Total").fill("-1")
    await page.get_by_role("button", name="Run now").click()
    await expect(page.get_by_role("alert").filter(has_text="too short")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="less than 0")).to_be_visible()
    await page.get_by_label("Customer").fill("Ada")
    await page.get_by_label("Total").fill("12.5")
    await page.get_by_label("Speed").select_option(label="fast")
    await page.get_by_role("button", name="Add to Items").click()
    await page.get_by_label("Name").fill("ink")
    await page.get_by_role("button", name="JSON").click()
    await expect(page.get_by_role("textbox", name="Input")).to_have_value(re.compile(r'"speed": "fast"'))
    await page.get_by_role("button", name="Fields").click()
    await page.locator("summary", has_text="Metadata").click()
    await page.get_by_label("Metadata").fill('{"from": "the shop"}')
    await page.get_by_label("Priority").select_option("3")
    await page.get_by_role("button", name="Run now").click()
    await expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}"))
    run = site.get(f"/api/v1/stable/workflow-runs/{page.url.rpartition('/')[2]}")["run"]
    wanted = {"customer": "Ada", "total": 12.5, "speed": "fast", "gift": False, "items": [{"name": "ink", "count": 1}]}
    found = run["input"].get("input", run["input"])
    assert {key: found[key] for key in wanted} == wanted
    assert run["additionalMetadata"]["from"] == "the shop"


async def test_a_run_is_scheduled_and_a_cron_is_made_from_the_form(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows/{site.workflow('greet')}?tab=start")
    await page.get_by_label("Input").fill("[1]")
    await expect(page.get_by_role("alert")).to_contain_text("Expected a JSON object")
    await page.get_by_label("Input").fill('{"name": "later"}')
    await page.get_by_label("When").select_option("once")
    await page.get_by_role("button", name="+1 h").click()
    await page.get_by_role("button", name="Schedule it").click()
    await expect(page.get_by_role("status").filter(has_text="It will start on")).to_be_visible()
    await page.get_by_label("When").select_option("cron")
    await page.get_by_label("Name").fill("from the form")
    await page.get_by_label("Expression").fill("every day")
    await expect(page.get_by_role("alert")).to_contain_text("is no cron expression")
    await page.get_by_label("Expression").fill("30 7 * * 1-5")
    await page.get_by_label("Time zone").fill("Europe/Berlin")
    await expect(page.get_by_text("At 07:30, Monday through Friday")).to_be_visible()
    await expect(page.get_by_label("Next times").get_by_role("listitem")).to_have_count(5)
    await page.get_by_role("button", name="Make the cron").click()
    await page.get_by_role("link", name="See its crons and schedules").click()
    await expect(page.get_by_role("cell", name="from the form", exact=True)).to_be_visible()
    await expect(page.get_by_role("table", name="Schedules")).to_contain_text("later")
    for cron in site.send("GET", "T/workflows/crons?cronName=from%20the%20form")["rows"]:
        site.send("DELETE", f"T/workflows/crons/{cron['metadata']['id']}")
    site.send("POST", "T/workflows/scheduled/bulk-delete", {"filter": {}})


async def test_the_graph_and_the_settings(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows/{site.workflow('order')}?tab=graph")
    await page.get_by_role("group", name="Tasks").get_by_role("button", name="deliver").click()
    await expect(page.get_by_role("heading", name="Task deliver")).to_be_visible()
    await expect(page.get_by_text("pack, invoice")).to_be_visible()
    await page.get_by_role("link", name="Settings").last.click()
    limits = page.get_by_role("table", name="Concurrency limits")
    await expect(limits).to_contain_text("input.customer")
    await expect(limits).to_contain_text("2")
    await expect(page.get_by_label("JSON schema of the input")).to_contain_text("Who ordered")


async def test_versions_are_compared_and_the_workflow_is_deleted(site: Site, page: Page) -> None:
    for retries in (1, 4):
        (site.shell.folder / "fleeting.py").write_text(VERSION.format(retries=retries))
        worker = site.shell.start("worker", "fleeting.py")
        assert worker.stdout is not None
        while "is ready" not in worker.stdout.readline():
            pass
        worker.terminate()
        worker.communicate(timeout=60)
    await page.goto(f"{site.url}/workflows/{site.workflow('fleeting')}?tab=versions")
    table = page.get_by_role("table", name="Differences")
    await expect(table.get_by_role("row").filter(has_text='"retries": 1')).to_contain_text("-")
    await expect(table.get_by_role("row").filter(has_text='"retries": 4')).to_contain_text("+")
    await page.get_by_role("button", name="Side by side").click()
    pair = table.get_by_role("row").filter(has_text='"retries": 1')
    await expect(pair).to_contain_text('"retries": 4')
    await expect(page).to_have_url(re.compile("view=split"))
    await page.get_by_role("link", name="Settings").last.click()
    await page.get_by_role("button", name="Delete the workflow").click()
    await expect(page.get_by_role("button", name="Delete it")).to_be_disabled()
    await page.get_by_label("Type fleeting to go on").fill("fleeting")
    await page.get_by_role("button", name="Delete it").click()
    await expect(page).to_have_url(f"{site.url}/workflows")
    await expect(page.get_by_role("link", name="fleeting")).to_have_count(0)


async def test_a_pause_says_what_it_does(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/workflows/{site.workflow('greet')}")
    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_label("Cancel what has waited").fill("soon")
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_role("alert")).to_contain_text("'soon' is no duration")
    await page.get_by_label("Cancel what has waited").fill("24h")
    await page.get_by_label("Runs of crons meanwhile").select_option("DROP")
    await page.get_by_role("button", name="Pause it").click()
    await expect(page.get_by_text("crons are dropped, schedules wait")).to_be_visible()
    await page.goto(f"{site.url}/workflows?state=paused")
    await expect(page.get_by_role("link", name="greet", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="order", exact=True)).to_have_count(0)
    await page.get_by_role("link", name="greet", exact=True).click()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await page.get_by_role("button", name="Resume it").click()
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


async def test_what_is_not_there(site: Site, page: Page) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for path, words in (
        (f"workflows/{nobody}", "There is no such workflow"),
        (f"workers/{nobody}", "There is no such worker"),
        (f"approvals/{nobody}/refund", "There is no such question"),
    ):
        await page.goto(f"{site.url}/{path}")
        await expect(page.get_by_text(words)).to_be_visible()
