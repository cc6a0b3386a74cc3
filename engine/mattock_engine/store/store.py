"""The store's door: commits, loads, leases, tenants and tokens."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
import msgspec

from ..core.claim import NEWEST
from ..core.command import (
    ClaimRow,
    CronRow,
    EnqueuedRow,
    EventItem,
    Extra,
    FilterRow,
    Loaded,
    PauseRow,
    RunRow,
    ScheduleRow,
    StepRow,
    TenantLimits,
    WorkerRow,
    WorkflowRow,
)
from ..core.definition import ConditionDefinition, WorkflowDefinition
from ..core.limit import RateRow
from ..core.record import Need
from ..core.status import Kind
from ..core.tally import Tally
from .batch import Batch
from .cipher import Cipher
from .error import DOWN, DatabaseDown, Fenced, translated
from .grouping import GROUPINGS
from .keyring import KeyRing
from .migration import Connection, migrate
from .rotation import register_keys
from .search import search
from .state import TenantState
from .statement import statement, statements

logger = logging.getLogger(__name__)

_FENCED = "MT001"
_ROW_FIELDS = RunRow.__struct_fields__
# Every statement of the writer finds its rows by key (`= any (ids)`) and joins the new values by hash, whatever the
# planner thinks of a table that was empty once.
_WRITER_SETTINGS = {
    "enable_seqscan": "off",
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "application_name": "mattock-writer",
}
_READER_SETTINGS = {"jit": "off", "application_name": "mattock"}
_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_CONNECT_SECONDS = 5.0
# Log-ins that failed so long ago count no more.
FAILURE_SECONDS = 3600.0


class Store:
    """An open store. Make it with `open`."""

    def __init__(self, url: str, pool: asyncpg.Pool) -> None:
        self.url = url
        self.pool = pool
        self._cipher: Cipher | None = None
        self._writer: asyncpg.Connection | None = None
        self._listener: asyncpg.Connection | None = None
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, pool_size: int = 6, migrate_schema: bool = True) -> Store:
        """Connects, and brings the schema up to date.

        Args:
            url: a Postgres URL.
            pool_size: connections for reads, beside the writer's own.
            migrate_schema: False leaves the schema as it is (another process has migrated).

        Raises:
            DatabaseDown: the database cannot be reached.
            SchemaError: it is too old, or its schema is not one that this engine can use.
        """
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=pool_size, server_settings=_READER_SETTINGS, timeout=_CONNECT_SECONDS
            )
        except (ValueError, asyncpg.PostgresError, *DOWN) as error:
            raise DatabaseDown(f"the database cannot be reached: {error or type(error).__name__}") from error
        store = cls(url, pool)
        if migrate_schema:
            try:
                async with pool.acquire() as connection:
                    await migrate(connection)
                await store.add_partitions()
            except BaseException:
                await store.close()
                raise
        return store

    async def close(self) -> None:
        """Closes all connections. Harmless twice."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
        for connection in (self._writer, self._listener):
            if connection is not None and not connection.is_closed():
                connection.terminate()
        self._writer = self._listener = None
        self.pool.terminate()

    # ---- encryption ----

    async def use_keys(self, ring: KeyRing | None) -> None:
        """Encrypts payloads from now on, and decrypts those that are encrypted.

        Args:
            ring: None if nothing is to be encrypted.

        Raises:
            KeyRingInvalid: a key is missing by which something in the database is encrypted.
        """
        await register_keys(self, ring)
        self._cipher = None if ring is None else Cipher(ring)

    @property
    def cipher(self) -> Cipher | None:
        """What encrypts payloads, None if nothing does."""
        return self._cipher

    @property
    def seal(self) -> Callable[[str], str] | None:
        """Encrypts a payload; None if they are not encrypted."""
        return None if self._cipher is None else self._cipher.seal

    async def sealing(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/sealing.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("sealing", name, *arguments)

    async def retention(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/retention.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("retention", name, *arguments)

    async def connect(self) -> asyncpg.Connection:
        """A connection of one's own; close it.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        async with translated():
            return await asyncpg.connect(self.url, server_settings=_READER_SETTINGS, timeout=_CONNECT_SECONDS)

    async def _fetch(self, connection: Connection, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        return self._opened(await connection.fetch(sql, *arguments))

    def _opened(self, records: list[asyncpg.Record]) -> list[asyncpg.Record]:
        return records if self._cipher is None else self._cipher.open_records(records)

    # ---- writing ----

    async def commit(self, batches: list[Batch]) -> None:
        """Writes rounds of some tenants in one transaction.

        Raises:
            Fenced: the lease of a tenant is lost; nothing was written.
            DatabaseDown: the connection broke; what was being written may stand or not.
        """
        async with translated():
            writer = await self._writer_connection()
            try:
                if len(batches) == 1 and not batches[0].rare:
                    await self._write(writer, batches[0])
                else:
                    async with writer.transaction():
                        for batch in batches:
                            await self._write(writer, batch)
            except asyncpg.PostgresError as error:
                if error.sqlstate == _FENCED:
                    raise Fenced([batch.tenant_id for batch in batches if batch.tenant_id in str(error)]) from error
                raise
            except BaseException:
                # Broken or cut off in the middle: its state is unknown.
                writer.terminate()
                raise

    async def _write(self, writer: asyncpg.Connection, batch: Batch) -> None:
        await writer.fetchval(statement("write", "commit"), batch.tenant_id, batch.epoch, *batch.hot)
        for name, arguments in batch.rare:
            await writer.execute(statement("write", name), batch.tenant_id, *arguments)

    async def _writer_connection(self) -> asyncpg.Connection:
        if self._writer is None or self._writer.is_closed():
            self._writer = await asyncpg.connect(
                self.url, server_settings=_WRITER_SETTINGS, timeout=_CONNECT_SECONDS, statement_cache_size=100
            )
        return self._writer

    # ---- loading for the core ----

    async def load(self, tenant_id: str, need: Need, now: float) -> list[Loaded]:
        """Loads what a command needs, as one snapshot: a `Loaded` for the ids, and one for each queue."""
        async with translated(), self.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            answers = [await self._refill(connection, tenant_id, *refill) for refill in need.refill]
            if need.schedules is not None:
                answers.append(await self._load_schedules(connection, tenant_id, *need.schedules))
            if need.ids or need.tree or need.children_of:
                answers.append(await self._load_ids(connection, tenant_id, need))
            if need.steps:
                answers.append(await self._load_steps(connection, tenant_id, need.steps))
            if need.claims:
                answers.append(await self._load_claims(connection, tenant_id, need.claims, now))
            if need.oldest:
                rows = await connection.fetch(_load("load_oldest"), tenant_id, need.oldest)
                answers.append(Loaded(oldest=[row["run_id"] for row in rows]))
            if need.events:
                answers.append(await self._load_past_events(connection, tenant_id, need.events))
            return answers

    async def _load_ids(self, connection: Connection, tenant_id: str, need: Need) -> Loaded:
        ids = [run_id for run_id in (*need.ids, *need.tree) if _is_uuid(run_id)]
        roots = [row[0] for row in await self._fetch(connection, _load("load_roots"), tenant_id, ids)] if ids else []
        if need.tree and roots:
            roots = [row[0] for row in await self._fetch(connection, _load("load_below"), tenant_id, roots)]
        children: dict[str, dict[str, str]] = {}
        parents = [parent for parent in need.children_of if _is_uuid(parent)]
        if parents:
            known = await self._fetch(connection, _load("load_roots"), tenant_id, parents)
            if known:
                children = {parent: {} for parent in parents}
                for row in await self._fetch(connection, _load("load_children"), tenant_id, parents):
                    children[row["parent"]][row["child_key"]] = row["run_id"]
        return Loaded(
            rows=await self._rows(connection, _load("load_unfinished"), tenant_id, roots) if roots else [],
            finished=await self._rows(connection, _load("load_finished"), tenant_id, roots) if roots else [],
            children=children,
        )

    async def _load_steps(self, connection: Connection, tenant_id: str, task_ids: list[str]) -> Loaded:
        found: dict[str, list[StepRow]] = {task_id: [] for task_id in task_ids}
        ids = [task_id for task_id in task_ids if _is_uuid(task_id)]
        for record in await self._fetch(connection, _load("load_steps"), tenant_id, ids):
            found[record["task_id"]].append(to_step(record))
        return Loaded(steps=found)

    async def _load_claims(self, connection: Connection, tenant_id: str, keys: list[str], now: float) -> Loaded:
        claims: dict[str, ClaimRow | None] = dict.fromkeys(keys)
        for record in await self._fetch(connection, _load("load_claims"), tenant_id, keys, now):
            claims[record["key"]] = ClaimRow(**dict(record))
        return Loaded(claims=claims)

    async def _load_past_events(
        self, connection: Connection, tenant_id: str, wanted: list[tuple[str, str, float]]
    ) -> Loaded:
        events: dict[str, EventItem] = {}
        for key, scope, since in wanted:
            for record in await self._fetch(connection, _load("load_past_events"), tenant_id, key, scope, since):
                events[record["event_id"]] = EventItem(**dict(record))
        return Loaded(events=sorted(events.values(), key=lambda event: event.event_id))

    async def _load_schedules(
        self, connection: Connection, tenant_id: str, at: float, schedule_id: str, until: float, limit: int
    ) -> Loaded:
        after = schedule_id or _FIRST_ID
        rows = await self._fetch(connection, _load("load_schedules"), tenant_id, at, after, until, limit)
        schedules = [ScheduleRow(**dict(row)) for row in rows]
        last = (schedules[-1].at, schedules[-1].schedule_id) if len(schedules) == limit else (until, _LAST_ID)
        return Loaded(schedules=schedules, schedules_until=last)

    async def _refill(self, connection: Connection, tenant_id: str, queue_id: int, after: int, limit: int) -> Loaded:
        rows = await self._rows(connection, _load("load_queue"), tenant_id, queue_id, after, limit)
        complete = len(rows) < limit
        return Loaded(rows=await self._with_families(connection, tenant_id, rows), queue=(queue_id, complete))

    async def _with_families(self, connection: Connection, tenant_id: str, rows: list[RunRow]) -> list[RunRow]:
        """Adds the DAG runs of the tasks among the rows, with all their tasks."""
        roots = list({row.root_id or row.run_id for row in rows if row.kind != Kind.STANDALONE})
        if not roots:
            return rows
        family = await self._rows(connection, _load("load_unfinished"), tenant_id, roots)
        ids = {row.run_id for row in family}
        return [*family, *(row for row in rows if row.run_id not in ids)]

    async def _rows(self, connection: Connection, sql: str, *arguments: Any) -> list[RunRow]:
        return [to_row(record) for record in await self._fetch(connection, sql, *arguments)]

    async def load_state(self, tenant_id: str) -> TenantState:
        """What a take-over needs; the waiting tasks themselves are loaded queue by queue, later."""
        async with translated(), self.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            active = await self._rows(connection, _load("load_active"), tenant_id)
            crons = await self._fetch(connection, _load("load_crons"), tenant_id)
            versions = [_version(row) for row in await self._fetch(connection, _load("load_versions"), tenant_id)]
            newest = await self._fetch(connection, _load("load_newest_claims"), tenant_id, NEWEST)
            capped = [version.workflow_id for version in versions if version.definition.queue_limit is not None]
            cancelling = [version.version_id for version in versions if version.definition.cancels]
            return TenantState(
                versions=versions,
                workers=[_worker(row) for row in await self._fetch(connection, _load("load_workers"), tenant_id)],
                rows=await self._with_families(connection, tenant_id, active),
                tallies=[Tally(**dict(row)) for row in await self._fetch(connection, _load("load_tallies"), tenant_id)],
                tenant_limits=[
                    TenantLimits(**dict(row)) for row in await self._fetch(connection, _load("load_limits"), tenant_id)
                ],
                members=await self._rows(connection, _load("load_members"), tenant_id, cancelling),
                crons=[_cron(row) for row in crons],
                active_cron_runs=[row["last_run_id"] for row in crons if row["active"]],
                steps=[to_step(row) for row in await self._fetch(connection, _load("load_open_steps"), tenant_id)],
                pauses=[
                    PauseRow(**dict(row)) for row in await self._fetch(connection, _load("load_pauses"), tenant_id)
                ],
                claims=[ClaimRow(**dict(row)) for row in newest],
                filters=[
                    FilterRow(**dict(row)) for row in await self._fetch(connection, _load("load_filters"), tenant_id)
                ],
                rates=[RateRow(**dict(row)) for row in await self._fetch(connection, _load("load_rates"), tenant_id)],
                unstarted=[
                    tuple(row) for row in await self._fetch(connection, _load("load_unstarted"), tenant_id, capped)
                ],
                sequence=0,
            )

    async def expired(self, tenant_id: str, now: float, limit: int = 1000) -> list[RunRow]:
        """Queued tasks whose schedule deadline has passed."""
        async with translated(), self.pool.acquire() as connection:
            return await self._rows(connection, _load("load_expired"), tenant_id, now, limit)

    async def run_with_tasks(self, tenant_id: str, run_id: str) -> list[RunRow]:
        """All rows of the run that has this id, or a task with it; empty if there is none."""
        async with translated(), self.pool.acquire() as connection:
            roots = [row[0] for row in await self._fetch(connection, _load("load_roots"), tenant_id, [run_id])]
            if not roots:
                return []
            rows = await self._rows(connection, _load("load_unfinished"), tenant_id, roots)
            # It may have moved to the history between the two reads.
            return rows or await self._rows(connection, _load("load_finished"), tenant_id, roots)

    async def steps(self, tenant_id: str, task_id: str) -> list[StepRow]:
        """What a durable task has recorded, by branch and node."""
        async with translated(), self.pool.acquire() as connection:
            return [to_step(each) for each in await self._fetch(connection, _load("load_steps"), tenant_id, [task_id])]

    async def enqueued(self, tenant_id: str, limit: int) -> list[EnqueuedRow]:
        """The first runs that users enqueued in transactions of their own, in order."""
        rows = await self._execute("load", "load_enqueued", tenant_id, limit)
        return [EnqueuedRow(**dict(row)) for row in rows]

    async def tenants_with_enqueued(self) -> list[str]:
        """Tenants for which runs are enqueued."""
        return [row["tenant_id"] for row in await self._execute("load", "load_enqueued_tenants")]

    async def webhook(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/webhook.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("webhook", name, *arguments)

    async def once(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/once.sql`: keys of requests.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return self._opened(await self._execute("once", name, *arguments))

    async def people(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/people.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("people", name, *arguments)

    async def alert(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/alert.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return self._opened(await self._execute("alert", name, *arguments))

    async def read(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/read.sql`, for those who look at runs, workflows and workers.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        if self._cipher is None:
            return await self._execute("read", name, *arguments)
        cipher = self._cipher

        async def run(statement: str, *changed: Any) -> list[asyncpg.Record]:
            return cipher.open_records(await self._execute("read", statement, *changed))

        # The database cannot look into what is sealed.
        if name in GROUPINGS:
            return await GROUPINGS[name](run, *arguments)
        return await search(name, arguments, partial(run, name))

    async def change(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/history.sql`: marks on what has ended, about which nobody decides.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("history", name, *arguments)

    async def observe(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/observation.sql`.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._execute("observation", name, *arguments)

    # ---- the cluster ----

    async def _execute(self, topic: str, name: str, *arguments: Any) -> list[asyncpg.Record]:
        async with translated():
            return list(await self.pool.fetch(statements(topic)[name], *arguments))

    async def join(self, replica_id: str, address: str) -> None:
        """A replica joins under its address for peers."""
        await self._execute("cluster", "join", replica_id, address)

    async def beat(self, replica_id: str) -> None:
        """A replica lives."""
        await self._execute("cluster", "beat", replica_id)

    async def leave(self, replica_id: str) -> None:
        """A replica leaves."""
        await self._execute("cluster", "leave", replica_id)

    async def acquire(self, replica_id: str, tenant_ids: list[str] | None, ttl: float) -> list[tuple[str, int]]:
        """Takes tenants that nobody owns, its fair share of them; returns them with their new epochs."""
        free = [row["tenant_id"] for row in await self._execute("cluster", "free_tenants")]
        if tenant_ids is not None:
            free = [tenant_id for tenant_id in free if tenant_id in tenant_ids]
        if not free:
            return []
        replicas = (await self._execute("cluster", "live_replicas"))[0][0] or 1
        share = -(-len(free) // replicas)
        rows = await self._execute("cluster", "acquire", replica_id, free[:share], ttl)
        return [(row["tenant_id"], row["epoch"]) for row in rows]

    async def renew(self, replica_id: str, ttl: float) -> list[str]:
        """Renews a replica's leases; returns the tenants that it still owns."""
        return [row["tenant_id"] for row in await self._execute("cluster", "renew", replica_id, ttl)]

    async def release(self, replica_id: str) -> None:
        """Gives all leases of a replica back."""
        await self._execute("cluster", "release", replica_id)

    async def owners(self) -> dict[str, tuple[str, str]]:
        """For each owned tenant: the replica and its address."""
        return {
            row["tenant_id"]: (row["replica_id"], row["address"]) for row in await self._execute("cluster", "owners")
        }

    async def use_code(self, code_hash: bytes, until: float) -> bool:
        """Notes that a log-in link was used; False if it was before."""
        return bool(await self._execute("access", "use_code", code_hash, until))

    async def cluster_secret(self) -> str:
        """The secret that links between replicas begin with, made by the first one."""
        fresh = secrets.token_hex(32)
        await self._execute("cluster", "put_setting", "cluster_secret", self.seal(fresh) if self.seal else fresh)
        secret: str = (await self._execute("cluster", "get_setting", "cluster_secret"))[0]["value"]
        return secret if self._cipher is None else self._cipher.open(secret)

    async def notify(self, text: str) -> None:
        """Tells all replicas, this one included."""
        await self._execute("cluster", "notify", text)

    def listen(self, on_text: Callable[[str], None], on_gap: Callable[[], None]) -> None:
        """Calls `on_text` for each notification from now on, and `on_gap` when some may have been missed."""
        self._listening = asyncio.create_task(self._listen(on_text, on_gap), name="mattock-listener")

    async def _listen(self, on_text: Callable[[str], None], on_gap: Callable[[], None]) -> None:
        while True:
            ended = asyncio.Event()
            try:
                connection = await asyncpg.connect(self.url, timeout=_CONNECT_SECONDS, server_settings=_READER_SETTINGS)
                self._listener = connection
                connection.add_termination_listener(lambda _, ended=ended: ended.set())
                await connection.add_listener("mattock", lambda _c, _pid, _channel, text: on_text(str(text)))
                on_gap()
                await ended.wait()
            except (asyncpg.PostgresError, *DOWN) as error:
                logger.info("not listening: %s", error)
            await asyncio.sleep(0.3)

    # ---- upkeep ----

    async def add_partitions(self, days: int = 7) -> None:
        """Makes the partitions of the days to come."""
        await self._execute("maintenance", "add_partitions", days)

    async def drop_partitions(self, older_than_days: int) -> int:
        """Drops what ended longer ago; returns how many partitions went."""
        await self._execute("maintenance", "drop_claims")
        await self._execute("webhook", "drop_deliveries")
        await self._execute("once", "drop_old")
        await self._execute("observation", "drop_orphans")
        await self._execute("observation", "drop_old", older_than_days)
        await self._execute("maintenance", "drop_used_codes")
        await self._execute("people", "drop_failures", FAILURE_SECONDS)
        await self._execute("people", "drop_sessions")
        return (await self._execute("maintenance", "drop_partitions", older_than_days))[0][0] or 0

    # ---- tenants, tokens, keys ----

    async def put_tenant(self, tenant_id: str, slug: str, name: str) -> asyncpg.Record:
        """Makes a tenant unless its slug exists; returns the one that stands."""
        await self._execute("access", "put_tenant", tenant_id, slug, name)
        return (await self._execute("access", "get_tenant_by_slug", slug))[0]

    async def get_tenant(self, tenant_id: str) -> asyncpg.Record | None:
        """A tenant by its id."""
        rows = await self._execute("access", "get_tenant", tenant_id)
        return rows[0] if rows else None

    async def first_tenant(self) -> str:
        """The id of the tenant that is there for the longest time."""
        return str((await self._execute("access", "first_tenant"))[0]["tenant_id"])

    async def put_signing_key(self, key_id: str, private_pem: str) -> None:
        """Stores a signing key."""
        text = private_pem if self.seal is None else self.seal(private_pem)
        await self._execute("access", "put_signing_key", key_id, text)

    async def signing_keys(self) -> list[tuple[str, str]]:
        """Ids and PEM texts of all signing keys, the oldest first."""
        cipher = self._cipher
        return [
            (row["key_id"], row["private_pem"] if cipher is None else cipher.open(row["private_pem"]))
            for row in await self._execute("access", "signing_keys")
        ]

    async def put_token(
        self, tenant_id: str, token_id: str, name: str, hashed: bytes, expires_at: float, role: str
    ) -> None:
        """Stores a token's row."""
        await self._execute("access", "put_token", tenant_id, token_id, name, hashed, expires_at, role)

    async def tokens(self, tenant_id: str) -> list[asyncpg.Record]:
        """A tenant's tokens that are not revoked."""
        return await self._execute("access", "tokens", tenant_id)

    async def valid_tokens(self) -> list[asyncpg.Record]:
        """Ids, tenants, hashes, names and roles of all tokens that are valid now."""
        return await self._execute("access", "valid_tokens")

    async def note_use(self, token_ids: list[str]) -> None:
        """Notes that tokens were used just now."""
        await self._execute("access", "note_use", token_ids)

    async def revoke_token(self, tenant_id: str, token_id: str) -> bool:
        """Revokes a token; False if there is none."""
        return bool(await self._execute("access", "revoke_token", tenant_id, token_id))


def _load(name: str) -> str:
    return statement("load", name)


def _cron(record: asyncpg.Record) -> CronRow:
    return CronRow(**{name: record[name] for name in CronRow.__struct_fields__})


def to_row(record: asyncpg.Record) -> RunRow:
    """A row of one of the `…_row` views."""
    row = RunRow(**{name: record[name] for name in _ROW_FIELDS})
    if record["extra"] is not None:
        row.extra = msgspec.json.decode(record["extra"], type=Extra)
    return row


def to_step(record: asyncpg.Record) -> StepRow:
    """A row of the step table."""
    values = dict(record)
    values["order"] = values.pop("place")
    conditions, met = values.pop("conditions"), values.pop("met")
    row = StepRow(**values)
    if conditions is not None:
        row.conditions = msgspec.json.decode(conditions, type=tuple[ConditionDefinition, ...])
    if met is not None:
        row.met = msgspec.json.decode(met, type=tuple[tuple[int, str], ...])
    return row


def _version(record: asyncpg.Record) -> WorkflowRow:
    return WorkflowRow(
        workflow_id=record["workflow_id"],
        version_id=record["version_id"],
        order=record["ord"],
        definition=msgspec.json.decode(record["definition"], type=WorkflowDefinition),
        latest=record["latest"],
    )


def _worker(record: asyncpg.Record) -> WorkerRow:
    return WorkerRow(
        worker_id=record["worker_id"],
        name=record["name"],
        actions=list(record["actions"]),
        slots=msgspec.json.decode(record["slots"], type=dict[str, int]),
        labels=msgspec.json.decode(record["labels"], type=dict[str, str | int]),
        runtime=msgspec.json.decode(record["runtime"], type=dict[str, str]),
        paused=record["paused"],
        draining=record["draining"],
        seen_at=record["seen_at"],
    )


def _is_uuid(text: str) -> bool:
    """A fast look, so that a malformed id is unknown rather than an error of the database."""
    return len(text) == 36 and text.count("-") == 4 and all(c in "0123456789abcdefABCDEF-" for c in text)
