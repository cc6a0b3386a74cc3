"""Filters of events: which expressions a workflow has for an event of some scope.

They are kept by scope, so that an event looks at those of its own scope alone; and each keeps its expression compiled
and its payload read, from the first event that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from .command import FilterRow
from .definition import WorkflowDefinition
from .expression import Expression, Facts, compiled, data_of


class Candidate:
    """A filter, ready to look at events.

    Attributes:
        row: what is stored.
    """

    __slots__ = ("_expression", "_payload", "row")

    def __init__(self, row: FilterRow) -> None:
        self.row = row
        # Kept here and not in a cache of a fixed size: with more filters than that, each event would compile all.
        self._expression: Expression | None = None
        self._payload: Any = None

    def holds(self, facts: Facts) -> bool:
        """Whether the expression is true of an event; puts the filter's own `payload` into its facts if it is read.

        Raises:
            ExpressionError: it cannot be evaluated, or gives something else than true or false.
        """
        expression = self._expression
        if expression is None:
            expression = self._expression = compiled(self.row.expression)
            if "payload" in expression.names:
                self._payload = data_of(self.row.payload)
        if "payload" in expression.names:
            facts.put("payload", self._payload)
        return expression.truth_value(facts)


_NONE: dict[str, Candidate] = {}


class FilterSet:
    """Filters by id and by scope, in the order in which they came."""

    __slots__ = ("_rows", "_scopes")

    def __init__(self, rows: Iterable[FilterRow] = ()) -> None:
        self._rows: dict[str, FilterRow] = {}
        self._scopes: dict[str, dict[str, Candidate]] = {}
        for row in rows:
            self.put(row)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def put(self, row: FilterRow) -> None:
        """Adds one, or changes that of its id."""
        self.pop(row.filter_id)
        self._rows[row.filter_id] = row
        self._scopes.setdefault(row.scope, {})[row.filter_id] = Candidate(row)

    def pop(self, filter_id: str) -> FilterRow | None:
        """Takes one away, if it is there."""
        row = self._rows.pop(filter_id, None)
        if row is not None:
            scoped = self._scopes[row.scope]
            del scoped[filter_id]
            if not scoped:
                del self._scopes[row.scope]
        return row

    def of(self, scope: str) -> Iterable[Candidate]:
        """Those of a scope; none without one."""
        return self._scopes.get(scope, _NONE).values() if scope else ()


def declared_filters(workflow_id: str, definition: WorkflowDefinition) -> Iterator[FilterRow]:
    """The filters that a workflow's definition brings."""
    for index, each in enumerate(definition.filters):
        digest = blake2b(f"{workflow_id}/{index}".encode(), digest_size=16).hexdigest()
        filter_id = f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
        yield FilterRow(filter_id, workflow_id, each.scope, each.expression, each.payload, True)
