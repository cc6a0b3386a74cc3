"""Pages above the live view: a run, a question, the help."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Footer, Static

from ..output import age, status
from .column import TASK_COLUMNS
from .listing import Listing
from .source import RunPage

ENDED = ("COMPLETED", "FAILED", "CANCELLED")
HELP = """[b]Keys[/b]

  [b]1 2 3[/b]    runs, workflows, workers
  [b]↑ ↓ j k[/b]  move; PgUp, PgDn, Home, End too
  [b]Enter[/b]    open a run; of a workflow, its runs
  [b]/[/b]        search by a part of a name or id; Enter keeps it, Esc drops it
  [b]s[/b]        next status: all, queued, running, failed, completed, cancelled
  [b]t[/b]        how far back: an hour, a day, a week
  [b]c[/b]        cancel the run
  [b]r[/b]        run an ended run again
  [b]p[/b]        stop reading, and go on
  [b]Esc[/b]      back
  [b]q[/b]        quit

Everything is read anew every second."""


class RunScreen(Screen[None]):
    """A run: its tasks, the error and the log of the task under the cursor.

    Args:
        run_id: of the run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "app.pop_screen", "Back"),
        Binding("c", "app.cancel", "Cancel"),
        Binding("r", "app.replay", "Replay"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.status = ""

    def compose(self) -> ComposeResult:
        """The parts of the page."""
        yield Static(id="head")
        yield Listing(TASK_COLUMNS, lambda row: str(row["taskExternalId"]), id="tasks")
        with VerticalScroll(id="text", can_focus=True):
            yield Static(id="error")
            yield Static(id="log")
        yield Footer()

    @property
    def task_id(self) -> str:
        """Id of the task under the cursor; "" before there is one."""
        return self.query_one("#tasks", Listing).chosen_key

    def show(self, page: RunPage) -> None:
        """Shows what was read."""
        run = page.run
        self.status = run["status"]
        head = Text.assemble((run["displayName"], "bold"), "  ", status(run["status"]), f"\n{self.run_id}\n")
        head.append(f"created {age(run.get('createdAt') or run['metadata']['createdAt'])} ago", style="dim")
        if page.wait_reason:
            head.append(f"\nwaits: {page.wait_reason}", style="yellow")
        self.query_one("#head", Static).update(head)
        tasks = self.query_one("#tasks", Listing)
        tasks.show(page.tasks)
        error = ((tasks.chosen or {}).get("errorMessage") or "").strip()
        told = self.query_one("#error", Static)
        told.display = bool(error)
        told.update(Text(error, style="red"))
        lines = [_line(row) for row in page.log]
        text = self.query_one("#text", VerticalScroll)
        at_end = text.scroll_offset.y >= text.max_scroll_y
        empty = [] if error else [Text("This task has logged nothing.", style="dim")]
        self.query_one("#log", Static).update(Text("\n").join(lines or empty))
        if at_end and lines:
            text.scroll_end(animate=False)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Another task: its log is read at once."""
        self.app.run_worker(self.app.run_action("read"))

    def action_down(self) -> None:
        """To the next task."""
        self.query_one("#tasks", Listing).action_cursor_down()

    def action_up(self) -> None:
        """To the task before."""
        self.query_one("#tasks", Listing).action_cursor_up()


def _line(row: dict[str, object]) -> Text:
    level = str(row.get("level") or "")
    style = {"ERROR": "red", "WARN": "yellow", "DEBUG": "dim"}.get(level, "")
    return Text.assemble((f"{str(row['createdAt'])[11:19]} ", "dim"), (str(row["message"]), style))


class Question(ModalScreen[bool]):
    """Asks before something is done.

    Args:
        text: what is asked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question."""
        yield Static(Text.assemble(self._text, ("\n\ny yes · n no", "dim")), classes="box")

    def action_answer(self, yes: bool) -> None:
        """Closes with the answer."""
        self.dismiss(yes)


class Help(ModalScreen[None]):
    """Which key does what."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "app.pop_screen", "Close")]

    def compose(self) -> ComposeResult:
        """The text."""
        yield VerticalScroll(Static(HELP), classes="box")
