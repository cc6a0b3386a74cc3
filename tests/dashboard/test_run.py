"""A run's page: the graph, the waterfall down the tree, results, logs, attempts, forks; and addresses of all of it."""

from __future__ import annotations

import json
import re

from playwright.async_api import Page, expect

from .site import Site


def ended(site: Site, workflow: str, text: str = "{}") -> str:
    """Starts a run and waits for its end; its id."""
    site.shell.run("run", workflow, "--input", text, "--wait")
    found = site.get(
        f"/api/v1/stable/tenants/{site.tenant_id}/workflow-runs?since=2020-01-01T00:00:00Z&only_tasks=false&limit=1000"
    )
    return str(next(row["metadata"]["id"] for row in found["rows"] if row["workflowName"] == workflow))


async def test_a_graph_and_a_task_that_the_address_names(site: Site, page: Page) -> None:
    run_id = ended(site, "pipeline")
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_label(re.compile("^store, completed"))).to_be_visible()
    await expect(page.get_by_role("heading", name="Task fetch")).to_be_visible()
    await page.get_by_role("region", name="Over time").get_by_role("button", name="store").click()
    await expect(page.get_by_role("heading", name="Task store")).to_be_visible()
    await expect(page).to_have_url(re.compile("task="))
    await page.get_by_role("tab", name="What happened").click()
    await page.reload()
    await expect(page.get_by_role("heading", name="Task store")).to_be_visible()
    await expect(page.get_by_role("table", name="What happened")).to_contain_text("finished")


async def test_attempts_side_by_side(site: Site, page: Page) -> None:
    run_id = ended(site, "flaky")
    await page.goto(f"{site.url}/runs/{run_id}")
    await expect(page.get_by_text("attempt 2", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="Open flaky").click()
    await expect(page.get_by_role("region", name="Over time")).to_contain_text("attempt 1")
    await page.get_by_role("tab", name="Attempts").click()
    await page.get_by_role("checkbox", name="Attempt 1").check()
    await page.get_by_role("checkbox", name="Attempt 2").check()
    await expect(page).to_have_url(re.compile("attempt=1&compare=2"))
    await page.reload()
    for number in (1, 2):
        one = page.get_by_role("region", name=f"Attempt {number}", exact=True)
        await expect(one.get_by_label(f"Error of attempt {number}")).to_contain_text(f"not at attempt {number}")
        await expect(one.get_by_role("log")).to_contain_text(f"attempt {number}")
        await expect(one.get_by_role("log")).not_to_contain_text(f"attempt {3 - number}")
        await expect(one.locator("dd").nth(2)).to_contain_text(re.compile("s$"))


async def test_a_log_with_colours_search_and_levels(site: Site, page: Page) -> None:
    run_id = ended(site, "flaky")
    await page.goto(f"{site.url}/runs/{run_id}")
    log = page.get_by_role("log")
    await expect(log.get_by_text("red", exact=True).first).to_have_class(re.compile("text-bad"))
    await expect(log).to_contain_text("attempt 2")
    await page.get_by_role("button", name="Levels").click()
    await page.get_by_role("menuitemcheckbox", name="warn").click()
    await page.keyboard.press("Escape")
    await expect(log).not_to_contain_text("attempt 2")
    await page.get_by_label("Search the log").fill("plain")
    await expect(log.locator("mark").first).to_have_text("plain")
    await page.get_by_label("Search the log").fill("nowhere")
    await expect(log).to_contain_text("No line fits.")


async def test_a_value_folds_and_is_searched(site: Site, page: Page) -> None:
    run_id = ended(site, "fan", '{"n": 1}')
    await page.goto(f"{site.url}/runs/{run_id}")
    output = page.get_by_label("Output")
    await expect(output).to_contain_text("Hello, 0!")
    await output.get_by_role("button", name="greeting").click()
    await expect(output).not_to_contain_text("Hello, 0!")
    await output.get_by_role("button", name="greeting").click()
    await expect(output).to_contain_text("Hello, 0!")
    await expect(output.get_by_role("button", name="100 more")).to_be_visible()
    await page.get_by_label("Search this value").fill("found")
    await expect(output.locator("mark")).to_have_text("found")
    await expect(output).not_to_contain_text("Hello, 0!")


async def test_many_children_in_the_waterfall_and_as_a_list(site: Site, page: Page) -> None:
    run_id = ended(site, "fan", '{"n": 230}')
    await page.goto(f"{site.url}/runs/{run_id}")
    over_time = page.get_by_role("region", name="Over time")
    await page.get_by_role("button", name="Open fan").click()
    await expect(over_time.get_by_role("link", name="greet").first).to_be_visible()
    assert await over_time.get_by_role("listitem").count() < 60
    await over_time.evaluate("box => { box.scrollTop = box.scrollHeight }")
    await over_time.get_by_role("button", name="30 more").click()
    await expect(over_time.get_by_role("button", name="30 more")).to_have_count(0)
    await page.get_by_role("tab", name="Children").click()
    await expect(page.get_by_role("img", name="Children: 230 completed")).to_be_visible()
    await expect(page.get_by_role("table", name="Children").get_by_role("row")).to_have_count(51)
    await page.get_by_role("link", name="Open as a list of runs").click()
    await expect(page).to_have_url(re.compile(f"parent={run_id}"))
    await page.get_by_role("link", name="greet").first.click()
    await page.get_by_role("link", name="a task", exact=True).click()
    await expect(page.get_by_role("heading", name="fan", exact=True)).to_be_visible()


async def test_what_started_it_and_its_metadata_lead_on(site: Site, page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    pushed = await page.request.post(
        f"{site.url}/api/v1/tenants/{site.tenant_id}/events",
        data={"key": "file:new", "data": {}, "additionalMetadata": {"path": f"a{width}"}},
        headers={"Authorization": f"Bearer {site.token}"},
    )
    assert pushed.ok
    await page.goto(f"{site.url}/runs?metadata=path%3Aa{width}")
    await page.get_by_role("link", name="pipeline").click()
    await expect(page.get_by_role("link", name="event file:new")).to_be_visible()
    await page.get_by_role("link", name="(all its runs)").click()
    await expect(page).to_have_url(re.compile("event="))
    await page.get_by_role("link", name="pipeline").click()
    await page.get_by_role("link", name=f"path a{width}").click()
    await expect(page.get_by_role("button", name=f"Take away: path = a{width}")).to_be_visible()


async def test_a_fork_with_another_result(site: Site, page: Page) -> None:
    run_id = site.start("refund")
    await page.goto(f"{site.url}/approvals/{run_id}/refund")
    await page.get_by_label("Your name").fill("Grace")
    await page.get_by_role("button", name="Approve").first.click()
    await expect(page.get_by_role("heading", name="The answer")).to_be_visible()
    await page.goto(f"{site.url}/runs/{run_id}?tab=history")
    await expect(page.get_by_role("table", name="Recorded steps")).to_contain_text("approved")
    await page.get_by_role("button", name="Fork from step 2").click()
    await page.get_by_label("The result of this step").check()
    field = page.get_by_label("Result, as JSON")
    recorded = json.loads(await field.input_value())
    await field.fill("{")
    await expect(page.get_by_role("alert")).to_contain_text("expected JSON")
    await field.fill(json.dumps(recorded).replace("Grace", "Edsger"))
    await page.get_by_role("button", name="Fork here").click()
    await page.get_by_role("tab", name="Result and log").click()
    await expect(page.get_by_label("Output")).to_contain_text("True by Edsger")
