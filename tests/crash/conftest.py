"""Servers with workers, and what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .process import ServerProcess, WorkerProcess


class Accident:
    """What can happen to a server and its worker."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.workers = [self._worker()]
        self._turns = iter(range(1_000_000))

    def _worker(self) -> WorkerProcess:
        return WorkerProcess(self.server.environment, self.server.folder / "worker.log")

    def engine(self) -> None:
        """Killed, and started again."""
        self.server.kill()
        self.server.start()

    def postgres(self) -> None:
        """Killed; the server sees to it."""
        self.server.kill_postgres()

    def worker(self) -> None:
        """Killed; another one comes."""
        self.workers[-1].kill()
        self.workers.append(self._worker())

    def replica(self) -> None:
        """One of them is killed, in turn; the server starts another."""
        self.server.kill_replica(next(self._turns))

    def close(self) -> None:
        self.workers[-1].kill()


@pytest.fixture(params=[("engine", 1), ("postgres", 1), ("worker", 1), ("replica", 2)], ids=lambda param: param[0])
def accident(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServerProcess, Callable[[], None]]]:
    """A server with a worker, and what happens to it."""
    kind, processes = request.param
    server = ServerProcess(tmp_path, processes)
    server.start()
    accidents = Accident(server)
    yield server, getattr(accidents, kind)
    accidents.close()
    server.stop()
