"""The command line of the server; its flags are made from the settings, so that none can be missing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from .setting import SettingError, Settings, load, options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message}; see {self.prog} --help")


def parser(prog: str = "mattock server") -> argparse.ArgumentParser:
    """Makes the parser: one flag a setting, all values as text (`setting.load` converts them)."""
    made = _Parser(
        prog=prog,
        description="Runs a Mattock server: the engine with its store, gRPC and HTTP, until SIGTERM or Ctrl-C.",
        epilog="Every option can also be set by the environment (MATTOCK_GRPC_PORT) or in a TOML file (grpc_port).",
        allow_abbrev=False,
    )
    made.add_argument("--config", metavar="FILE", help="TOML file with settings (default: mattock.toml, if there).")
    for option in options().values():
        text = option.description.replace("`", "").replace("%", "%%")
        if option.default not in (None, "", False):
            text += f" Default: {option.default}."
        if option.base is bool:
            made.add_argument(option.flag, dest=option.name, action="store_true", default=None, help=text)
        else:
            metavar = option.name.rsplit("_", 1)[-1].upper()
            made.add_argument(option.flag, dest=option.name, metavar=metavar, help=text)
    return made


def read(arguments: Sequence[str], prog: str = "mattock server") -> Settings:
    """Settings from the command line, the environment and the file.

    Raises:
        SettingError: with one line for a person.
    """
    flags = vars(parser(prog).parse_args(list(arguments)))
    return load(flags, config=flags.pop("config"))


def main(arguments: Sequence[str] | None = None, prog: str = "mattock server") -> int:
    """Runs a server until it is told to stop.

    Returns:
        The exit code: 0 after an orderly stop, 1 when it could not start or go on, 2 for a wrong setting.
    """
    try:
        settings = read(sys.argv[1:] if arguments is None else arguments, prog)
    except SettingError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    from .server import run

    return run(settings, prog)
