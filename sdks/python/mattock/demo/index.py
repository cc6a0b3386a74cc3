"""A full-text index in SQLite (FTS5): one file, written by many tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# A section's row id is the document's number and, in the low bits, its own.
SECTION_BITS = 20


# They stand around the words that were searched for.
FOUND_BEGIN, FOUND_END = "\x02", "\x03"


class Hit(NamedTuple):
    """A section that a search found.

    Attributes:
        path: the document.
        section: number of the section, from 0.
        snippet: some words of it, those that were searched for between `FOUND_BEGIN` and `FOUND_END`.
    """

    path: str
    section: int
    snippet: str


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file, timeout=30)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def create(file: Path) -> None:
    """Makes the index, empty."""
    with _open(file) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("drop table if exists section")
        database.execute("create virtual table section using fts5(path unindexed, number unindexed, body)")


def put(file: Path, document: int, path: str, sections: list[str]) -> None:
    """Stores the sections of a document in place of those it had: harmless when a task runs twice."""
    first = document << SECTION_BITS
    with _open(file) as database:
        database.execute("delete from section where rowid >= ? and rowid < ?", (first, first + (1 << SECTION_BITS)))
        rows = [(first + number, path, number, body) for number, body in enumerate(sections)]
        database.executemany("insert into section (rowid, path, number, body) values (?, ?, ?, ?)", rows)


def search(file: Path, query: str, limit: int = 3) -> list[Hit]:
    """The best sections for a query in FTS5's language, the best first."""
    statement = (
        "select path, number, snippet(section, 2, ?, ?, ' … ', 16) from section"
        " where section match ? order by rank limit ?"
    )
    with _open(file) as database:
        return [Hit(*row) for row in database.execute(statement, (FOUND_BEGIN, FOUND_END, query, limit))]
