"""A server and workers as real processes, and Hatchet's published SDK as the client.

Everything runs with one engine process and with two.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
READY_SECONDS = 60.0
LOOK_EVERY = 0.02


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Waits until a condition holds; its value. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(LOOK_EVERY)
    raise AssertionError(f"waited {seconds:g} s for {what}")


def end(process: subprocess.Popen[Any]) -> None:
    """Ends a process, gently first."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(15)


class Server:
    """A running server.

    Attributes:
        env: the variables that connect a client.
        folder: where it keeps its files, and where workers log.
    """

    def __init__(self, folder: Path, processes: int) -> None:
        self.folder = folder
        self._workers: list[subprocess.Popen[Any]] = []
        env_file = folder / "client.env"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
        arguments = ["--data-dir", str(folder / "data"), "--env-file", str(env_file), "--processes", str(processes)]
        self._log = (folder / "server.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mattock_engine", "--grpc-port", "0", "--http-port", "0", *arguments],
            stdout=self._log,
            stderr=self._log,
            env=clean,
            cwd=folder,
        )

        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError((folder / "server.log").read_text())
            return env_file.exists()

        wait_for(ready, "the server", READY_SECONDS)
        variables = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        self.env = {**clean, **variables}
        self.client_env = {name: value for name, value in variables.items() if name.startswith("HATCHET_")}

    def start_worker(self, kind: str, program: str = "flow") -> subprocess.Popen[Any]:
        """Starts a worker process of a module beside this one; it ends with the server."""
        log = (self.folder / f"worker-{kind}-{len(self._workers)}.log").open("wb")
        worker = subprocess.Popen(
            [sys.executable, "-m", f"tests.conformance.{program}", kind],
            env={**self.env, "PYTHONPATH": str(HERE.parent.parent)},
            stdout=log,
            stderr=log,
            cwd=self.folder,
        )
        self._workers.append(worker)
        return worker

    def client(self) -> Any:
        """Hatchet's client of this server."""
        # Settings are read when it is made; other tests must not find them.
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.client_env.items():
                patch.setenv(name, value)
            from hatchet_sdk import Hatchet

            return Hatchet()

    def wait_for_workers(self, hatchet: Any, names: set[str]) -> None:
        """Waits until workers of these names are connected."""

        def up() -> bool:
            rows = hatchet.workers.list().rows or []
            return {row.name for row in rows if row.status == "ACTIVE"} >= names

        wait_for(up, f"the workers {sorted(names)}")

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self._workers:
            end(worker)
        end(self.process)
        self._log.close()


@pytest.fixture(scope="package", params=[1, 2], ids=["one process", "two processes"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a worker of each kind."""
    running = Server(tmp_path_factory.mktemp("server"), request.param)
    try:
        for kind in ("parallel", "serial"):
            running.start_worker(kind)
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def flows(server: Server) -> Any:
    """The workflows, with a client of this server."""
    from .flow import Flows

    found = Flows(server.client())
    server.wait_for_workers(found.hatchet, {"parallel", "serial"})
    return found


@pytest.fixture(scope="package")
def events(server: Server) -> Any:
    """The workflows that events start, and their worker."""
    from .event_flow import EventFlows

    server.start_worker("events", "event_flow")
    found = EventFlows(server.client())
    server.wait_for_workers(found.hatchet, {"events"})
    return found


@pytest.fixture(scope="package")
def timed(server: Server) -> Any:
    """The workflows that the clock starts, and their worker."""
    from .timed_flow import TimedFlows

    server.start_worker("timed", "timed_flow")
    found = TimedFlows(server.client())
    server.wait_for_workers(found.hatchet, {"timed"})
    return found


@pytest.fixture(scope="package")
def conditions(server: Server) -> Any:
    """The workflows with conditions, and their worker."""
    from .condition_flow import ConditionFlows

    server.start_worker("conditions", "condition_flow")
    found = ConditionFlows(server.client())
    server.wait_for_workers(found.hatchet, {"conditions"})
    return found


@pytest.fixture(scope="package")
def batches(server: Server) -> Any:
    """The batch tasks, and their worker."""
    from .batch_flow import BatchFlows

    server.start_worker("batches", "batch_flow")
    found = BatchFlows(server.client())
    server.wait_for_workers(found.hatchet, {"batches"})
    return found


@pytest.fixture(scope="package")
def durable(server: Server) -> Any:
    """The durable workflows, and their worker."""
    from .durable_flow import DurableFlows

    server.start_worker("durable", "durable_flow")
    found = DurableFlows(server.client())
    server.wait_for_workers(found.hatchet, {"durable"})
    return found


@pytest.fixture(scope="package")
def limits(server: Server) -> Any:
    """The workflows with limits, and their workers."""
    from .limit_flow import LABELS, LimitFlows

    for kind in LABELS:
        server.start_worker(kind, "limit_flow")
    found = LimitFlows(server.client())
    server.wait_for_workers(found.hatchet, set(LABELS))
    return found


@pytest.fixture
def meeting(tmp_path: Path) -> Meetings:
    """Where the test meets tasks."""
    return Meetings(tmp_path)


class Meetings:
    """A folder by which a test and tasks tell each other how far they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, name: str = "task", times: int = 1) -> Any:
        from .flow import Meeting

        return Meeting(folder=str(self.folder), name=name, times=times)

    def wait_begun(self, name: str = "task") -> str:
        """Waits until the task has begun; what it says."""
        path = self.folder / f"{name}.begun"
        return str(wait_for(lambda: path.exists() and path.read_text(), f"the start of {name}"))

    def let_go(self, name: str = "task") -> None:
        """Lets the task end."""
        (self.folder / f"{name}.go").touch()

    def wait_cancelled(self, name: str = "task") -> None:
        """Waits until the task has seen that it is cancelled."""
        wait_for((self.folder / f"{name}.cancelled").exists, f"the cancellation of {name}")
