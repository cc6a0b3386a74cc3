"""Nobody starves: keys with one task each start beside a key with a hundred thousand, and so do tenants.

The rules are the real ones, with windows of their real size and loads from the store; no network, no Postgres.
"""

from __future__ import annotations

import asyncio

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import ConcurrencyDefinition, TaskDefinition, WorkflowDefinition
from mattock_engine.core.message import attempts_of
from mattock_engine.core.record import Need
from mattock_engine.core.round import Round
from mattock_engine.core.status import Strategy
from mattock_engine.core.tenant import Tenant
from mattock_engine.decider import Decider, Entry, Held
from mattock_engine.memory.store import MemoryStore

FLOOD = 100_000
OTHERS = 100
CHUNK = 2_000
MANY = 2**31 - 1
SESSION = "s/1"


def definition(limit: int | None) -> WorkflowDefinition:
    """A workflow whose keys take turns; with no limit of how many run, or one a key, or without keys."""
    limits = () if limit is None else (ConcurrencyDefinition("input.key", limit, Strategy.GROUP_ROUND_ROBIN),)
    return WorkflowDefinition("served", (TaskDefinition("served", "served:served", concurrency=limits),))


class House:
    """A tenant with its store: each round is committed, and what memory lacks is loaded."""

    def __init__(self, limit: int | None, slots: int) -> None:
        self.now = 1_700_000_000.0
        self.store = MemoryStore()
        self.tenant = Tenant("t")
        self.started: list[str] = []
        self.loads = self.numbers = 0
        self.apply(c.PutWorkflow(definition(limit), self.new_id(), self.new_id()))
        self.worker = self.new_id()
        self.apply(c.RegisterWorker(self.worker, "w", ["served:served"], {"default": slots}))

    def new_id(self) -> str:
        self.numbers += 1
        return f"00000000-0000-7000-8000-{self.numbers:012x}"

    def items(self, key: str, count: int) -> list[c.TriggerItem]:
        return [c.TriggerItem(self.new_id(), "served", f'{{"key":"{key}"}}') for _ in range(count)]

    def apply(self, *commands: c.Command) -> None:
        """A round, and the loads that it asks for."""
        round_ = Round()
        for command in commands:
            self.tenant.apply(command, self.now, round_)
        self.finish(round_)

    def finish(self, round_: Round) -> None:
        """Commits a round that was applied, and fills the windows."""
        self.tenant.dispatch(self.now, round_)
        self.commit(round_)
        for refill in self.tenant.refills():
            self.loads += 1
            number = self.tenant.load_begins()
            answer = Round()
            for loaded in self.store.load(Need(refill=[refill])):
                loaded.number = number
                self.tenant.apply(loaded, self.now, answer)
            self.tenant.load_ends(number)
            self.tenant.dispatch(self.now, answer)
            self.commit(answer)

    def commit(self, round_: Round) -> None:
        self.store.commit(round_.records)
        for messages in round_.messages.values():
            self.started += [attempt.task_id for message in messages for attempt in attempts_of(message)]

    def flood(self, key: str) -> None:
        """A hundred thousand queued tasks of one key."""
        items = self.items(key, FLOOD)
        for start in range(0, FLOOD, CHUNK):
            self.apply(c.Trigger(items[start : start + CHUNK]))

    def serve(self, starts: int) -> None:
        """The worker runs what it gets, until so many have started."""
        if not self.tenant.state.workers[self.worker].session:
            self.apply(c.AttachWorker(self.worker, SESSION, []))
        while len(self.started) < starts:
            held = list(self.tenant.state.workers[self.worker].tasks.values())
            assert held, "nothing runs"
            self.now += 0.01
            self.apply(c.ReportTasks([c.TaskReport(t.run_id, c.REPORT_COMPLETED, t.attempt, "{}") for t in held]))


@pytest.mark.parametrize("limit", [MANY, 5], ids=["turns", "limited"])
@pytest.mark.parametrize("taken_over", [False, True], ids=["", "taken-over"])
def test_a_large_key_does_not_delay_small_ones(limit: int, taken_over: bool) -> None:
    house = House(limit, slots=10)
    house.flood("large")
    small = [item for number in range(OTHERS) for item in house.items(f"small-{number}", 1)]
    house.apply(c.Trigger(small))
    if taken_over:
        house.tenant = Tenant("t")
        house.tenant.recover(**house.store.state(), now=house.now)
        house.apply()
    house.serve(2 * OTHERS)
    others = {item.run_id for item in small}
    assert others <= set(house.started[: 2 * OTHERS])
    # And the large one goes on in its order, from the store.
    house.serve(800)
    assert bool(house.loads) == taken_over
    assert [task for task in house.started if task not in others] == sorted(set(house.started) - others)
    assert len(house.tenant.state.tasks) < FLOOD / 2


def test_a_large_tenant_does_not_delay_a_small_one() -> None:
    """Both have one owner, which takes turns: a round of each, however much waits at one of them."""
    large, small = House(None, slots=10), House(None, slots=10)
    large.flood("large")
    asyncio.run(_serve_both(large, small))


async def _serve_both(large: House, small: House) -> None:
    decider = Decider(None, lambda *_: True, lambda _: None)  # type: ignore[arg-type]
    order: list[str] = []
    for house, name in ((large, "large"), (small, "small")):
        decider._held[name] = held = Held(name, 1)
        held.tenant = house.tenant
        held.inbox.append(Entry(c.AttachWorker(house.worker, SESSION, []), None, None, float("inf")))
    # The large one has more to decide at once than a round takes, too.
    for house, name, count in ((large, "large", FLOOD), (small, "small", OTHERS)):
        for start in range(0, count, CHUNK):
            items = house.items(name, min(CHUNK, count - start))
            decider._held[name].inbox.append(Entry(c.Trigger(items), None, None, float("inf")))
    while order.count("small") < OTHERS:
        for held in decider._turn():
            house = {"large": large, "small": small}[held.tenant_id]
            before = len(house.started)
            house.now += 0.01
            part = decider._apply(held, house.now)
            house.finish(part.round)
            order += [held.tenant_id] * (len(house.started) - before)
            running = house.tenant.state.workers[house.worker].tasks.values()
            reports = [c.TaskReport(task.run_id, c.REPORT_COMPLETED, task.attempt, "{}") for task in running]
            held.inbox.appendleft(Entry(c.ReportTasks(reports), None, None, float("inf")))
    assert order[: 2 * OTHERS].count("small") == OTHERS
