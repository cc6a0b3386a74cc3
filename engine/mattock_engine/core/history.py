"""The history of a durable task in memory: what it has recorded, and how far its present attempt has come.

Steps stand in nodes 1, 2, 3 …, in the order in which the code asks for them. Each attempt runs the code from its
beginning, and is given what is recorded at each place, until it comes to the first place where nothing is. A fork
begins a new branch: the nodes before its first one are those of the branch that it leaves.

While a task runs, its whole history is in memory (loaded when its attempt records the first step); while it does not,
only the open steps are.
"""

from __future__ import annotations

from .row import StepRow
from .status import StepKind

# `(branch, node)` of a step.
Place = tuple[int, int]
Branches = tuple[tuple[int, int], ...]


def branch_at(branches: Branches, node: int) -> int:
    """The branch to which a node belongs on the newest line of a history."""
    branch = len(branches) + 1
    while branch > 1:
        parent, first = branches[branch - 2]
        if node >= first:
            break
        branch = parent
    return branch


# Of the many that rest: nothing is put in.
_NOTHING: dict[Place, None] = {}


class History:
    """What a durable task has recorded.

    Attributes:
        branches: as in `Extra.branches`.
        steps: by place; all of them if `complete`.
        invocation: the attempt that `cursor` and all below are about; -1 if that is not known.
        cursor: the last node that it has come to.
        settled: settled steps of this line that are to be told, in their order; `told` of them were dealt with.
        passed: settled runs that nobody has asked for; a patient client is told only when it does.
        awaited: runs that a patient client has asked for.
        session: who is told; patient: it must not be told of runs that it has not asked for.
        last: the highest node of this line, 0 for none.
    """

    __slots__ = (
        "_waits",
        "awaited",
        "branches",
        "complete",
        "cursor",
        "invocation",
        "last",
        "passed",
        "patient",
        "session",
        "settled",
        "steps",
        "told",
    )

    def __init__(self, branches: Branches, complete: bool = False) -> None:
        self.branches = branches
        self.complete = complete
        self.steps: dict[Place, StepRow] = {}
        # None while it rests: of its few steps, they are soon found.
        self._waits: dict[Place, StepRow] | None = {}
        self.invocation = -1
        self.cursor = 0
        self.settled: list[StepRow] = []
        self.told = 0
        self.passed: dict[Place, None] = _NOTHING
        self.awaited: dict[Place, None] = _NOTHING
        self.session = ""
        self.patient = False
        self.last = 0

    @property
    def waits(self) -> dict[Place, StepRow]:
        """The open waits of the present line."""
        return self._open_waits() if self._waits is None else self._waits

    def _open_waits(self) -> dict[Place, StepRow]:
        return {place: row for place, row in self.steps.items() if _is_open_wait(row) and self.on_line(row)}

    def at(self, node: int) -> StepRow | None:
        """The step at a node of the present line."""
        return self.steps.get((branch_at(self.branches, node), node))

    def add(self, row: StepRow) -> None:
        """A new step at the end of the present line."""
        place = (row.branch, row.node)
        self.steps[place] = row
        self.last = max(self.last, row.node)
        if self._waits is not None and _is_open_wait(row):
            self._waits[place] = row

    def on_line(self, row: StepRow) -> bool:
        """True if a step belongs to the present line."""
        return row.branch == branch_at(self.branches, row.node)

    def fill(self, rows: list[StepRow]) -> None:
        """Takes the steps that the store had; those in memory are newer."""
        for row in rows:
            place = (row.branch, row.node)
            if place not in self.steps:
                self.steps[place] = row
        self.complete = True
        self._index()

    def begin(self, invocation: int) -> None:
        """A new attempt runs the code from its beginning."""
        self.invocation = invocation
        self.cursor = self.told = 0
        self.passed, self.awaited = {}, {}
        if self._waits is None:
            self._waits = self._open_waits()
        self.session = ""
        if self.complete:
            self._index()

    def resume(self, invocation: int, cursor: int) -> None:
        """Goes on with an attempt that has come so far: of what is settled, it is told what it asks for."""
        self.begin(invocation)
        self.cursor = cursor
        self.told = len(self.settled)
        self.passed = {(row.branch, row.node): None for row in self.settled}

    def fork(self, branch: int, first: int) -> None:
        """Begins a new branch."""
        self.branches = (*self.branches, (branch, first))
        for place in [place for place, row in self.waits.items() if not self.on_line(row)]:
            del self.waits[place]
        if self.complete:
            self._index()

    def rest(self) -> None:
        """The task has left its worker: only what is open stays in memory."""
        self.steps = {place: row for place, row in self.steps.items() if row.order == 0 and self.on_line(row)}
        self.complete = False
        self.invocation = -1
        self.settled = []
        self.passed = self.awaited = _NOTHING
        self._waits = None
        self.session = ""

    def _index(self) -> None:
        line = [row for row in self.steps.values() if self.on_line(row)]
        self.last = max((row.node for row in line), default=0)
        self.settled = sorted(
            (row for row in line if row.order and row.kind != StepKind.MEMO), key=lambda row: row.order
        )


def _is_open_wait(row: StepRow) -> bool:
    return row.order == 0 and row.kind == StepKind.WAIT
