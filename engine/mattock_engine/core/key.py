"""Keys of runs: strings that an expression of their workflow gives."""

from __future__ import annotations

from .command import TriggerItem
from .error import Code, Refused
from .expression import ExpressionError, compiled, data_of

RESERVED = "hatchet_internal_"
MAX_KEY = 1000


def key_of(field: str, expression: str, item: TriggerItem, metadata: str) -> str:
    """The key of a run that is to be started.

    Args:
        field: what declares the expression, for the error.
        expression: CEL over `input`, `additional_metadata` and `workflow_run_id`.
        item: the run.
        metadata: its metadata, with its workflow's.

    Raises:
        Refused: INVALID_ARGUMENT; the expression fails on it, or gives what can be no key.
    """
    try:
        key = compiled(expression).text_value(
            {"input": data_of(item.input), "additional_metadata": data_of(metadata), "workflow_run_id": item.run_id}
        )
    except ExpressionError as error:
        raise Refused(Code.INVALID_ARGUMENT, f"{field}: {error}", field) from error
    if not key or len(key) > MAX_KEY or key.startswith(RESERVED) or "\0" in key:
        text = f"{field}: gave {key[:60]!r}; expected 1 to {MAX_KEY} characters that do not begin with {RESERVED!r}"
        raise Refused(Code.INVALID_ARGUMENT, text, field)
    return key
