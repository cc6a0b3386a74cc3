"""Celery on Redis."""

from __future__ import annotations

from importlib import metadata

from . import redis
from .peer import RedisPeer, package_missing


class Celery(RedisPeer):
    """Two prefork processes, results in Redis."""

    name = "celery"
    title = "Celery + Redis"
    setup = "prefork with 2 processes, prefetch of 100 tasks each, results in Redis"
    share = 0.25

    @classmethod
    def missing(cls) -> str:
        """What is not on this machine."""
        return redis.missing() or package_missing("celery")

    @classmethod
    def version(cls) -> str:
        """Celery and Redis."""
        return f"celery {metadata.version('celery')}, {redis.version()}"
