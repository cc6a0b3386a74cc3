"""The decider: the commit loop around the state machines of the tenants that this replica owns.

Take everything that is pending, apply it, write it in one transaction, release replies and messages, repeat. Batches
form by themselves while a transaction is on its way; an idle decider commits at once.

If a transaction fails, memory is ahead of the store: the tenants are built anew from the store, and the round's
commands are applied again (they bear repetition; triggers look for runs that exist already). If it was not the
connection that failed but what the round wrote, they are applied one by one, so that only the one at fault is refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from . import telemetry, tracing
from .core.command import (
    CloseSession,
    Command,
    DetachWorker,
    ExpireQueued,
    Loaded,
    PushEvents,
    ReportTasks,
    Tick,
    Trigger,
    Undelivered,
)
from .core.error import Code, Refused
from .core.message import Message, attempts_of
from .core.record import Need
from .core.round import Round
from .core.step import RecordSteps
from .core.tenant import Tenant
from .digest import Digests
from .store import Batch, Fenced, Store, StoreError

logger = logging.getLogger(__name__)

# Items (triggers, reports) that one round takes, so that its transaction stays short.
ROUND_ITEMS = 2000
# Rounds are begun so many seconds apart while workers hold that many attempts, unless that many commands wait.
GATHER_SECONDS = 0.010
GATHER_FROM = 32
GATHER_ITEMS = 64
# Seconds for which a command is kept while the database or the owner is away.
PATIENCE = 20.0
# Seconds between two looks for queued tasks, beyond the windows, whose schedule deadline has passed.
EXPIRY_EVERY = 2.0

# Windows of queues that one load refills.
REFILLS = 32
# Loads that a command may ask for, one after another, before it is applied to what is there.
MAX_LOADS = 8

UNAVAILABLE = Refused(Code.UNAVAILABLE, "the engine cannot reach its database, or is moving: try again")


class Entry:
    """A command on its way through the decider, with who waits for the reply."""

    __slots__ = ("command", "convert", "deadline", "future", "loads", "need")

    def __init__(
        self,
        command: Command,
        future: asyncio.Future[Any] | None,
        convert: Callable[[Any], Any] | None,
        deadline: float,
    ) -> None:
        self.command = command
        self.future = future
        self.convert = convert
        self.deadline = deadline
        self.loads = 0
        self.need: Need | None = None

    def reply(self, value: Any) -> None:
        """Answers whoever waits."""
        if self.future is not None and not self.future.done():
            try:
                self.future.set_result(value if self.convert is None else self.convert(value))
            except Exception as error:
                self.future.set_exception(error)

    def refuse(self, error: Exception) -> None:
        """Answers with an error."""
        if self.future is not None and not self.future.done():
            self.future.set_exception(error)


# Loaded rows, the command that waits for them, who asked, and the load's number.
LoadedItem = tuple[list[Loaded], Entry | None, Tenant, int]


class Held:
    """A tenant that this replica owns.

    Attributes:
        tenant: its state machine; None while it is being built.
        inbox: what is to be applied next, in order.
        careful: how many of the next commands are to be committed one by one.
    """

    __slots__ = ("careful", "epoch", "inbox", "next_expiry", "tenant", "tenant_id")

    def __init__(self, tenant_id: str, epoch: int) -> None:
        self.tenant_id = tenant_id
        self.epoch = epoch
        self.tenant: Tenant | None = None
        self.inbox: deque[Entry | LoadedItem] = deque()
        self.next_expiry = 0.0
        self.careful = 0


class _Taken:
    """What one tenant did in a round."""

    __slots__ = ("entries", "held", "loads", "replies", "round", "tenant")

    def __init__(self, held: Held, tenant: Tenant) -> None:
        self.held = held
        self.tenant = tenant
        self.round = Round()
        # What is to be loaded, begun after the commit: the rows must be read as this round leaves them.
        self.loads: list[tuple[Need, Entry]] = []
        self.entries: list[Entry] = []
        self.replies: list[Any] = []


class Decider:
    """Runs the commit loop.

    Args:
        store: where rounds are committed.
        release: hands messages to a session (tenant, session, messages); False if the session is gone.
        rebuilt: called with a tenant id after its state was built anew.
        clock: the time, seconds since 1970. Here, and only here, time enters the core.
    """

    def __init__(
        self,
        store: Store,
        release: Callable[[str, str, list[Message]], bool],
        rebuilt: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._release = release
        self._rebuilt = rebuilt
        self._clock = clock
        self._now = 0.0
        self._began = 0.0
        # What becomes of commands whose tenant this replica no longer owns; the routing sets it.
        self.hand_on: Callable[[str, Entry], None] = lambda tenant_id, entry: entry.refuse(UNAVAILABLE)
        self._held: dict[str, Held] = {}
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._digests = Digests(self._release, self._onlookers)

    def start(self) -> None:
        """Starts the loop."""
        self._task = asyncio.create_task(self._run(), name="mattock-decider")

    async def stop(self) -> None:
        """Commits what is in the round at hand, then refuses the rest. Harmless twice, and before `start`."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
            self._task = None
        for task in list(self._side_tasks):
            task.cancel()
        self._digests.stop()
        if self._timer is not None:
            self._timer.cancel()
        for tenant_id in list(self._held):
            self.drop(tenant_id)

    def holds(self, tenant_id: str) -> bool:
        """True if this replica owns the tenant."""
        return tenant_id in self._held

    def tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant's state machine, to look at."""
        held = self._held.get(tenant_id)
        return held.tenant if held is not None else None

    def take(self, tenant_id: str, epoch: int) -> None:
        """This replica has become the owner of a tenant: builds its state."""
        held = self._held[tenant_id] = Held(tenant_id, epoch)
        telemetry.taken_over()
        self._spawn(self._build(held))

    def drop(self, tenant_id: str) -> None:
        """This replica is no longer the owner: what waits is handed on, to be sent to the new one."""
        held = self._held.pop(tenant_id, None)
        if held is None:
            return
        for item in held.inbox:
            entry = item if isinstance(item, Entry) else item[1]
            if entry is not None and entry.future is not None and not entry.future.done():
                _mark_repeated(entry.command)
                self.hand_on(tenant_id, entry)

    def submit(
        self,
        tenant_id: str,
        command: Command,
        future: asyncio.Future[Any] | None = None,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        """Queues a command of a tenant that this replica owns; `future` gets the (converted) reply."""
        self._held[tenant_id].inbox.append(Entry(command, future, convert, self._clock() + PATIENCE))
        self._wake.set()

    def replica_gone(self, replica_id: str) -> None:
        """A replica has lost its link: the sessions of its clients are over."""
        prefix = f"{replica_id}/"
        for held in self._held.values():
            if held.tenant is None:
                continue
            state = held.tenant.state
            for worker in state.workers.values():
                if worker.session.startswith(prefix):
                    self.submit(held.tenant_id, DetachWorker(worker.worker_id, worker.session))
            sessions = {session for session in state.watched_by if session.startswith(prefix)}
            listening: list[Iterable[str]] = [*state.listeners.values(), *state.metadata_listeners.values()]
            sessions.update(session for session in state.onlookers if session.startswith(prefix))
            sessions.update(session for each in listening for session in each if session.startswith(prefix))
            for session in sessions:
                self.submit(held.tenant_id, CloseSession(session))

    def _onlookers(self, tenant_id: str) -> Iterable[str]:
        """Sessions that want digests of the tenant."""
        tenant = self.tenant(tenant_id)
        return list(tenant.state.onlookers) if tenant is not None else ()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)

    # ---- the loop ----

    async def _run(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            await self._gather()
            self._wake.clear()
            now = self._advance()
            taken = [self._apply(held, now) for held in self._turn()]
            if not await self._commit(taken):
                continue
            for part in taken:
                self._release_part(part)
            if any(held.inbox and held.tenant is not None for held in self._held.values()):
                self._wake.set()
                await asyncio.sleep(0)
            self._set_timer()

    async def _gather(self) -> None:
        """Under load, lets a little more come together for the round: transactions cost more than what is in them."""
        wait = self._began + GATHER_SECONDS - self._clock()
        if 0 < wait <= GATHER_SECONDS and self._in_flight() >= GATHER_FROM and self._pending() < GATHER_ITEMS:
            await asyncio.sleep(wait)
        self._began = self._clock()

    def _in_flight(self) -> int:
        """Attempts that workers hold."""
        tenants = [held.tenant for held in self._held.values() if held.tenant is not None]
        return sum(len(worker.tasks) for tenant in tenants for worker in tenant.state.workers.values())

    def _pending(self) -> int:
        """Commands that wait."""
        return sum(len(held.inbox) for held in self._held.values())

    def _turn(self) -> list[Held]:
        """The tenants of the next round: all that are ready, or one alone that must be handled with care."""
        ready = [held for held in self._held.values() if held.tenant is not None]
        careful = [held for held in ready if held.careful and held.inbox]
        return careful[:1] or ready

    def _advance(self) -> float:
        self._now = max(self._now, self._clock())
        return self._now

    def _set_timer(self) -> None:
        """Wakes the loop when the next timer of any tenant is due."""
        due = [held.next_expiry for held in self._held.values() if held.tenant is not None and held.next_expiry]
        for held in self._held.values():
            next_due = held.tenant.next_due() if held.tenant is not None else None
            if next_due is not None:
                due.append(next_due)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due:
            delay = max(0.0, min(due) - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake.set)

    def _apply(self, held: Held, now: float) -> _Taken:
        """Applies what is pending for one tenant."""
        tenant = held.tenant
        assert tenant is not None
        part = _Taken(held, tenant)
        next_due = tenant.next_due()
        if next_due is not None and next_due <= now:
            tenant.apply(Tick(), now, part.round)
        budget = ROUND_ITEMS
        if held.careful:
            held.careful -= 1
            budget = 1
        while held.inbox and budget > 0 and not part.round.barrier:
            item = held.inbox.popleft()
            if isinstance(item, Entry):
                budget -= _weight(item.command)
                self._apply_entry(held, tenant, item, now, part)
            else:
                self._apply_loaded(held, tenant, item, now, part)
                budget -= 50
        tenant.dispatch(now, part.round)
        if now >= held.next_expiry:
            self._look_for_expired(held, tenant, now)
        return part

    def _apply_entry(self, held: Held, tenant: Tenant, entry: Entry, now: float, part: _Taken) -> None:
        if entry.deadline < now:
            entry.refuse(UNAVAILABLE)
            return
        need = tenant.missing(entry.command) if entry.loads < MAX_LOADS else None
        if need is not None:
            entry.need = need.with_earlier(entry.need)
            part.loads.append((entry.need, entry))
            return
        entry.loads = 0
        try:
            reply = tenant.apply(entry.command, now, part.round)
        except Refused as refused:
            # Refusals wait for the commit too: they may rest on what this round wrote.
            reply = refused
        except Exception as error:
            about = {"tenant_id": held.tenant_id, "task_id": getattr(entry.command, "task_id", "")}
            logger.exception("a command failed: %s", type(entry.command).__name__, extra=about)
            reply = Refused(Code.INTERNAL, f"internal error: {type(error).__name__}")
        part.entries.append(entry)
        part.replies.append(reply)

    def _apply_loaded(
        self,
        held: Held,
        tenant: Tenant,
        item: LoadedItem,
        now: float,
        part: _Taken,
    ) -> None:
        rows, entry, asked_by, number = item
        if asked_by is tenant:
            for loaded in rows:
                tenant.apply(loaded, now, part.round)
            tenant.load_ends(number)
            if entry is not None:
                # One load may show the need of another, and stale rows are read again; but not for ever.
                entry.loads += 1
        elif entry is not None:
            entry.loads = 0
        if entry is not None:
            self._apply_entry(held, tenant, entry, now, part)

    # ---- loading ----

    def _load(self, held: Held, tenant: Tenant, need: Need, entry: Entry | None) -> None:
        self._spawn(self._fetch(held, tenant, need, entry, tenant.load_begins()))

    async def _fetch(self, held: Held, tenant: Tenant, need: Need, entry: Entry | None, number: int) -> None:
        rows: list[Loaded] | None = None
        while rows is None:
            try:
                rows = await self._store.loader.load(held.tenant_id, need, self._clock())
            except StoreError as error:
                if entry is not None and entry.deadline < self._clock():
                    entry.refuse(UNAVAILABLE)
                    tenant.load_ends(number)
                    return
                if self._held.get(held.tenant_id) is not held or held.tenant is not tenant:
                    break
                logger.warning("loading rows failed, trying again: %s", error, extra={"tenant_id": held.tenant_id})
                await asyncio.sleep(0.2)
        if self._held.get(held.tenant_id) is not held:
            if entry is not None:
                entry.refuse(UNAVAILABLE)
            return
        for loaded in rows or []:
            loaded.number = number
            loaded.asked = need.asked
        held.inbox.append((rows or [], entry, tenant, number))
        self._wake.set()

    def _look_for_expired(self, held: Held, tenant: Tenant, now: float) -> None:
        """Tasks beyond the windows have no timers in memory: the store is asked now and then."""
        if tenant.state.partial:
            held.next_expiry = now + EXPIRY_EVERY
            self._spawn(self._find_expired(held, tenant, now))
        else:
            held.next_expiry = 0.0

    async def _find_expired(self, held: Held, tenant: Tenant, now: float) -> None:
        try:
            rows = await self._store.loader.expired(held.tenant_id, now)
        except StoreError as error:
            logger.warning("looking for expired tasks failed: %s", error, extra={"tenant_id": held.tenant_id})
            return
        if rows and held.tenant is tenant and self._held.get(held.tenant_id) is held:
            self.submit(held.tenant_id, ExpireQueued(rows))

    # ---- commit and release ----

    async def _commit(self, parts: list[_Taken]) -> bool:
        """Writes the rounds. False if that failed, and the tenants are being built anew."""
        seal = self._store.seal
        batches = [
            Batch(part.held.tenant_id, part.held.epoch, part.round.records, seal)
            for part in parts
            if part.round.records
        ]
        if not batches:
            return True
        began = time.perf_counter()
        try:
            await self._store.writer.commit(batches)
        except Fenced as fenced:
            telemetry.commit_failed()
            logger.warning("lost the lease of %s", ", ".join(fenced.tenant_ids))
            self._start_anew(parts, set(fenced.tenant_ids))
            return False
        except StoreError as error:
            telemetry.commit_failed()
            logger.warning("a commit failed, building the state anew: %s", error)
            self._start_anew(parts, set())
            return False
        except Exception:
            telemetry.commit_failed()
            logger.exception("a round could not be written, building the state anew")
            self._single_out(parts)
            self._start_anew(parts, set())
            return False
        telemetry.committed(time.perf_counter() - began)
        for part in parts:
            telemetry.ended(part.held.tenant_id, part.round.records, part.tenant.state.versions)
            if tracing.active is not None:
                tracing.active.ended(part.held.tenant_id, part.round.records, part.tenant.state.versions)
        return True

    def _single_out(self, parts: list[_Taken]) -> None:
        """The database refused what a round wrote: the command at fault is refused, once it is alone in its round."""
        if len(parts) == 1 and len(parts[0].entries) == 1:
            parts[0].entries.pop().refuse(Refused(Code.INTERNAL, "the database refused what this would have written"))
            return
        for part in parts:
            part.held.careful = len(part.entries)

    def _start_anew(self, parts: list[_Taken], lost: set[str]) -> None:
        """Memory is ahead of the store: every tenant is rebuilt (or dropped), and what was applied comes again."""
        for held in list(self._held.values()):
            held.tenant = None
        for part in parts:
            for entry in part.entries:
                _mark_repeated(entry.command)
                entry.loads = 0
            part.held.inbox.extendleft(entry for _, entry in reversed(part.loads))
            part.held.inbox.extendleft(reversed(part.entries))
        for held in list(self._held.values()):
            if held.tenant_id in lost:
                self.drop(held.tenant_id)
            else:
                self._spawn(self._build(held))

    async def _build(self, held: Held) -> None:
        """Builds a tenant's state from the store; keeps trying while this replica owns it."""
        while self._held.get(held.tenant_id) is held and not self._stopping:
            try:
                found = await self._store.loader.load_state(held.tenant_id)
            except StoreError as error:
                about = {"tenant_id": held.tenant_id}
                logger.warning("cannot load the state of tenant %s: %s", held.tenant_id, error, extra=about)
                self._refuse_overdue(held)
                await asyncio.sleep(0.2)
                continue
            tenant = Tenant(held.tenant_id)
            tenant.recover(
                versions=found.versions,
                workers=found.workers,
                rows=found.rows,
                tallies=found.tallies,
                tenant_limits=found.tenant_limits,
                members=found.members,
                rates=found.rates,
                filters=found.filters,
                crons=found.crons,
                active_cron_runs=found.active_cron_runs,
                steps=found.steps,
                claims=found.claims,
                pauses=found.pauses,
                unstarted=found.unstarted,
                sequence=found.sequence,
                now=self._advance(),
            )
            held.tenant = tenant
            self._rebuilt(held.tenant_id)
            self._wake.set()
            return

    def _refuse_overdue(self, held: Held) -> None:
        now = self._clock()
        kept: deque[Any] = deque()
        for item in held.inbox:
            entry = item if isinstance(item, Entry) else item[1]
            if entry is not None and entry.deadline < now:
                entry.refuse(UNAVAILABLE)
            elif entry is not None:
                kept.append(entry)
        held.inbox = kept

    def _release_part(self, part: _Taken) -> None:
        for entry, reply in zip(part.entries, part.replies, strict=True):
            if isinstance(reply, Refused):
                entry.refuse(reply)
            else:
                entry.reply(reply)
        for need, entry in part.loads:
            self._load(part.held, part.tenant, need, entry)
        refills = part.tenant.refills()
        for start in range(0, len(refills), REFILLS):
            self._load(part.held, part.tenant, Need(refill=refills[start : start + REFILLS]), None)
        schedules = part.tenant.schedules_to_load(self._now)
        if schedules is not None:
            self._load(part.held, part.tenant, Need(schedules=schedules), None)
        for command in part.round.followups:
            if self._held.get(part.held.tenant_id) is part.held:
                self.submit(part.held.tenant_id, command)
        if part.tenant.state.onlookers:
            self._digests.add(part.held.tenant_id, part.round.records)
        for session_id, messages in part.round.messages.items():
            if not self._release(part.held.tenant_id, session_id, messages):
                self._return_assignments(part.held, messages)

    def _return_assignments(self, held: Held, messages: list[Message]) -> None:
        """The session is gone: what was assigned through it goes to others."""
        if self._held.get(held.tenant_id) is not held:
            return
        for message in messages:
            for attempt in attempts_of(message):
                self.submit(held.tenant_id, Undelivered(attempt.task_id, attempt.attempt))


def _weight(command: Command) -> int:
    if isinstance(command, Trigger):
        return len(command.items)
    if isinstance(command, PushEvents):
        return len(command.events)
    if isinstance(command, ReportTasks):
        return len(command.reports)
    if isinstance(command, RecordSteps):
        return len(command.steps)
    return 1


def _mark_repeated(command: Command) -> None:
    """A command that may have been committed already, unknown to us."""
    if isinstance(command, Trigger):
        for item in command.items:
            item.again = True
    elif isinstance(command, PushEvents):
        command.again = True
