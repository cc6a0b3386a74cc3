"""The workloads of the benchmark, one a module."""

from __future__ import annotations

from .backlog import Backlog
from .base import Figure, Target, Workload
from .dag import Dag
from .fan import Fan
from .held import Held
from .history import History
from .idle import Idle
from .latency import Latency
from .payload import Payload
from .throughput import Throughput

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (Throughput(), Latency(), Fan(), Dag(), Payload(), Idle(), Backlog(), History(), Held())
}

__all__ = ["WORKLOADS", "Figure", "Target", "Workload"]
