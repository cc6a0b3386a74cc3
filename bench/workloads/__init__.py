"""The workloads of the benchmark, one a module."""

from __future__ import annotations

from .backlog import Backlog
from .base import Figure, Target, Workload
from .dag import Dag
from .durable import Durable
from .fan import Fan
from .flow import Flow
from .held import Held
from .history import History
from .idle import Idle
from .latency import Latency
from .lists import Lists
from .payload import Payload
from .schedule import Schedule
from .throughput import Throughput
from .watched import Watched

_ALL: tuple[Workload, ...] = (
    *(Throughput(), Latency(), Fan(), Dag(), Payload()),
    *(Flow(), Durable(), Idle(), Schedule(), Backlog(), History(), Held(), Lists(), Watched()),
)
WORKLOADS: dict[str, Workload] = {workload.name: workload for workload in _ALL}

__all__ = ["WORKLOADS", "Figure", "Target", "Workload"]
