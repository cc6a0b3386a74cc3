"""What the Python peers have in common, by their store."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata, util
from typing import ClassVar

from . import postgres, redis
from .base import System
from .postgres import Postgres
from .redis import Redis

REDIS_DURABILITY = "a crash of Redis loses what came after the last snapshot (Debian's default: no append-only file)"
POSTGRES_DURABILITY = "on disk before it is acknowledged"


def package_missing(module: str) -> str:
    """How to get a Python package; "" if it is there."""
    return "" if util.find_spec(module) else f"the package {module} is not installed: uv sync --group bench"


class PostgresPeer(System):
    """A Python library over Postgres: it has no server of its own.

    Attributes:
        package: the distribution's name, and the module's.
    """

    package: ClassVar[str]
    durability = POSTGRES_DURABILITY

    @classmethod
    def missing(cls) -> str:
        """What is not on this machine."""
        return package_missing(cls.package)

    @classmethod
    def version(cls) -> str:
        """Library and store."""
        return f"{cls.package} {metadata.version(cls.package)}, {postgres.version()}"

    def start_servers(self) -> dict[str, list[int]]:
        """Starts Postgres."""
        self._postgres = Postgres(self.folder / "postgres")
        roots = self._postgres.start()
        self.database_url = self._postgres.url
        return {"engine": [], "store": roots}

    def stop_servers(self) -> None:
        """Ends it."""
        if hasattr(self, "_postgres"):
            self._postgres.stop()

    def env(self) -> Mapping[str, str]:
        """Where Postgres is."""
        return {"BENCH_DATABASE_URL": self.database_url}


class RedisPeer(System):
    """A library over Redis: it has no server of its own."""

    durability = REDIS_DURABILITY

    @classmethod
    def missing(cls) -> str:
        """What is not on this machine."""
        return redis.missing()

    def start_servers(self) -> dict[str, list[int]]:
        """Starts Redis."""
        self._redis = Redis(self.folder)
        return {"engine": [], "store": self._redis.start()}

    def stop_servers(self) -> None:
        """Ends it."""
        if hasattr(self, "_redis"):
            self._redis.stop()

    def env(self) -> Mapping[str, str]:
        """Where Redis is."""
        return {"BENCH_REDIS_URL": self._redis.url, "BENCH_REDIS_PORT": str(self._redis.port)}
