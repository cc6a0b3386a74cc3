"""Commands travel between replicas."""

from __future__ import annotations

import importlib
import pkgutil
import typing

from mattock_engine import core
from mattock_engine.core import command as commands
from mattock_engine.core.steer import DropOldest
from mattock_engine.core.wait import LookBack
from mattock_engine.peer.frame import AnyCommand

# What an owner sends itself.
INTERNAL = {commands.Tick, commands.Loaded, commands.ExpireQueued, DropOldest, LookBack}


def test_every_command_can_reach_the_owner() -> None:
    for module in pkgutil.walk_packages(core.__path__, f"{core.__name__}."):
        importlib.import_module(module.name)
    known = set(typing.get_args(AnyCommand))
    assert set(commands.Command.__subclasses__()) - INTERNAL == known
