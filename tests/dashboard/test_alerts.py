"""Alerts in the browser, with a real receiver of webhooks: a channel, its test, a rule that fires."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.async_api import Page, expect

from .site import Site
from .test_people import is_clean

# The server looks at the rules every ten seconds.
PATIENCE_MS = 60_000


class Receiver:
    """Takes what is posted to it."""

    def __init__(self) -> None:
        self.got: queue.Queue[dict[str, Any]] = queue.Queue()
        received = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    threading.Thread(target=found.server.serve_forever, daemon=True).start()
    yield found
    found.server.shutdown()
    found.server.server_close()


async def test_a_channel_is_tested_and_told(site: Site, page: Page, receiver: Receiver) -> None:
    await page.goto(f"{site.url}/settings/alerts")
    await page.get_by_label("Name of a new channel").fill("our hook")
    await page.get_by_label("Kind of channel").select_option("WEBHOOK")
    await page.get_by_label("URL").fill("no url")
    await page.get_by_role("button", name="Add the channel").click()
    await expect(page.get_by_role("alert")).to_contain_text("url: expected https://HOST/PATH")
    await page.get_by_label("URL").fill(receiver.url)
    await page.get_by_role("button", name="Add the channel").click()
    await expect(page.get_by_label("The channel's secret")).to_contain_text("whsec_")
    await page.get_by_role("button", name="Test the channel our hook").click()
    await expect(page.get_by_text("The test message has arrived at our hook.")).to_be_visible()
    assert receiver.got.get(timeout=10)["kind"] == "TEST"

    await page.get_by_label("Name of a new rule").fill("enough workers")
    await page.get_by_label("It holds when").select_option("FEW_WORKERS")
    await page.get_by_label("Threshold (workers)").fill("99")
    await page.get_by_role("checkbox", name="our hook").check()
    await page.get_by_role("button", name="Add the rule").click()
    history = page.get_by_role("region", name="Alerts that have fired")
    await expect(history.get_by_text("firing", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    told = receiver.got.get(timeout=60)
    assert (told["kind"], told["rule"], told["threshold"]) == ("FIRED", "enough workers", 99)
    await expect(history.get_by_text("1 of 1 sent")).to_be_visible(timeout=PATIENCE_MS)
    await is_clean(page)

    await page.get_by_role("button", name="Switch off the rule enough workers").click()
    await expect(history.get_by_text("resolved", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Delete the rule enough workers").click()
    await expect(page.get_by_text("No rule yet")).to_be_visible()
    await page.get_by_role("button", name="Delete the channel our hook").click()
    await expect(page.get_by_text("No channel yet")).to_be_visible()
