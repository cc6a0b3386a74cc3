"""What every system of the benchmark is: servers, one worker process, one client process."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..program import Program
from ..tally import TALLY_ENV, total
from ..usage import cpu_seconds, memory_mib

# Which tasks a worker serves: those of the queue of the measurements, the parked ones, or both.
SERVE_ENV = "BENCH_SERVE"
FOLDER_ENV = "BENCH_FOLDER"
READY = "READY"
# One request to the client may take so long, unless it is known to take longer.
LIMIT_SECONDS = 600.0
LONG_LIMIT_SECONDS = 7200.0
_WARM_SECONDS = 60.0


class System(ABC):
    """One system, made for one measurement and thrown away after it.

    Attributes:
        name: as on the command line.
        title: as in the tables.
        language: what its client and worker are written in: "python" or "node".
        setup: how its worker and its store are set up, for the reader.
        durability: what of an acknowledged task survives a crash, for the reader.
        share: part of the tasks of the throughput measurement that it is given, so that slow ones end in time.
        heavy: it gets the whole backlog; others get the peers'.
        absent: the workloads that it cannot do, and why.
        round_trip: its client can await results.
        folder: its temporary folder.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    language: ClassVar[str] = "python"
    setup: ClassVar[str]
    durability: ClassVar[str]
    share: ClassVar[float] = 1.0
    heavy: ClassVar[bool] = False
    absent: ClassVar[Mapping[str, str]] = {}
    round_trip: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tally = folder / "tally"
        self._worker: Program | None = None
        self._client: Program | None = None
        self._roots: dict[str, list[int]] = {}
        # Where its tables are; "" if it has none.
        self.database_url = ""

    # ---- what a system defines

    @classmethod
    @abstractmethod
    def missing(cls) -> str:
        """What of its software is not on this machine, and how to get it; "" if all is there."""

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Its version and its store's."""

    @abstractmethod
    def start_servers(self) -> dict[str, list[int]]:
        """Starts engine and store.

        Returns:
            Their processes: "engine" and "store"; "engine" is empty if it has none.
        """

    @abstractmethod
    def stop_servers(self) -> None:
        """Ends them; harmless twice, and when they have not started."""

    @abstractmethod
    def env(self) -> Mapping[str, str]:
        """Variables by which client and worker find the servers."""

    def worker_command(self) -> Sequence[str]:
        """The worker program."""
        return [sys.executable, "-m", f"bench.workers.{self.name}"]

    def client_command(self) -> Sequence[str]:
        """The client program."""
        return [sys.executable, "-m", "bench.client", self.name]

    # ---- what they have in common

    def start(self) -> None:
        """Starts everything, and runs a few tasks, so that it is warm."""
        self._tally.mkdir(parents=True)
        self._tally.chmod(0o777)
        self._roots = self.start_servers()
        self.start_worker("main,parked")
        self._client = Program("client", self.client_command(), self._variables(), self.folder)
        self._client.wait_for(READY)
        self._roots["client"] = [self._client.pid]
        self.stop_worker()
        self.start_worker("main")
        self.call("burst", _WARM_SECONDS, count=200, payload_bytes=0)

    def start_worker(self, serve: str) -> None:
        """Starts the worker process for some queues: "main", "parked"."""
        self._worker = Program("worker", self.worker_command(), {**self._variables(), SERVE_ENV: serve}, self.folder)
        self._worker.wait_for(READY)
        self._worker.ignore_output()
        self._roots["worker"] = [self._worker.pid]

    def stop_worker(self) -> None:
        """Ends the worker process."""
        self._roots.pop("worker", None)
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def stop(self) -> None:
        """Ends everything. Harmless twice."""
        if self._client is not None:
            self._client.stop(5.0)
            self._client = None
        self.stop_worker()
        self.stop_servers()

    def call(self, operation: str, limit: float = LIMIT_SECONDS, **arguments: Any) -> dict[str, Any]:
        """Has the client do something; see `bench.client` for what there is."""
        assert self._client is not None
        return self._client.call(operation, limit, **arguments)

    def burst(self, count: int, payload_bytes: int = 0) -> float:
        """Triggers no-op tasks (with a payload: ones that return it), awaits all results, and returns the seconds."""
        return float(self.call("burst", count=count, payload_bytes=payload_bytes)["seconds"])

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far: of "server" (engine and store), "engine", "store", "client" and "worker"."""
        found = cpu_seconds(self._roots)
        found["server"] = found.get("engine", 0.0) + found.get("store", 0.0)
        return found

    def memory(self) -> dict[str, float]:
        """Resident MiB now, by the same groups."""
        return memory_mib(self._roots)

    def make_crons(self, count: int) -> None:
        """Makes so many crons, none of which is due soon."""
        self.call("crons", count=count)

    def counted(self) -> int:
        """How many parked tasks have begun."""
        return total(self._tally)

    def await_counted(self, count: int, seconds: float) -> tuple[int, float]:
        """Waits until so many parked tasks have begun, or the time is up.

        Returns:
            How many have, and after how many seconds.
        """
        began = time.perf_counter()
        while True:
            done, now = self.counted(), time.perf_counter() - began
            if done >= count or now >= seconds:
                return done, now
            time.sleep(0.02)

    def _variables(self) -> dict[str, str]:
        return {TALLY_ENV: str(self._tally), FOLDER_ENV: str(self.folder), **self.env()}

    def __enter__(self) -> System:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
