"""Payloads encrypted in the database: nothing to be read there, keys that change while all runs, keys that are lost."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from mattock import Context, DurableContext, Mattock, RunFailed
from mattock_engine.admin import main
from mattock_engine.store.embedded import EmbeddedPostgres
from mattock_engine.store.rotation import COLUMNS

from .conftest import ServerFactory, read_env
from .test_start import assert_refused

# What must not be found, by where it stands.
PLACES = (
    "input",
    "output",
    "error",
    "event",
    "memo",
    "log",
    "field",
    "cron",
    "schedule",
    "satisfied",
    "queued",
    "answer",
)
SECRETS = {place: f"very-secret-{place}" for place in PLACES}
OPEN = "not-so-secret-metadata"


@pytest.fixture
def ring(servers: ServerFactory) -> Path:
    return add_key(servers.folder / "keys", "one")


def add_key(file: Path, name: str) -> Path:
    assert main(["add-key", str(file), "--name", name]) == 0
    return file


def drop_key(file: Path, name: str) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(f"{name} ")))


def client_of(servers: ServerFactory) -> Mattock:
    env = read_env(servers.data_dir / "server.env")
    return Mattock(
        token=env["MATTOCK_CLIENT_TOKEN"],
        host_port=env["MATTOCK_CLIENT_HOST_PORT"],
        server_url=env["MATTOCK_CLIENT_SERVER_URL"],
        tls_strategy="none",
    )


class Program:
    """Workflows that leave a secret wherever one can be left."""

    def __init__(self, client: Mattock) -> None:
        self.client = client

        @client.task(name="echo")
        async def echo(given: dict[str, str], context: Context) -> dict[str, str]:
            context.log(SECRETS["log"], note=SECRETS["field"])
            return {"said": SECRETS["output"]}

        @client.task(name="fail", retries=1)
        async def fail(given: dict[str, str], context: Context) -> None:
            raise ValueError(SECRETS["error"])

        @client.task(name="heard", on_events=["told"])
        async def heard(given: dict[str, str], context: Context) -> dict[str, str]:
            return given

        @client.durable_task(name="lasting")
        async def lasting(given: dict[str, str], context: DurableContext) -> str:
            memo = await context.aio_memo(lambda: SECRETS["memo"])
            event = await context.aio_wait_for_event("come", lookback_window=timedelta(hours=1))
            return f"{memo} {event['said']}"

        self.echo, self.fail, self.heard, self.lasting = echo, fail, heard, lasting

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        workflows = [self.echo, self.fail, self.heard, self.lasting]
        worker = self.client.worker("w", workflows=workflows)
        task = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        yield
        worker.stop()
        await task

    async def use(self) -> list[str]:
        """Runs all of them; the ids of a run that succeeded, one that failed, and the durable one."""
        client = self.client
        ran = await self.echo.aio_run_no_wait({"a": SECRETS["input"]}, additional_metadata={"m": OPEN})
        assert await ran.aio_result() == {"said": SECRETS["output"]}
        failed = await self.fail.aio_run_no_wait({})
        with pytest.raises(RunFailed, match=SECRETS["error"]):
            await failed.aio_result()
        await client.events.aio_push("told", {"a": SECRETS["event"]})
        lasting = await self.lasting.aio_run_no_wait({})
        await client.events.aio_push("come", {"said": SECRETS["satisfied"]})
        assert await lasting.aio_result() == f"{SECRETS['memo']} {SECRETS['satisfied']}"
        await client.crons.aio_create("echo", f"yearly-{ran.run_id}", "0 0 1 1 *", input={"a": SECRETS["cron"]})
        at = datetime.now(UTC) + timedelta(days=300)
        await client.schedules.aio_create("echo", at, input={"a": SECRETS["schedule"]})
        return [ran.run_id, failed.run_id, lasting.run_id]


async def check(client: Mattock, ids: list[str]) -> None:
    """All that was written is read as it was."""
    ran, failed, lasting = ids
    details = await client.runs.aio_get(ran)
    assert details.input == {"a": SECRETS["input"]}
    assert details.output == {"said": SECRETS["output"]}
    assert SECRETS["error"] in ((await client.runs.aio_get(failed)).error_message or "")
    assert SECRETS["memo"] in str((await client.runs.aio_get(lasting)).output)
    settings = client.settings
    async with httpx.AsyncClient(base_url=settings.server_url) as http:
        http.headers["authorization"] = f"Bearer {settings.token}"
        for text, there in ((SECRETS["log"][5:].upper(), True), ("not there", False)):
            for path in (f"tasks/{ran}/logs", f"tenants/{settings.tenant_id}/logs"):
                rows = (await http.get(f"/api/v1/stable/{path}", params={"search": text})).json()["rows"]
                assert {row["message"] for row in rows} == ({SECRETS["log"]} if there else set()), path


async def ask_by_rest(client: Mattock) -> None:
    """What REST keeps and groups by itself: an answer under a key, errors by their lines, an alert."""
    settings = client.settings
    headers = {"Authorization": f"Bearer {settings.token}"}
    tenant, stable = (f"/api/v1/{part}tenants/{settings.tenant_id}" for part in ("", "stable/"))
    async with httpx.AsyncClient(base_url=settings.server_url, headers=headers) as http:
        event = {"key": "kept", "data": {"a": SECRETS["answer"]}}
        sent = [await http.post(f"{tenant}/events", json=event, headers={"Idempotency-Key": "once"}) for _ in range(2)]
        assert SECRETS["answer"] in sent[0].text == sent[1].text
        assert sent[1].headers["Idempotency-Replayed"] == "true"
        again = {"externalIds": [(await http.get(f"{stable}/dead-letters")).json()["rows"][0]["runId"]]}
        error = f"ValueError: {SECRETS['error']}"
        (group,) = (await http.get(f"{stable}/dead-letters/groups")).json()["rows"]
        assert (group["error"], group["count"]) == (error, 1)
        for text, count in ((error, 1), ("ValueError", 0)):
            rows = (await http.get(f"{stable}/dead-letters", params={"error": text})).json()["rows"]
            assert len(rows) == count
        (group,) = (await http.get(f"{stable}/task-errors", params={"since": "2020-01-01T00:00:00Z"})).json()["rows"]
        assert (group["error"], group["count"], group["workflowRunExternalId"]) == (error, 1, again["externalIds"][0])
        rule = {"name": "failures", "kind": "FAILURES", "threshold": 1, "windowSeconds": 86_400, "channelIds": []}
        assert (await http.post(f"{stable}/alert-rules", json=rule)).status_code == 201
        alerts: list[dict[str, list[str]]] = []
        for _ in range(1000):
            if alerts := (await http.get(f"{stable}/alerts")).json()["rows"]:
                break
            await asyncio.sleep(0.05)
        assert alerts[0]["details"][0].endswith(error)


async def rows_with(url: str, texts: list[str]) -> set[str]:
    """Which of these texts any column of any table holds."""
    connection = await asyncpg.connect(url)
    found = set()
    tables = await connection.fetch(
        "select c.oid::regclass::text as name from pg_class c where relnamespace = 'mattock'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition"
    )
    for table in tables:
        for text in texts:
            if await connection.fetchval(f"select true from {table['name']} t where strpos(t::text, $1) > 0", text):
                found.add(text)
    await connection.close()
    return found


def files_with(folder: Path, texts: list[str]) -> set[str]:
    """Which of these texts any file holds."""
    contents = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return {text for text in texts if any(text.encode() in content for content in contents)}


@asynccontextmanager
async def database(servers: ServerFactory) -> AsyncIterator[str]:
    """The stopped server's database."""
    postgres = EmbeddedPostgres(servers.data_dir / "postgres")
    yield postgres.start()
    postgres.stop()


