"""Log records that tasks write, as lines of the tasks' logs."""

from __future__ import annotations

import logging
from typing import cast

from ..context import LogLevel, current_context

_LEVELS = ((logging.ERROR, "ERROR"), (logging.WARNING, "WARN"), (logging.INFO, "INFO"))


class TaskLogHandler(logging.Handler):
    """Gives a record to the task that it was written in; ignores those from elsewhere, and Mattock's own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a record."""
        context = current_context.get()
        if context is None or record.name.partition(".")[0] == "mattock":
            return
        level = next((name for number, name in _LEVELS if record.levelno >= number), "DEBUG")
        try:
            context.log(self.format(record), level=cast(LogLevel, level), logger=record.name)
        except Exception:
            self.handleError(record)
