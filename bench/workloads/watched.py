"""Dashboards that are looked at: what they cost the engine, how smooth they are, how soon they are there."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from .. import browser as browsers
from .. import onlooker
from ..plan import Plan
from ..program import Program, ProgramFailed
from ..statistic import median, percentile
from ..systems import System
from ..usage import cpu_seconds
from .base import Figure, Make, Target, Workload

_BURST_SECONDS = 1.0
_SETTLE_SECONDS = 3.0
_ROUNDS = 3
_SLOW_FRAME_MS = 50
# Each run comes and ends: 10 000 runs a minute are at least as many updates.
_PER_MINUTE = 10_000
_CALL_SECONDS = 120.0


class Watched(Workload):
    """Three pages are open, of which none is in the background."""

    name = "watched"
    title = "Dashboards"
    long = True
    only = ("mattock",)
    figures = (
        Figure("rate_free", "tasks/s, nobody looks", "1/s", "higher"),
        Figure("rate", "tasks/s, three clients as dashboards", "1/s", "higher"),
        Figure("ratio", "… against none", "×", "higher", 2, {"mattock": Target(0.9)}),
        Figure("browser_rate", "tasks/s, three dashboards in Chromium on the same cores", "1/s", "higher"),
        Figure("browser_ratio", "… against none", "×", "higher", 2, {"mattock": Target(0.9)}),
        Figure("cpu_free", "CPU of server + store a task, nobody looks", "ms", "lower", 3),
        Figure("cpu", "… three clients", "ms", "lower", 3),
        Figure("browser_server_cpu", "… three in Chromium", "ms", "lower", 3),
        Figure("browser_cpu", "CPU of Chromium meanwhile", "%", "lower"),
        Figure("gap_p99", "between two frames, p99", "ms", "lower", 1, {"mattock": Target(_SLOW_FRAME_MS)}),
        Figure("slow_frames", f"frames later than {_SLOW_FRAME_MS} ms", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("longest_task", "longest task", "ms", "lower"),
        Figure("redraws", "changes of the table drawn/s", "1/s", "", 1),
        Figure("usable", "first view usable", "ms", "lower", 0, {"mattock": Target(1000)}),
        Figure("scripts", "its JavaScript as sent", "KiB", "lower", 0, {"mattock": Target(250)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.in_flight:,} runs are queued; no-op bursts without a pause for {plan.watched_seconds:g} s a time,"
            f" in turn, {_ROUNDS} times: nobody looks; overview, runs and a workflow are open in headless Chromium on"
            " the same two cores (its drawing takes from engine, store, worker and client); three clients hold the same"
            " streams open and make the same requests at the same pace, as browsers on other machines do. Then"
            f" {_PER_MINUTE:,} runs a minute come and end for {plan.frames_seconds:g} s while the table of runs is"
            " scrolled up and down, and the page looks at its own frames; then the overview is opened five times by a"
            " browser that has nothing of it"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Costs; frames; first views."""
        with make() as system, _browser(system) as watch:
            system.call("enqueue", count=plan.in_flight)
            found = _costs(system, watch, plan)
            found |= _frames(system, watch, plan)
            first = [watch.call("first", url=watch.url) for _ in range(5)]
        found["usable"] = median([float(each["milliseconds"]) for each in first])
        found["scripts"] = max(float(each["scripts"]) for each in first) / 1024
        return found


