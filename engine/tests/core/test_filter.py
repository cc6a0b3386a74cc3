"""Filters of events, and the data that expressions share."""

from __future__ import annotations

import pytest
from mattock_engine.core.command import FilterRow
from mattock_engine.core.expression import Expression, ExpressionError, Facts, compiled
from mattock_engine.core.filter import FilterSet


def row(filter_id: str, scope: str, expression: str = "true", payload: str = "") -> FilterRow:
    return FilterRow(filter_id, "w", scope, expression, payload, False)


def ids(filters: FilterSet, scope: str) -> list[str]:
    return [each.row.filter_id for each in filters.of(scope)]


def test_an_event_looks_at_those_of_its_scope() -> None:
    filters = FilterSet([row("a", "one"), row("b", "two"), row("c", "one")])
    assert ids(filters, "one") == ["a", "c"]
    assert ids(filters, "two") == ["b"]
    assert ids(filters, "three") == []
    assert ids(filters, "") == []


def test_one_that_changes_leaves_its_scope() -> None:
    filters = FilterSet([row("a", "one")])
    filters.put(row("a", "two"))
    assert ids(filters, "one") == []
    assert ids(filters, "two") == ["a"]
    assert filters.pop("a") == row("a", "two")
    assert filters.pop("a") is None
    assert not filters


def test_each_sees_its_own_payload() -> None:
    filters = FilterSet(
        [
            row("a", "s", "input.n > payload.least", '{"least": 3}'),
            row("b", "s", "input.n == 5"),
            row("c", "s", "input.n > payload.least", '{"least": 7}'),
            row("d", "s", "has(payload.least)"),
        ]
    )
    facts = Facts({"input": {"n": 5}})
    for _ in range(2):
        assert [each.holds(facts) for each in filters.of("s")] == [True, True, False, False]


def test_one_that_gives_no_truth_value_says_so() -> None:
    (candidate,) = FilterSet([row("a", "s", "input.n")]).of("s")
    with pytest.raises(ExpressionError, match="gave a number, expected true or false"):
        candidate.holds(Facts({"input": {"n": 5}}))


def test_what_changes_is_seen_and_what_is_missing_is_named() -> None:
    facts = Facts({"input": {"n": 1}})
    number = Expression("input.n")
    assert number.evaluate(facts) == 1
    facts.put("input", {"n": 2})
    assert number.evaluate(facts) == 2
    with pytest.raises(ExpressionError, match="payload"):
        Expression("payload.n").evaluate(facts)
    facts.put("payload", {"n": 3})
    assert Expression("payload.n + input.n").evaluate(facts) == 5


def test_functions_are_there_for_those_that_call_them() -> None:
    facts = Facts({"input": {"text": " A-b "}})
    assert Expression("input.text.trim()").evaluate(facts) == "A-b"
    assert Expression("input.text.trim().split('-')").evaluate(facts) == ["A", "b"]
    assert Expression("input.text").evaluate(facts) == " A-b "
    assert compiled("input.text.trim()") is compiled("input.text.trim()")
