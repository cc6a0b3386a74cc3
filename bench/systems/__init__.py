"""The systems of the benchmark, one a module."""

from __future__ import annotations

from .base import System
from .bullmq import BullMQ
from .celery import Celery
from .dbos import Dbos
from .mattock import Mattock, MattockHatchet
from .procrastinate import Procrastinate

SYSTEMS: dict[str, type[System]] = {
    system.name: system for system in (Mattock, MattockHatchet, Celery, Procrastinate, Dbos, BullMQ)
}

__all__ = ["SYSTEMS", "System"]
