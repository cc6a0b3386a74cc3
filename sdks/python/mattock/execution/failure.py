"""What a failed task tells: `<type>: <message>`, a line feed, and the traceback."""

from __future__ import annotations

import traceback
from types import TracebackType

from ..error import MattockError, NonRetryableError

# Beyond this the middle of the traceback is left out.
MAX_CHARACTERS = 32_768
_OWN = "mattock.execution"
_TRACEBACK = "Traceback (most recent call last):"


class RemoteTaskError(MattockError):
    """A task failed in a process of its own; holds the text of its failure."""

    def __init__(self, text: str, final: bool) -> None:
        super().__init__(text, final)
        self.text = text
        self.final = final


def failure_text(error: BaseException) -> str:
    """The text of a failure, without the worker's own frames."""
    trace = error.__traceback__
    while trace is not None and _is_own(trace):
        trace = trace.tb_next
    header = f"{type(error).__name__}: {error}"
    if trace is None and error.__cause__ is None:
        # Raised by the worker itself, as for an input that is not of its type: there is nowhere to point at.
        return _shorten(header).replace("\0", "\ufffd")
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    if not text.startswith(_TRACEBACK):
        text = f"{_TRACEBACK}\n{text}"
    return f"{_shorten(header)}\n{_shorten(text)}".replace("\0", "\ufffd")


def _is_own(trace: TracebackType) -> bool:
    return str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OWN)


def _shorten(text: str) -> str:
    half = MAX_CHARACTERS // 2
    return text if len(text) <= MAX_CHARACTERS else f"{text[:half]}\n[…]\n{text[-half:]}"


def describe(error: BaseException) -> tuple[bytes, bool]:
    """The text of a failure, and whether it ends the task, whatever its retries."""
    if isinstance(error, RemoteTaskError):
        return error.text.encode(), error.final
    return failure_text(error).encode(errors="replace"), isinstance(error, NonRetryableError)
