"""The decider: the commit loop around the state machines of the tenants that this replica owns.

Take everything that is pending, apply it, write it in one transaction, release replies and messages, repeat (`loop`).
Batches form by themselves while a transaction is on its way; an idle decider commits at once. Rows that a command needs
are loaded beside the loop (`loading`).

If a transaction fails, memory is ahead of the store: the tenants are built anew from the store (`rebuilding`), and the
round's commands are applied again (they bear repetition; triggers look for runs that exist already). If it was not the
connection that failed but what the round wrote, they are applied one by one, so that only the one at fault is refused.
"""

from .entry import PATIENCE, UNAVAILABLE, Entry
from .holding import Held
from .loop import Decider

__all__ = ["PATIENCE", "UNAVAILABLE", "Decider", "Entry", "Held"]
