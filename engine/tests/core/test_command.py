"""Commands travel between replicas."""

from __future__ import annotations

import typing

from mattock_engine.core import command as commands
from mattock_engine.core.steer import DropOldest
from mattock_engine.peer.frame import AnyCommand

# What an owner sends itself.
INTERNAL = {commands.Tick, commands.Loaded, commands.ExpireQueued, DropOldest}


def test_every_command_can_reach_the_owner() -> None:
    known = set(typing.get_args(AnyCommand))
    assert set(commands.Command.__subclasses__()) - INTERNAL == known
