"""`docs/reference-cli.md`: every command, with its arguments and options, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import typer.main
from mattock.cli import app as program

HEAD = """# Command line reference

<!-- Generated from sdks/python/mattock/cli by `python3 dev.py generate`. -->

The commands find the server by themselves: by `MATTOCK_CLIENT_TOKEN` and its companions
([Configuration](configuration.md#clients)), else the one that runs on this machine.

- `-o json` (or `--json`) prints what programs read: the API's own objects, in full. Tables that go to a file or a pipe
  are not cut.
- Exit codes: 0 when all went well; 1 when not, with one line on standard error that says why; 2 for arguments that are
  wrong; 130 after Ctrl-C.
- Times are given as so long ago (`90s`, `15m`, `24h`, `7d`) or as in `2026-01-31T12:00:00Z`.
- `mattock --install-completion` teaches your shell the names of commands and options.
"""
# Its options are the server's settings.
SERVER = "Its options are the [settings of the server](configuration.md)."


def render() -> str:
    """The page."""
    program._add_commands()
    root = typer.main.get_command(program.app)
    parts = [HEAD]
    for path, command in _commands(root, "mattock"):
        parts.append(_section(path, command))
    return "\n".join(parts)


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, each in sorted(command.commands.items()):
        if each.hidden:
            continue
        if getattr(each, "commands", None):
            yield from _commands(each, f"{path} {name}")
        else:
            yield f"{path} {name}", each


def _section(path: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    words = [path, *map(_word, arguments), *(["[OPTIONS]"] if options or path == "mattock server" else [])]
    text = SERVER if path == "mattock server" else " ".join(command.help.split())
    lines = [f"## {path}", "", "```", " ".join(words), "```", "", text, ""]
    if rows := [*map(_argument, arguments), *map(_option, options)]:
        lines += ["| | | default |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _word(argument: Any) -> str:
    name = _name(argument) + ("…" if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name).upper()


def _argument(argument: Any) -> str:
    return f"| `{_name(argument)}` | {_cell(argument.help)} | {_default(argument)} |"


def _option(option: Any) -> str:
    names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
    choices = _choices(option.type_descriptor.annotation)
    help_text = _cell(option.help) + (f" One of {', '.join(choices)}." if choices else "")
    return f"| {names} | {help_text} | {_default(option)} |"


def _choices(annotation: Any) -> list[str]:
    """Values of an enumeration, alone or in a list; none for other types."""
    for each in (
        annotation,
        *get_args(annotation),
        *(inner for part in get_args(annotation) for inner in get_args(part)),
    ):
        if isinstance(each, type) and issubclass(each, Enum):
            return [_value(item) for item in each]
    return []


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    default = parameter.default
    if parameter.required:
        return "required"
    if default is None or isinstance(default, bool) or default == "" or not isinstance(default, str | int | float):
        return ""
    return f"`{_value(default)}`"


def _value(item: Any) -> str:
    return str(getattr(item, "value", item))


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
