"""A server and workers as real processes, and Hatchet's published SDK as the client.

Everything runs with one engine process, with two, and with one that is killed in the midst of it (see `midst`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .midst import Calm, Midst

HERE = Path(__file__).parent
READY_SECONDS = 60.0
# Each takes seconds of CPU to import its SDK, and up to nine start while other tests run.
WORKER_SECONDS = 180.0
# Settings of the SDK: what only reads is asked for again while nobody answers.
PATIENT = {"HATCHET_CLIENT_TENACITY_RETRY_TRANSPORT_ERRORS": "true", "HATCHET_CLIENT_TENACITY_MAX_ATTEMPTS": "10"}
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With a kill in its midst a test is tried four times: the SDK may lose what it says to nobody (see `midst`)."""
    for item in items:
        if "killed" in item.name.partition("[")[2]:
            item.add_marker(pytest.mark.flaky(reruns=3))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure stands what the server and its workers said last: they are gone when it is read."""
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and server is not None:
        for log in sorted(server.folder.glob("*.log")):
            report.sections.append((log.name, log.read_text()[-3000:]))
    return report


class Server:
    """A running server.

    Attributes:
        env: the variables that connect a client.
        folder: where it keeps its files, and where workers log.
        dies: it is killed in the midst of each test.
    """

    def __init__(self, folder: Path, processes: int, dies: bool = False) -> None:
        self.folder = folder
        self.dies = dies
        self._workers: dict[subprocess.Popen[Any], Path] = {}
        self._processes = processes
        self._streams: dict[str, int] = {}
        self._ports = ("0", "0")
        self._log = (folder / "server.log").open("wb")
        self._clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))
        }
        self._start()
        variables = dict(line.split("=", 1) for line in self._env_file.read_text().splitlines())
        self.env = {**self._clean, **variables, **PATIENT}
        self.client_env = {name: value for name, value in self.env.items() if name.startswith("HATCHET_")}
        grpc, http = variables["HATCHET_CLIENT_HOST_PORT"], variables["HATCHET_CLIENT_SERVER_URL"]
        self._ports = (grpc.rpartition(":")[2], http.rpartition(":")[2])

    @property
    def _env_file(self) -> Path:
        return self.folder / "client.env"

    def _start(self) -> None:
        where = ["--data-dir", str(self.folder / "data"), "--env-file", str(self._env_file)]
        ports = ["--grpc-port", self._ports[0], "--http-port", self._ports[1], "--processes", str(self._processes)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mattock_engine", *where, *ports],
            stdout=self._log,
            stderr=self._log,
            env=self._clean,
            cwd=self.folder,
        )

        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError((self.folder / "server.log").read_text())
            return self._env_file.exists()

        wait_for(ready, "the server", READY_SECONDS)

    def kill(self) -> None:
        """kill -9, and another start on the same ports and data."""
        self._streams = self._connected()
        self.process.kill()
        self.process.wait()
        self._env_file.unlink(missing_ok=True)
        self._start()

    def rest(self) -> None:
        """Waits until the store knows of each running attempt that it has begun."""
        query = "select not exists (select from mattock.run where status = 1 and started_at is null and kind <> 1)"
        wait_for(lambda: self._ask(query), "starts that are recorded")

    def wait_for_step(self) -> None:
        """Waits until a durable task waits, or all have ended."""
        query = (
            "select exists (select from mattock.step where place = 0 and kind in (1, 2))"
            " or not exists (select from mattock.run where kind <> 1)"
        )
        wait_for(lambda: self._ask(query), "a step that is open")

    def wait_for_stream(self) -> None:
        """Waits until workers have the stream of durable tasks again that they had."""
        had = self._streams
        wait_for(lambda: all(n > had[name] for name, n in self._connected().items() if had.get(name)), "a stream")

    def _connected(self) -> dict[str, int]:
        """How often each worker says that it has connected its stream of durable tasks."""
        logs = self.folder.glob("worker-*.log")
        return {log.name: log.read_text().count("durable event listener connected") for log in logs}

    def _ask(self, query: str) -> bool:
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.folder}/data/postgres") as connection:
            row = connection.execute(query).fetchone()
            return bool(row and row[0])

    def freeze(self) -> None:
        """The workers stand still, and what they started."""
        self._signal_workers(signal.SIGSTOP)

    def thaw(self) -> None:
        """They go on."""
        self._signal_workers(signal.SIGCONT)

    def _signal_workers(self, number: int) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                os.killpg(worker.pid, number)

    def start_worker(self, kind: str, program: str = "flow") -> subprocess.Popen[Any]:
        """Starts a worker process of a module beside this one; it ends with the server."""
        path = self.folder / f"worker-{kind}-{len(self._workers)}.log"
        with path.open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", f"tests.conformance.{program}", kind],
                env={**self.env, "PYTHONPATH": str(HERE.parent.parent)},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self._workers[worker] = path
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

        try:
            wait_for(up, f"the workers {sorted(names)}", WORKER_SECONDS)
        except AssertionError as error:
            logs = [f"{log.name}, {worker.poll()}:\n{log.read_text()}" for worker, log in self._workers.items()]
            raise AssertionError("\n".join([str(error), *logs])) from None

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self._workers:
            end(worker)
        end(self.process)
        self._log.close()


FLOWS = ("flows", "events", "timed", "conditions", "batches", "durable", "limits", "options")
WAYS = {"one process": (1, False), "two processes": (2, False), "killed": (1, True)}


@pytest.fixture(scope="package", params=WAYS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server."""
    processes, dies = WAYS[request.param]
    running = Server(tmp_path_factory.mktemp("server"), processes, dies)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def flows(server: Server) -> Any:
    """The workflows, and their workers."""
    from .flow import Flows

    return served(server, "flow", Flows, ("parallel", "serial"))


