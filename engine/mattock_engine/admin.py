"""Commands of who runs a server, beside running it: backups, keys."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from .bootstrap import StartError, explain
from .datadir import DataDirectory
from .setting import SettingError, Settings, load

COMMANDS = ("backup", "restore", "add-key")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message}; see {self.prog} --help")


def _parser(prog: str) -> argparse.ArgumentParser:
    made = _Parser(prog=prog, allow_abbrev=False)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    texts = {
        "backup": ("Write a backup of the database into FILE, while the server runs or not.", "the backup to write"),
        "restore": ("Fill an empty data directory, or database, from a backup.", "the backup to read"),
    }
    for name, (text, what) in texts.items():
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.add_argument("file", metavar="FILE", type=Path, help=what)
        command.add_argument("--data-dir", metavar="DIR", help="Data directory of the server.")
        command.add_argument("--database-url", metavar="URL", help="The server's own Postgres, if it has one.")
        command.add_argument("--config", metavar="FILE", help="TOML file with the server's settings.")
    text = "Make a key for payloads, and put it first into FILE: the server encrypts by it from its next start on."
    command = commands.add_parser("add-key", help=text, description=text, allow_abbrev=False)
    command.add_argument("file", metavar="FILE", type=Path, help="the key ring; made if it is not there")
    command.add_argument("--name", help="Name of the key (default: the time).")
    return made


def main(arguments: Sequence[str] | None = None, prog: str = "mattock") -> int:
    """Runs a command.

    Returns:
        The exit code: 0 if it went well, 1 if not, 2 for wrong arguments (said on standard error).
    """
    from .store import StoreError

    settings = None
    try:
        given = _parser(prog).parse_args(list(sys.argv[1:] if arguments is None else arguments))
        if given.command == "add-key":
            return _add_key(given.file, given.name)
        settings = load({"data_dir": given.data_dir, "database_url": given.database_url}, config=given.config)
        command = _back_up if given.command == "backup" else _restore
        command(settings, given.file)
    except SettingError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    except StoreError as error:
        print(f"{prog}: {explain(error, settings) if settings else error}", file=sys.stderr)
        return 1
    except StartError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 1
    return 0


def _add_key(file: Path, name: str | None) -> int:
    from .store.keyring import add_key

    made = name or time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    add_key(file, made)
    print(f"The key {made} is the first in {file} now.")
    print("Keep a copy of the file away from the database's backups: without it, payloads cannot be read.")
    return 0


def _back_up(settings: Settings, file: Path) -> None:
    from .store.backup import back_up

    with _database(settings, must_exist=True) as url:
        size = asyncio.run(back_up(url, file))
    print(f"Wrote {file} ({size / 1e6:.1f} MB).")
    if settings.payload_keys_file is not None:
        print(f"Its payloads are encrypted by the keys in {settings.payload_keys_file}: keep those elsewhere.")


def _restore(settings: Settings, file: Path) -> None:
    from .store.backup import restore

    if not file.is_file():
        raise SettingError(f"FILE: there is no file {file}")
    with _database(settings, must_exist=False) as url:
        asyncio.run(restore(url, file))
    print("All is as it was when the backup was made. Start the server.")


@contextlib.contextmanager
def _database(settings: Settings, *, must_exist: bool) -> Iterator[str]:
    """The database's URL; the embedded one is started for the time if no server runs on the directory."""
    if settings.database_url:
        yield settings.database_url
        return
    from .store.embedded import EmbeddedPostgres

    folder = settings.data_dir / "postgres"
    if must_exist and not (folder / "PG_VERSION").exists():
        raise SettingError(f"--data-dir: there is no embedded Postgres in {settings.data_dir}")
    postgres, directory = EmbeddedPostgres(folder), DataDirectory(settings.data_dir)
    try:
        directory.lock()
    except SettingError:
        if not must_exist:
            raise
        # A server holds it: its Postgres runs, and goes on when this is done.
        yield postgres.start()
        return
    try:
        yield postgres.start()
    finally:
        postgres.stop()
        directory.unlock()


if __name__ == "__main__":
    sys.exit(main())
