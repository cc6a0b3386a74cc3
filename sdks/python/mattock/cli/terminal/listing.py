"""Tables that are read anew every second, and stay where the person is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.widgets import DataTable

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        head: its title.
        cell: what stands in it.
        least: width of the terminal, in characters, from which on it is shown.
    """

    head: str
    cell: Callable[[Row], Text | str]
    least: int = 0


class Listing(DataTable[Text | str]):
    """A table whose rows come again and again.

    Args:
        columns: what to show.
        key: tells rows apart.
    """

    def __init__(self, columns: Sequence[Column], key: Callable[[Row], str], **more: Any) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True, **more)
        self._all = columns
        self._key = key
        self._shown: list[Column] = []
        self.found: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Shows rows; the cursor stays on the row that it is on."""
        width = self.app.size.width
        shown = [column for column in self._all if width >= column.least]
        keys = [self._key(row) for row in rows]
        if shown != self._shown or keys != [self._key(row) for row in self.found]:
            self._rebuild(shown, rows, keys)
        else:
            for row, key in zip(rows, keys, strict=True):
                for column in shown:
                    self.update_cell(key, column.head, column.cell(row), update_width=True)
        self.found = rows

    def _rebuild(self, shown: list[Column], rows: list[Row], keys: list[str]) -> None:
        at, scroll = self.chosen_key, self.scroll_y
        self.clear(columns=True)
        self._shown = shown
        for column in shown:
            self.add_column(column.head, key=column.head)
        for row, key in zip(rows, keys, strict=True):
            self.add_row(*(column.cell(row) for column in shown), key=key)
        if at in keys:
            self.move_cursor(row=keys.index(at), scroll=False)
            self.scroll_to(y=scroll, animate=False)

    @property
    def chosen_key(self) -> str:
        """Key of the row that the cursor is on; "" if there is none."""
        row = self.chosen
        return "" if row is None else self._key(row)

    @property
    def chosen(self) -> Row | None:
        """The row that the cursor is on."""
        return self.found[self.cursor_row] if 0 <= self.cursor_row < len(self.found) else None
