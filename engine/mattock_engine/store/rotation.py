"""Which keys a database needs; and the change to another: old rows are encrypted anew, in batches, while all runs."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import asyncpg

from .cipher import MIXED, OPEN, Cipher
from .error import DatabaseDown, KeyRingInvalid, translated
from .keyring import KeyRing
from .statement import statement

if TYPE_CHECKING:
    from .store import Store

logger = logging.getLogger(__name__)

# What is sealed, by table.
COLUMNS = {
    "run": ("input", "output", "error", "extra"),
    "finished_run": ("input", "output", "error", "extra"),
    "step": ("payload", "met"),
    "event": ("payload",),
    "task_event": ("message", "error"),
    "log_line": ("message", "fields"),
    "cron": ("input",),
    "schedule": ("input",),
    "once": ("body",),
    "alert": ("details",),
    "alert_notice": ("body",),
    "signing_key": ("private_pem",),
    "setting": ("value",),
}
# Blocks of a table that are read at once.
BLOCKS = 64
# Rows that others held are tried again so often.
_PASSES = 100
_BETWEEN_PASSES = 0.2


async def register_keys(store: Store, ring: KeyRing | None) -> None:
    """Notes the key that encrypts from now on.

    Raises:
        KeyRingInvalid: a key is missing by which something is encrypted, or is another one.
    """
    rows = await store.sealing("payload_keys")
    for row in rows:
        name = row["name"]
        if not name:
            continue
        if ring is None:
            raise KeyRingInvalid(
                f"the key {name!r} is missing: payloads in this database are encrypted; give the file with their keys"
            )
        if name not in ring.keys:
            raise KeyRingInvalid(f"the key {name!r} is missing in {ring.source}: payloads are encrypted by it")
        if ring.fingerprint(name) != row["fingerprint"]:
            raise KeyRingInvalid(f"the key {name!r} in {ring.source} is another one than payloads are encrypted by")
    if ring is not None and ring.first not in {row["name"] for row in rows}:
        await store.sealing("put_payload_key", ring.first, ring.fingerprint(ring.first))


async def rotate(store: Store, *, busy: float = 0.5) -> int | None:
    """Encrypts by the first key what is not; the other keys may leave the ring then. One replica at a time does it.

    Args:
        store: with its keys.
        busy: the part of the time that it may work; it rests for the others.

    Returns:
        How many rows it has changed; None if nothing is encrypted, or another replica is at it.

    Raises:
        DatabaseDown: the database cannot be reached.
    """
    cipher = store.cipher
    if cipher is None:
        return None
    first = cipher.ring.first
    others = [row["name"] for row in await store.sealing("payload_keys") if row["name"] != first]
    if not others:
        return 0
    async with translated():
        connection = await store.connect()
        try:
            if not await connection.fetchval(statement("sealing", "try_lock_rotation")):
                return None
            changed = await _Rotation(connection, cipher, busy).run()
            await store.sealing("drop_payload_keys", first)
        finally:
            connection.terminate()
    names = ", ".join(name or "(none)" for name in others)
    logger.info("%d rows are encrypted by the key %s now; nothing needs these any more: %s", changed, first, names)
    return changed


class _Rotation:
    def __init__(self, connection: asyncpg.Connection, cipher: Cipher, busy: float) -> None:
        self._connection = connection
        self._cipher = cipher
        self._busy = busy

    async def run(self) -> int:
        changed = 0
        for _ in range(_PASSES):
            for table, columns in COLUMNS.items():
                for leaf in await self._connection.fetch(statement("sealing", "leaves"), table):
                    changed += await self._leaf(leaf["name"], leaf["blocks"], table, columns)
            # Rows move while they are looked for: only what sees all of them at one moment tells that none is left.
            if not await self._connection.fetchval(self._count(), self._cipher.prefix):
                return changed
            await asyncio.sleep(_BETWEEN_PASSES)
        raise DatabaseDown("some rows cannot be encrypted anew: others hold them all the time")

    async def _leaf(self, leaf: str, blocks: int, table: str, columns: tuple[str, ...]) -> int:
        changed = 0
        try:
            for start in range(0, blocks + 1, BLOCKS):
                began = time.monotonic()
                changed += await self._window(leaf, table, columns, start)
                await asyncio.sleep((time.monotonic() - began) * (1 / self._busy - 1))
        except asyncpg.UndefinedTableError:
            logger.debug("%s was dropped meanwhile", leaf)
        return changed

    async def _window(self, leaf: str, table: str, columns: tuple[str, ...], start: int) -> int:
        """Changes the old rows of some blocks, but for those that others hold: it never waits, and is never in a
        deadlock."""
        names = ", ".join(columns)
        sql = statement("sealing", "old_rows").format(table=leaf, columns=names, old=_old(table, columns))
        changes = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, 2))
        renew = statement("sealing", "renew_row").format(table=leaf, changes=changes)
        async with self._connection.transaction():
            rows = await self._connection.fetch(sql, self._cipher.prefix, f"({start},0)", f"({start + BLOCKS},0)")
            fresh = [(row["place"], *(self._cipher.renew(column, row[column]) for column in columns)) for row in rows]
            await self._connection.executemany(renew, fresh)
        return len(rows)

    def _count(self) -> str:
        count = statement("sealing", "count_old")
        parts = [count.format(table=table, old=_old(table, columns)) for table, columns in COLUMNS.items()]
        return f"select sum(old) from ({' union all '.join(parts)}) c"


def _old(table: str, columns: tuple[str, ...]) -> str:
    """What holds for rows of which something is not sealed by the key whose prefix is $1."""
    words = ", ".join(f"'{text}'" for text in OPEN)
    texts = [statement("sealing", "old_mixed" if each in MIXED else "old_text") for each in columns]
    parts = [text.format(column=each, open=words) for text, each in zip(texts, columns, strict=True)]
    return f"({' or '.join(parts)})" + (" and key = 'cluster_secret'" if table == "setting" else "")
