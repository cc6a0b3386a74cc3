"""The live view: numbers at the top, runs, workflows and workers below."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import DataTable, Footer, Input, Sparkline, Static, TabbedContent, TabPane

from ..error import CommandError
from .column import RUN_COLUMNS, WORKER_COLUMNS, WORKFLOW_COLUMNS
from .listing import Listing
from .page import ENDED, Help, Question, RunScreen
from .source import Overview, Row, Source, Wanted

EVERY_SECONDS = 1.0
STATUSES = ("", "QUEUED", "RUNNING", "FAILED", "COMPLETED", "CANCELLED")
SPANS = ((timedelta(hours=1), "1 h"), (timedelta(days=1), "1 day"), (timedelta(days=7), "7 days"))


def _id(row: Row) -> str:
    return str(row["metadata"]["id"])


class Top(App[None]):
    """The live view of a tenant.

    Args:
        source: what it reads.
        every_seconds: between two reads; 0 reads only when `read` is called.
    """

    TITLE = "Mattock"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #numbers { height: auto; padding: 0 1; }
    #figures { width: 1fr; height: auto; }
    #spark { width: 30; height: 2; margin-left: 1; }
    .narrow #spark { display: none; }
    #filter { height: 1; padding: 0 1; color: $text-muted; }
    #search { display: none; border: none; height: 1; padding: 0 1; background: $boost; }
    #search.open { display: block; }
    TabbedContent { height: 1fr; }
    TabPane { padding: 0; }
    Listing { height: 1fr; }
    RunScreen #head { padding: 0 1; height: auto; }
    RunScreen #tasks { height: auto; max-height: 40%; }
    RunScreen #text { height: 1fr; border-top: solid $panel; padding: 0 1; }
    Question, Help { align: center middle; }
    .box { width: auto; max-width: 90%; height: auto; max-height: 90%; padding: 1 2; background: $surface;
        border: round $primary; }
    Help .box { width: 76; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c", "quit", "Quit", priority=False),
        Binding("question_mark", "help", "Help"),
        Binding("1", "tab('runs')", show=False),
        Binding("2", "tab('workflows')", show=False),
        Binding("3", "tab('workers')", show=False),
        Binding("slash", "search", "Search"),
        Binding("s", "status", "Status"),
        Binding("t", "span", "Time", show=False),
        Binding("c", "cancel", "Cancel"),
        Binding("r", "replay", "Replay"),
        Binding("p", "hold", "Hold", show=False),
        Binding("escape", "back", show=False),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, source: Source, every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__()
        self._source = source
        self._every = every_seconds
        self._wanted = Wanted()
        self._workflow_name = ""
        self._span = 1
        self._search = ""
        self._held = False
        self._reading = False
        self._problem = ""
        self._rows: dict[str, list[Row]] = {}

    def compose(self) -> ComposeResult:
        """The parts of the view."""
        with Horizontal(id="numbers"):
            yield Static(id="figures")
            yield Sparkline([0.0], id="spark")
        with TabbedContent(initial="runs"):
            with TabPane("1 Runs", id="runs"):
                yield Listing(RUN_COLUMNS, _id, id="runs-table")
            with TabPane("2 Workflows", id="workflows"):
                yield Listing(WORKFLOW_COLUMNS, _id, id="workflows-table")
            with TabPane("3 Workers", id="workers"):
                yield Listing(WORKER_COLUMNS, _id, id="workers-table")
        yield Input(placeholder="a part of a name or an id", id="search")
        yield Static(id="filter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begins to read."""
        self._listing.focus()
        if self._every:
            self.set_interval(self._every, self._tick)
            self.run_worker(self.read())

    def on_resize(self) -> None:
        """Fewer columns in a narrow terminal."""
        self.screen_stack[0].set_class(self.size.width < 80, "narrow")
        self._show_rows()

    def _tick(self) -> None:
        if not self._held and not self._reading:
            self.run_worker(self.read())

    # ---- reading ----

    async def read(self) -> None:
        """Reads what is on the screen, and shows it; what cannot be read is said and tried again."""
        self._reading = True
        try:
            screen = self.screen
            if isinstance(screen, RunScreen):
                page = await self._source.run(screen.run_id, screen.task_id)
                if screen.is_current:
                    # It has not been left meanwhile.
                    screen.show(page)
            else:
                tab = self._tab
                self._show_numbers(await self._source.overview())
                self._rows[tab] = await self._load(tab)
                self._show_rows()
            self._problem = ""
        except CommandError as error:
            if isinstance(self.screen, RunScreen) and self._problem != str(error):
                self.notify(str(error), severity="error")
            self._problem = str(error)
        finally:
            self._reading = False
        self._show_filter()

    async def action_read(self) -> None:
        """Reads now."""
        await self.read()

    async def _load(self, tab: str) -> list[Row]:
        if tab == "workflows":
            return await self._source.workflows()
        if tab == "workers":
            return await self._source.workers()
        self._wanted.since = SPANS[self._span][0]
        return await self._source.runs(self._wanted)

    @property
    def _tab(self) -> str:
        return self.screen_stack[0].query_one(TabbedContent).active or "runs"

    @property
    def _listing(self) -> Listing:
        return self.screen_stack[0].query_one(f"#{self._tab}-table", Listing)

    # ---- showing ----

    def _show_numbers(self, seen: Overview) -> None:
        text = Text.assemble(
            ("Mattock ", "bold"),
            (f"{self._source.server}\n", "dim"),
            (f"{seen.queued}", "bold yellow"),
            " queued  ",
            (f"{seen.running}", "bold cyan"),
            " running  ",
            (f"{seen.failed}", "bold red" if seen.failed else "bold"),
            " failed in 1 h  ",
            (f"{seen.rate:.3g}", "bold green"),
            "/s ended",
        )
        root = self.screen_stack[0]
        root.query_one("#figures", Static).update(text)
        root.query_one(Sparkline).data = seen.history

    def _show_rows(self) -> None:
        rows = self._rows.get(self._tab)
        if rows is not None:
            self._listing.show([row for row in rows if self._matches(row)])

    def _matches(self, row: Row) -> bool:
        if not self._search:
            return True
        names = (row.get("workflowName"), row.get("displayName"), row.get("name"), row["metadata"]["id"])
        return any(self._search.lower() in name.lower() for name in names if name)

    def _show_filter(self) -> None:
        parts = []
        if self._tab == "runs":
            parts = [self._wanted.status.lower() or "all", self._workflow_name or "all workflows", SPANS[self._span][1]]
        if self._search:
            parts.append(f"“{self._search}”")
        shown = len(self._listing.found)
        parts.append(f"{shown} shown")
        text = Text(" · ".join(parts))
        if self._held:
            text.append(" · held (p goes on)", style="yellow")
        if self._problem:
            text = Text(self._problem, style="red")
        self.screen_stack[0].query_one("#filter", Static).update(text)

    # ---- what keys do ----

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is about the tables does nothing while a page is above them."""
        return len(self.screen_stack) == 1 or action not in ("search", "status", "span", "tab", "back", "down", "up")

    async def action_tab(self, name: str) -> None:
        """Another table."""
        self.query_one(TabbedContent).active = name
        self._listing.focus()

    async def on_tabbed_content_tab_activated(self) -> None:
        """The table that is shown now is read at once."""
        await self.read()

    def action_search(self) -> None:
        """Opens the line to search with."""
        line = self.query_one("#search", Input)
        line.add_class("open")
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches while one writes."""
        self._search = event.value.strip()
        self._show_rows()
        self._show_filter()

    def on_input_submitted(self) -> None:
        """Back to the table, with what was found."""
        self._close_search()

    def _close_search(self) -> None:
        line = self.query_one("#search", Input)
        line.remove_class("open")
        self._listing.focus()

    async def action_back(self) -> None:
        """Drops what narrows the view."""
        self.query_one("#search", Input).value = ""
        self._close_search()
        self._wanted.workflow = self._workflow_name = ""
        await self.read()

    async def action_status(self) -> None:
        """Runs of the next status alone."""
        self._wanted.status = STATUSES[(STATUSES.index(self._wanted.status) + 1) % len(STATUSES)]
        await self.read()

    async def action_span(self) -> None:
        """Another time to look back."""
        self._span = (self._span + 1) % len(SPANS)
        await self.read()

    def action_hold(self) -> None:
        """Stops reading, or goes on."""
        self._held = not self._held
        self._show_filter()

    def action_help(self) -> None:
        """Which key does what."""
        self.push_screen(Help())

    def action_down(self) -> None:
        """To the next row."""
        self._listing.action_cursor_down()

    def action_up(self) -> None:
        """To the row before."""
        self._listing.action_cursor_up()

    async def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Opens a run, or shows the runs of a workflow."""
        listing = event.data_table
        row = listing.chosen if isinstance(listing, Listing) else None
        if row is None or isinstance(self.screen, RunScreen):
            return
        if listing.id == "runs-table":
            await self.push_screen(RunScreen(_id(row)))
            await self.read()
        elif listing.id == "workflows-table":
            self._wanted.workflow, self._workflow_name = _id(row), row["name"]
            await self.action_tab("runs")

    def _target(self) -> tuple[str, str]:
        """Id and status of the run that is meant; "" for none."""
        if isinstance(self.screen, RunScreen):
            return self.screen.run_id, self.screen.status
        row = self._listing.chosen if self._tab == "runs" else None
        return ("", "") if row is None else (_id(row), row["status"])

    def action_cancel(self) -> None:
        """Cancels the run, if one says yes."""
        run_id, status = self._target()
        if run_id and status not in ENDED:
            self._ask(f"Cancel the run {run_id}?", self._source.cancel, run_id)
        elif run_id:
            self.notify("It has ended.")

    def action_replay(self) -> None:
        """Runs an ended run again, if one says yes."""
        run_id, status = self._target()
        if run_id and status in ENDED:
            self._ask(f"Run {run_id} again?", self._source.replay, run_id)
        elif run_id:
            self.notify("It has not ended.")

    def _ask(self, text: str, act: Any, run_id: str) -> None:
        async def answered(yes: bool | None) -> None:
            if not yes:
                return
            try:
                await act(run_id)
            except CommandError as error:
                self.notify(str(error), severity="error")
            await self.read()

        self.push_screen(Question(text), answered)