async def test_nothing_can_be_read(servers: ServerFactory, ring: Path) -> None:
    server = servers.start_ready("--payload-keys-file", str(ring))
    async with client_of(servers) as client:
        program = Program(client)
        async with program.serving():
            ids = await program.use()
        await program.echo.aio_run_no_wait({"a": SECRETS["queued"]})
        await check(client, ids)
        await ask_by_rest(client)
    assert server.stop() == 0
    texts = [*SECRETS.values(), OPEN, "BEGIN PRIVATE KEY"]
    # What stays open is found, so what is not found is not there.
    assert files_with(servers.data_dir / "postgres", texts) == {OPEN}
    async with database(servers) as url:
        assert await rows_with(url, texts) == {OPEN}


async def test_nothing_is_encrypted_without_keys(servers: ServerFactory) -> None:
    server = servers.start_ready()
    async with client_of(servers) as client:
        program = Program(client)
        async with program.serving():
            await program.use()
        await program.echo.aio_run_no_wait({"a": SECRETS["queued"]})
        await ask_by_rest(client)
    assert server.stop() == 0
    texts = [*SECRETS.values(), OPEN, "BEGIN PRIVATE KEY"]
    async with database(servers) as url:
        assert await rows_with(url, texts) == set(texts)


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_another_key_while_all_runs(servers: ServerFactory, ring: Path, processes: str) -> None:
    flags = ["--processes", processes]
    # What was written before there were keys is encrypted too.
    server = servers.start_ready(*flags)
    async with client_of(servers) as client:
        program = Program(client)
        async with program.serving():
            ids = await program.use()
        queued = (await program.echo.aio_run_no_wait({"a": "waits"})).run_id
    assert server.stop() == 0
    flags += ["--payload-keys-file", str(ring)]
    for key in ("one", "two"):
        add_key(ring, key) if key != "one" else None
        server = servers.start_ready(*flags)
        async with client_of(servers) as client:
            program = Program(client)
            async with program.serving():
                if key == "two":
                    assert await program.echo.ref(queued).aio_result() == {"said": SECRETS["output"]}
                ids_meanwhile = await program.use()
            server.wait_for_error(f"encrypted by the key {key} now")
            await check(client, ids)
            await check(client, ids_meanwhile)
        assert server.stop() == 0
        async with database(servers) as url:
            assert await rows_with(url, [*SECRETS.values(), "BEGIN PRIVATE KEY"]) == set()
    drop_key(ring, "one")
    async with database(servers) as url:
        assert await rows_with(url, ["sealed:1:one:"]) == set()
        assert await rows_with(url, ["sealed:1:two:"]) == {"sealed:1:two:"}
    server = servers.start_ready(*flags)
    async with client_of(servers) as client:
        await check(client, ids)
        await check(client, ids_meanwhile)
    assert server.stop() == 0


