"""The pictures of `docs/dashboard.md`: a server with a shop's runs, and a browser that looks at it.

`python3 dev.py pictures [FOLDER]`: into `docs/`, or into another folder, there also narrow and dark, for a look.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MOST_BYTES = 200 * 1024
LOAD_SECONDS = 90
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
# Name of each look: width, height, scheme.
LOOKS: dict[str, tuple[int, int, Any]] = {
    "": (1280, 860, "light"),
    "-dark": (1280, 860, "dark"),
    "-phone": (390, 800, "dark"),
}
CUSTOMERS = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Niklaus", "Frances")


class Shop:
    """A server with a worker, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
        self._env |= {"MATTOCK_DATA_DIR": str(folder / "data")}
        self._running: list[subprocess.Popen[str]] = []
        ports = ("--grpc-port", "0", "--http-port", "0", "--env-file", str(folder / "server.env"))
        self._start("is ready", "server", *ports)
        lines = (folder / "server.env").read_text().splitlines()
        self.url = dict(line.split("=", 1) for line in lines)["MATTOCK_CLIENT_SERVER_URL"].rstrip("/")
        self._start("is ready", "worker", str(ROOT / "dev" / "picture_tasks.py"), "--name", "shop-1")
        self._start("is ready", "worker", str(ROOT / "dev" / "picture_tasks.py"), "--name", "shop-2")

    def mattock(self, *arguments: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            self._command(*arguments), env=self._env, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    def run(self, workflow: str, **given: Any) -> str:
        """Starts a run; its id."""
        text = self.mattock("run", workflow, "--input", json.dumps(given), "-o", "json")
        return str(json.loads(text)["run_id"])

    def stop(self) -> None:
        """Ends what was started, the last first."""
        for process in reversed(self._running):
            process.terminate()
            process.communicate(timeout=60)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mattock.cli.app", *arguments]

    def _start(self, ready: str, *arguments: str) -> None:
        process = subprocess.Popen(
            self._command(*arguments), env=self._env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if ready in line:
                return
        sys.exit(f"pictures: `mattock {arguments[0]}` ended")


@contextmanager
def _shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="mattock-pictures-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # Postgres runs as a user of its own when this is root.
        folder.chmod(0o755)
        shop = Shop(folder)
        try:
            yield shop
        finally:
            shop.stop()


def _trade(page: Page, url: str) -> None:
    """A while of a shop's day, by the API, with the session of a page: more and more orders, and less again."""
    tenant = page.evaluate("fetch('/api/v1/me').then((reply) => reply.json()).then((me) => me.tenantId)")
    cookie = next(each["value"] for each in page.context.cookies() if each["name"] == "mattock_csrf")
    trigger = f"{url}/api/v1/stable/tenants/{tenant}/workflow-runs/trigger"
    schedule = f"{url}/api/v1/tenants/{tenant}/workflows/thumbnail/scheduled"
    headers = {"X-CSRF-Token": cookie}

    def send(address: str, **data: Any) -> None:
        reply = page.request.post(address, data=data, headers=headers)
        if not reply.ok:
            sys.exit(f"pictures: {address}: {reply.status} {reply.text()}")

    for hours in (3, 20, 45, 70):
        at = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        send(schedule, triggerAt=at, input={}, additionalMetadata={})
    began = time.monotonic()
    while (part := (time.monotonic() - began) / LOAD_SECONDS) < 1:
        for _ in range(1 + int(8 * part * (1 - part) * 4 * random.random())):
            name = random.choices(("order", "thumbnail", "report"), (5, 8, 1))[0]
            customer = random.choice(CUSTOMERS)
            given = (
                {"customer": customer, "total": random.randint(5, 300)} if name == "order" else {"customer": customer}
            )
            send(trigger, workflowName=name, input=given, additionalMetadata={"customer": customer})
        page.wait_for_timeout(350)


def _views(page: Page, shop: Shop, order: str) -> dict[str, str]:
    """The address of each picture."""
    page.goto(f"{shop.url}/workflows")
    workflow = page.get_by_role("link", name="order", exact=True).get_attribute("href")
    now = datetime.now(UTC)
    start = (now - timedelta(seconds=LOAD_SECONDS + 30)).isoformat().replace("+00:00", "Z")
    return {
        "overview": f"/?from={start}",
        "runs": "/runs",
        "run": f"/runs/{order}",
        "workflow": f"{workflow}?tab=start",
        "timed": "/timed?tab=calendar",
        "workers": "/workers",
    }


def _take(page: Page, url: str, file: Path) -> None:
    page.goto(url)
    page.locator("h1").wait_for()
    page.wait_for_timeout(2500)
    page.screenshot(path=file, animations="disabled")
    if file.stat().st_size > MOST_BYTES:
        sys.exit(f"pictures: {file.name} has {file.stat().st_size} bytes; at most {MOST_BYTES} are wanted")


def main(arguments: list[str]) -> None:
    """Takes all pictures."""
    folder = Path(arguments[0]) if arguments else DOCS
    looks = list(LOOKS.items()) if arguments else list(LOOKS.items())[:1]
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("pictures: there is no browser; install Debian's package `chromium`")
    with _shop() as shop, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(shop.mattock("dashboard"))
        page.locator("h1").wait_for()
        _trade(page, shop.url)
        order = shop.run("order", customer="Ada", total=80)
        shop.run("import_file", customer="Grace")
        page.wait_for_timeout(6000)
        for look, (width, height, scheme) in looks:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            for name, path in _views(page, shop, order).items():
                _take(page, shop.url + path, folder / f"dashboard-{name}{look}.png")
                print(f"dashboard-{name}{look}.png", flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
