"""Servers as real processes: started as a person starts them, watched through what they print."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mattock_engine.store.embedded import EmbeddedPostgres

READY = "Mattock is ready"
WAIT_SECONDS = 60.0


class ServerProcess:
    """A `mattock server` process.

    Attributes:
        lines: what it has printed on standard output so far.
        errors: what it has printed on standard error so far.
    """

    def __init__(self, arguments: list[str], cwd: Path, env: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._errors: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mattock_engine", *arguments],
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._read_out, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))
            self._errors.put(line.rstrip("\n"))
        self._errors.put(None)

    def wait_for_error(self, text: str) -> str:
        """Waits until a line with this text is printed on standard error."""
        while True:
            line = self._errors.get(timeout=WAIT_SECONDS)
            if line is None:
                raise AssertionError(f"the server ended with {self.wait()}: {self.errors}")
            if text in line:
                return line

    def wait_for_line(self, start: str) -> str:
        """Waits until a line that starts so is printed."""
        while True:
            line = self._queue.get(timeout=WAIT_SECONDS)
            if line is None:
                raise AssertionError(f"the server ended with {self.wait()}: {self.errors}")
            if line.startswith(start):
                return line

    def wait(self) -> int:
        """Waits for its end; the exit code."""
        code = self.process.wait(WAIT_SECONDS)
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
        return code

    def stop(self) -> int:
        """Stops it in an orderly way; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()


class ServerFactory:
    """Starts servers in a folder of the test's own, and ends all of them with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[ServerProcess] = []

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def start(self, *arguments: str, env: dict[str, str] | None = None, ports: bool = True) -> ServerProcess:
        """Starts one on free ports and the test's data directory, unless told otherwise."""
        given = list(arguments)
        if ports:
            given += [item for flag in ("--grpc-port", "--http-port") if flag not in given for item in (flag, "0")]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
        clean.setdefault("XDG_DATA_HOME", str(self.folder / "home"))
        clean["MATTOCK_DATA_DIR"] = str(self.data_dir)
        server = ServerProcess(given, self.folder, {**clean, **(env or {})})
        self._started.append(server)
        return server

    def start_ready(self, *arguments: str, env: dict[str, str] | None = None, ports: bool = True) -> ServerProcess:
        """Starts one and waits until it is ready."""
        server = self.start(*arguments, env=env, ports=ports)
        server.wait_for_line(READY)
        return server

    def close(self) -> None:
        for server in self._started:
            if server.process.poll() is None:
                server.process.terminate()
        for server in self._started:
            try:
                server.wait()
            except subprocess.TimeoutExpired:
                server.process.kill()


@pytest.fixture
def cluster_folder() -> Iterator[Path]:
    """A folder for a Postgres. Not `tmp_path`: each start of pytest closes the folder above it to other users, and a
    Postgres that root starts runs as one of them."""
    with tempfile.TemporaryDirectory(prefix="mattock-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def servers(cluster_folder: Path) -> Iterator[ServerFactory]:
    """Starts servers; see `ServerFactory`."""
    factory = ServerFactory(cluster_folder)
    yield factory
    factory.close()


@pytest.fixture
def postgres_url(cluster_folder: Path) -> Iterator[str]:
    """The URL of a Postgres with nothing in it."""
    postgres = EmbeddedPostgres(cluster_folder / "postgres")
    yield postgres.start()
    postgres.stop()


def read_env(path: Path) -> dict[str, str]:
    """The variables of an env file."""
    return dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines())
