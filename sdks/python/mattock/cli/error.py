"""What goes wrong on the command line."""

from __future__ import annotations


class CommandError(Exception):
    """A command cannot be carried out. The message is what a person reads: what is wrong, and what to do."""
