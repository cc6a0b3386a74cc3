"""Mattock: with its own SDK, and with Hatchet's."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from ..program import Program
from . import postgres
from .base import System
from .peer import POSTGRES_DURABILITY


class Mattock(System):
    """One engine process on its embedded Postgres, our SDK."""

    name = "mattock"
    title = "Mattock"
    setup = "one engine process on the embedded Postgres, one worker process with 1 000 slots"
    durability = POSTGRES_DURABILITY
    heavy = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server: Program | None = None
        self._env: dict[str, str] = {}

    @classmethod
    def missing(cls) -> str:
        """It is always there."""
        return ""

    @classmethod
    def version(cls) -> str:
        """Engine and store."""
        return f"mattock {metadata.version('mattock')}, {postgres.version()}"

    def start_servers(self) -> dict[str, list[int]]:
        """Starts the engine, which starts Postgres."""
        file = self.folder / "server.env"
        command = [str(Path(sys.executable).with_name("mattock")), "server", "--data-dir", str(self.folder / "data")]
        command += ["--grpc-port", "0", "--http-port", "0", "--env-file", str(file)]
        self._server = Program("server", command, {}, self.folder)
        self._server.wait_for("Mattock is ready")
        self._server.ignore_output()
        self._env = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
        pid, self.database_url = postgres.find(self.folder / "data")
        return {"engine": [self._server.pid], "store": [pid]}

    def stop_servers(self) -> None:
        """Ends the engine, and with it Postgres."""
        if self._server is not None:
            self._server.stop(30.0)
            self._server = None
        # A server that was ended by force leaves it behind.
        with contextlib.suppress(StopIteration, ProcessLookupError, OSError):
            os.kill(postgres.find(self.folder / "data")[0], signal.SIGINT)

    def env(self) -> Mapping[str, str]:
        """What the server says how to reach it."""
        return self._env


class MattockHatchet(Mattock):
    """The same engine, Hatchet's published Python SDK."""

    name = "hatchet"
    title = "Mattock, Hatchet's Python SDK"
    setup = "one engine process on the embedded Postgres, one worker process with 500 slots, Hatchet's SDK unchanged"
    share = 0.1
    heavy = False

    @classmethod
    def version(cls) -> str:
        """Engine, SDK and store."""
        return f"{super().version()}, hatchet-sdk {metadata.version('hatchet-sdk')}"