class _Browser:
    """The browser program, with what it has to know of the server."""

    def __init__(self, program: Program, system: System) -> None:
        env = system.env()
        self.url = env["MATTOCK_CLIENT_SERVER_URL"].rstrip("/")
        self.token, self.tenant_id = env["MATTOCK_CLIENT_TOKEN"], env["MATTOCK_CLIENT_TENANT_ID"]
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self._program = program
        tenant = f"{self.url}/api/v1/tenants/{self.tenant_id}"
        workflows = httpx.get(f"{tenant}/workflows", params={"limit": 100}, headers=self.headers).json()["rows"]
        noop = next(row["metadata"]["id"] for row in workflows if row["name"] == "noop")
        self.paths = ["/", "/runs", f"/workflows/{noop}"]
        self._link = httpx.post(f"{tenant}/login-links", json={}, headers=self.headers).json()["url"]

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Has the program do something."""
        return self._program.call(operation, _CALL_SECONDS, **arguments)

    def open(self) -> None:
        """Opens the three pages."""
        self.call("open", url=self.url, link=self._link, paths=self.paths)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_seconds({"browser": [self._program.pid]})["browser"]


@contextlib.contextmanager
def _browser(system: System) -> Iterator[_Browser]:
    if browsers.program() is None:
        raise ProgramFailed("there is no browser; install Debian's package `chromium`")
    program = Program("browser", [sys.executable, "-m", "bench.browser"], {}, system.folder)
    try:
        program.wait_for(browsers.READY)
        yield _Browser(program, system)
    finally:
        program.stop()


@contextlib.contextmanager
def _onlooker(system: System, watch: _Browser, addresses: list[str]) -> Iterator[None]:
    given = {"url": watch.url, "tenant": watch.tenant_id, "token": watch.token, "addresses": addresses}
    env = {onlooker.GIVEN_ENV: json.dumps({**given, "streams": len(watch.paths)})}
    program = Program("onlooker", [sys.executable, "-m", "bench.onlooker"], env, system.folder)
    try:
        program.wait_for(onlooker.READY)
        yield
    finally:
        program.stop()


@dataclass(frozen=True)
class _Load:
    """What a time of load gave: tasks a second, milliseconds of CPU a task, percent of a core of the browser."""

    rate: float
    cpu: float
    browser: float


def _costs(system: System, watch: _Browser, plan: Plan) -> dict[str, float]:
    """The same load without and with dashboards, in turn, so that what the machine does beside hits all alike."""
    free: list[_Load] = []
    seen: list[_Load] = []
    instead: list[_Load] = []
    for _ in range(_ROUNDS):
        free.append(_load(system, watch, plan.watched_seconds))
        watch.open()
        time.sleep(_SETTLE_SECONDS)
        seen.append(_load(system, watch, plan.watched_seconds))
        addresses = watch.call("asked")["addresses"]
        watch.call("close")
        with _onlooker(system, watch, addresses):
            time.sleep(_SETTLE_SECONDS)
            instead.append(_load(system, watch, plan.watched_seconds))
    rate = {name: median([each.rate for each in loads]) for name, loads in _named(free, seen, instead)}
    cpu = {name: median([each.cpu for each in loads]) for name, loads in _named(free, seen, instead)}
    return {
        "rate_free": rate["free"],
        "rate": rate["instead"],
        "ratio": rate["instead"] / rate["free"],
        "browser_rate": rate["seen"],
        "browser_ratio": rate["seen"] / rate["free"],
        "cpu_free": cpu["free"],
        "cpu": cpu["instead"],
        "browser_server_cpu": cpu["seen"],
        "browser_cpu": median([each.browser for each in seen]),
    }


def _named(free: list[_Load], seen: list[_Load], instead: list[_Load]) -> list[tuple[str, list[_Load]]]:
    return [("free", free), ("seen", seen), ("instead", instead)]


def _load(system: System, watch: _Browser, seconds: float) -> _Load:
    size = 500
    size = max(size, int(size / system.burst(size) * _BURST_SECONDS))
    count, took = 0, 0.0
    before, drew, began = system.cpu()["server"], watch.cpu(), time.monotonic()
    while time.monotonic() - began < seconds:
        took += system.burst(size)
        count += size
    lasted = time.monotonic() - began
    used = system.cpu()["server"] - before
    return _Load(count / took, used * 1000 / count, (watch.cpu() - drew) / lasted * 100)


def _frames(system: System, watch: _Browser, plan: Plan) -> dict[str, float]:
    """Runs that come and end at a fixed pace, and a table that is scrolled meanwhile."""
    watch.call("begin", url=watch.url, path="/runs")
    system.call("paced", rate=_PER_MINUTE / 60, seconds=plan.frames_seconds)
    seen = watch.call("end")
    gaps: list[float] = seen["gaps"]
    return {
        "gap_p99": percentile(gaps, 99),
        "slow_frames": sum(gap > _SLOW_FRAME_MS for gap in gaps) / len(gaps) * 100,
        "longest_task": max(seen["tasks"], default=0.0),
        "redraws": seen["changed"] / (sum(gaps) / 1000),
    }
