"""Expressions: values, the strings extension, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from mattock_engine.core.error import Refused
from mattock_engine.core.expression import ExpressionError, check_expression, compiled

NAMES = frozenset({"input", "additional_metadata"})
DATA: dict[str, Any] = {"input": {"a": 1, "b": 1.5, "s": "Hello", "l": [1, 2]}, "additional_metadata": {"tenant": "t1"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.b > 1 && input.a == 1.0", True),
        ("input.s.lowerAscii() + string(input.a)", "hello1"),
        ("input.s.split('l')", ["He", "", "o"]),
        ("input.s.charAt(1)", "e"),
        ("input.s.replace('l', 'L', 1)", "HeLlo"),
        ("input.s.substring(1, 3)", "el"),
        ("['a', 'b'].join('-')", "a-b"),
        ("' x '.trim()", "x"),
        ("input.s.matches('^H.*o$')", True),
        ("has(input.missing)", False),
        ("input.l.exists(x, x > 1)", True),
        ("additional_metadata.tenant", "t1"),
        (
            "checksum('abc')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ],
)
def test_values(text: str, value: Any) -> None:
    check_expression("expression", text, NAMES)
    assert compiled(text).evaluate(DATA) == value


@pytest.mark.parametrize("text", ["input.missing", "1 / 0", "input.s.charAt(9)", "input.a + 1.5"])
def test_what_cannot_be_evaluated(text: str) -> None:
    with pytest.raises(ExpressionError):
        compiled(text).evaluate(DATA)


def test_types_are_held_to() -> None:
    assert compiled("input.b").number_value(DATA) == 1
    with pytest.raises(ExpressionError, match="gave a number, expected a string"):
        compiled("input.a").text_value(DATA)
    with pytest.raises(ExpressionError, match="gave a string, expected a number"):
        compiled("input.s").number_value(DATA)
    with pytest.raises(ExpressionError, match="gave a list"):
        compiled("input.l").truth_value(DATA)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is empty"), ("1 +", "is no CEL expression"), ("payload.x", "'payload' is not known here")],
)
def test_refusals_name_the_field(text: str, message: str) -> None:
    with pytest.raises(Refused, match=message) as caught:
        check_expression("concurrency[0].expression", text, NAMES)
    assert caught.value.field == "concurrency[0].expression"
