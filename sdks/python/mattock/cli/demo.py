"""`mattock demo`: a document pipeline over a folder of text files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from .error import CommandError
from .output import console


def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of text files; Mattock's own if not given.", show_default=False)
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="What to search the index for (SQLite's FTS5 syntax).", show_default=False)
    ] = None,
    stay: Annotated[
        bool | None,
        typer.Option(
            "--stay/--no-stay",
            help="Keep the server and its dashboard afterwards, until Ctrl-C; by default in a terminal.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run a document pipeline on a server of its own, and show what it does."""
    import asyncio
    import sqlite3

    if importlib.util.find_spec("mattock_engine") is None:
        raise CommandError("the demo needs the server: pip install 'mattock[server]'")
    from ..demo import show

    chosen = (folder or show.default_folder()).expanduser().resolve()
    if not chosen.is_dir():
        raise CommandError(f"{chosen} is not a folder")
    try:
        asyncio.run(show.run(chosen, search, console.is_terminal if stay is None else stay, console))
    except sqlite3.OperationalError as error:
        raise CommandError(f"--search: {error}") from None
