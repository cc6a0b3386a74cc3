"""Commands of sessions that watch and listen."""

from __future__ import annotations

from .base import Command


class WatchRuns(Command):
    """The session wants `RunFinished` of these runs, also of those that are final, and of ids not known yet."""

    session: str
    ids: list[str]


class UnwatchRuns(Command):
    """The session no longer wants these."""

    session: str
    ids: list[str]


class Listen(Command):
    """The session wants the events of a run (`TaskEvent`, `StreamChunk`), or of all runs with a metadata pair.

    `logs`: log lines too (`TaskLogged`); of a run alone.

    `ahead`: the run may not be there yet, for its trigger is on its way: that may have to wait for rows, and be
    overtaken by what came after it.

    Reply: True if the run is final already. NOT_FOUND for an unknown run.
    """

    session: str
    run_id: str = ""
    metadata: tuple[str, str] | None = None
    logs: bool = False
    ahead: bool = False


class Unlisten(Command):
    """The session no longer wants the events of a run: it never came to be, for its trigger was refused."""

    session: str
    run_id: str


class WatchTenant(Command):
    """The session wants to be told, in digests (`TenantChanged`), what changes in the tenant."""

    session: str


class CloseSession(Command):
    """The session is gone: forget what it watches and listens to. (Workers are detached by `DetachWorker`.)"""

    session: str