def test_keys_that_do_not_fit_are_named(servers: ServerFactory, ring: Path) -> None:
    flag = ["--payload-keys-file", str(ring)]
    assert servers.start_ready(*flag).stop() == 0
    assert_refused(servers.start(), "--payload-keys-file", "'one'", "is missing")
    whole = ring.read_text()
    ring.unlink()
    assert_refused(servers.start(*flag), "--payload-keys-file", str(ring), "No such file")
    add_key(ring, "other")
    assert_refused(servers.start(*flag), "--payload-keys-file", "'one'", str(ring))
    ring.unlink()
    add_key(ring, "one")
    assert_refused(servers.start(*flag), "--payload-keys-file", "'one'", "another")
    secret = base64.b64encode(b"short").decode()
    ring.write_text(f"one {secret}\n")
    refused = servers.start(*flag)
    assert_refused(refused, "line 1", "32 bytes in base64")
    assert secret not in refused.errors[0]
    ring.write_text("# nothing\n")
    assert_refused(servers.start(*flag), str(ring), "mattock add-key")
    ring.write_text(whole)
    assert servers.start_ready(*flag).stop() == 0


async def test_all_columns_of_payloads_are_known(servers: ServerFactory) -> None:
    """A column that is added to the schema is decided about: it is encrypted, or it is listed here as open."""
    opened = {"filter.payload", "webhook.payload", "enqueued.input", "span.message"}
    assert servers.start_ready().stop() == 0
    async with database(servers) as url:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch(
            "select table_name || '.' || column_name as name from information_schema.columns"
            " where table_schema = 'mattock'"
            " and column_name in ('input', 'output', 'error', 'payload', 'message', 'fields', 'extra', 'met')"
            " and table_name !~ '_(default|row|[0-9]{8})$'"
        )
        await connection.close()
    sealed = {f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns}
    assert {row["name"] for row in rows} - opened <= sealed