def served(server: Server, program: str, kind: type[Any], workers: Collection[str]) -> Any:
    """The workflows of a module beside this one, with their workers.

    They are waited for: a worker of the SDK whose server is killed while it starts ends for good.
    """
    for name in workers:
        server.start_worker(name, program)
    found = kind(server.client())
    server.wait_for_workers(found.hatchet, set(workers))
    return found


@pytest.fixture(scope="package")
def events(server: Server) -> Any:
    """The workflows that events start, and their worker."""
    from .event_flow import EventFlows

    return served(server, "event_flow", EventFlows, ("events",))


@pytest.fixture(scope="package")
def timed(server: Server) -> Any:
    """The workflows that the clock starts, and their worker."""
    from .timed_flow import TimedFlows

    return served(server, "timed_flow", TimedFlows, ("timed",))


@pytest.fixture(scope="package")
def conditions(server: Server) -> Any:
    """The workflows with conditions, and their worker."""
    from .condition_flow import ConditionFlows

    return served(server, "condition_flow", ConditionFlows, ("conditions",))


@pytest.fixture(scope="package")
def batches(server: Server) -> Any:
    """The batch tasks, and their worker."""
    from .batch_flow import BatchFlows

    return served(server, "batch_flow", BatchFlows, ("batches",))


@pytest.fixture(scope="package")
def durable(server: Server) -> Any:
    """The durable workflows, and their worker."""
    from .durable_flow import DurableFlows

    return served(server, "durable_flow", DurableFlows, ("durable",))


@pytest.fixture(scope="package")
def limits(server: Server) -> Any:
    """The workflows with limits, and their workers."""
    from .limit_flow import LABELS, LimitFlows

    return served(server, "limit_flow", LimitFlows, LABELS)


@pytest.fixture(scope="package")
def options(server: Server) -> Any:
    """The workflows with options of all decorators, and their workers."""
    from .option_flow import WORKERS, OptionFlows

    return served(server, "option_flow", OptionFlows, WORKERS)


@pytest.fixture(autouse=True)
def midst(request: pytest.FixtureRequest) -> Iterator[Midst | Calm]:
    """What happens to the engine in the midst of a test."""
    # Workflows are registered and workers are there before anything happens.
    used = {name: request.getfixturevalue(name) for name in FLOWS if name in request.fixturenames}
    server = request.getfixturevalue("server") if used else None
    calm = request.node.get_closest_marker("calm")
    if calm is not None and server is not None and server.dies:
        pytest.skip(calm.args[0])
    found = Midst(server, "durable" in used) if server is not None and server.dies else Calm()
    for flows in used.values():
        flows.midst = found
    with found.watch():
        yield found


@pytest.fixture
def meeting(tmp_path: Path, midst: Midst | Calm) -> Meetings:
    """Where the test meets tasks."""
    return Meetings(tmp_path, midst)


class Meetings:
    """A folder by which a test and tasks tell each other how far they are."""

    def __init__(self, folder: Path, midst: Midst | Calm) -> None:
        self.folder = folder
        self._midst = midst

    def at(self, name: str = "task", times: int = 1) -> Any:
        from .flow import Meeting

        return Meeting(folder=str(self.folder), name=name, times=times)

    def wait_begun(self, name: str = "task") -> str:
        """Waits until the task has begun; what it says."""
        path = self.folder / f"{name}.begun"
        text = str(wait_for(lambda: path.exists() and path.read_text(), f"the start of {name}"))
        self._midst.reach("begun")
        return text

    def let_go(self, name: str = "task") -> None:
        """Lets the task end."""
        (self.folder / f"{name}.go").touch()

    def wait_cancelled(self, name: str = "task") -> None:
        """Waits until the task has seen that it is cancelled."""
        wait_for((self.folder / f"{name}.cancelled").exists, f"the cancellation of {name}")
