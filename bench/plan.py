"""How much of everything: the sizes of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Sizes of the workloads.

    Attributes:
        rounds: rounds of the short workloads; the long ones have one.
        count: no-op tasks of one measurement of the throughput.
        rates: triggers a second of the latency measurements.
        latency_seconds: how long each of those takes.
        children: children of the fan-out.
        fans: how many fan-outs are timed, one after the other.
        dags: how many DAG runs are timed, one after the other.
        dags_together: how many are then started at once.
        payload_bytes: size of a large payload.
        payload_count: tasks with one.
        backlog: queued tasks of the backlog, Mattock.
        peer_backlog: the same for those that would need hours for it.
        drain_seconds: the drain is watched for so long at most.
        history: finished runs in the history.
        lists: finished runs in the history whose lists are timed.
        held_seconds: seconds of load beside a transaction that is held open.
        idle_seconds: seconds over which idleness is measured.
        schedules: schedules that are not due.
        durable: durable tasks that record steps at once.
        durable_children: children of one durable parent.
        asleep: durable tasks that sleep.
        in_flight: runs that are queued while dashboards are open.
        watched_seconds: seconds of load with and without dashboards, each time.
        frames_seconds: seconds over which the frames of a page are looked at.
        quick: a look, not a measurement: sizes are small.
    """

    rounds: int = 3
    count: int = 20_000
    rates: tuple[int, ...] = (50, 500)
    latency_seconds: float = 10.0
    children: int = 1_000
    fans: int = 5
    dags: int = 50
    dags_together: int = 200
    payload_bytes: int = 64 * 1024
    payload_count: int = 2_000
    backlog: int = 1_000_000
    peer_backlog: int = 50_000
    drain_seconds: float = 300.0
    history: int = 5_000_000
    lists: int = 10_000_000
    held_seconds: float = 300.0
    idle_seconds: float = 30.0
    schedules: int = 1_000_000
    durable: int = 400
    durable_children: int = 10_000
    asleep: int = 100_000
    in_flight: int = 10_000
    watched_seconds: float = 20.0
    frames_seconds: float = 30.0
    quick: bool = False


QUICK = Plan(
    rounds=1,
    count=2_000,
    latency_seconds=3.0,
    fans=2,
    dags=10,
    dags_together=20,
    payload_count=200,
    backlog=50_000,
    peer_backlog=5_000,
    drain_seconds=20.0,
    history=100_000,
    lists=50_000,
    held_seconds=15.0,
    idle_seconds=5.0,
    schedules=20_000,
    durable=40,
    durable_children=1_000,
    asleep=2_000,
    watched_seconds=6.0,
    frames_seconds=20.0,
    quick=True,
)
