"""The command `mattock`: what it offers, and how it ends."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .error import CommandError
from .option import JSON_FLAG

SERVER_COMMANDS = ("server", "dev")
# The server reads its own arguments: they are made from its settings, so that none can be missing here.
_NO_SERVER = "mattock: the server is not installed here: pip install 'mattock[server]'"
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


class Program(TyperGroup):
    """The program's commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`--json` is short for `--output json`, wherever it stands before a `--`."""
        end = args.index("--") if "--" in args else len(args)
        short = ["--output=json" if each == JSON_FLAG else each for each in args[:end]]
        return super().parse_args(ctx, short + args[end:])


app = typer.Typer(
    help="Mattock: durable tasks and workflows on one Postgres.",
    no_args_is_help=True,
    cls=Program,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mattock {version('mattock')}" + _server_version())
        raise typer.Exit


def _server_version() -> str:
    try:
        return f", server {version('mattock-engine')}"
    except PackageNotFoundError:
        return ""


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command("server", context_settings=_PASSED_ON)
def server(context: typer.Context) -> None:
    """Run a server (also: `dev`); `mattock server --help` lists its options."""
    raise typer.Exit(serve(context.args))


app.command("dev", context_settings=_PASSED_ON, hidden=True)(server)


@app.command("backup", context_settings=_PASSED_ON)
def backup(context: typer.Context) -> None:
    """Write a backup of this machine's server: `mattock backup FILE`."""
    raise typer.Exit(administer(["backup", *context.args]))


@app.command("restore", context_settings=_PASSED_ON)
def restore(context: typer.Context) -> None:
    """Fill an empty data directory or database from a backup: `mattock restore FILE`."""
    raise typer.Exit(administer(["restore", *context.args]))


@app.command("add-key", context_settings=_PASSED_ON)
def add_key(context: typer.Context) -> None:
    """Make a key by which the server encrypts payloads: `mattock add-key FILE`."""
    raise typer.Exit(administer(["add-key", *context.args]))


def administer(arguments: list[str]) -> int:
    """Runs a command of who runs a server; its exit code."""
    try:
        from mattock_engine.admin import main as run_command
    except ModuleNotFoundError as error:
        if error.name != "mattock_engine":
            raise
        print(_NO_SERVER, file=sys.stderr)
        return 1
    return run_command(arguments)


def serve(arguments: list[str]) -> int:
    """Runs a server in this process, until it is told to stop; its exit code."""
    try:
        from mattock_engine.command import main as run_server
    except ModuleNotFoundError as error:
        if error.name != "mattock_engine":
            raise
        print(_NO_SERVER, file=sys.stderr)
        return 1
    return run_server(arguments)


def _add_commands() -> None:
    from . import (
        alert,
        approval,
        cron,
        dashboard,
        dead_letter,
        demo,
        event,
        limit,
        mcp_server,
        run,
        schedule,
        token,
        top,
        trigger,
        webhook,
        work,
        worker,
        workflow,
    )
    from .detail import add_commands

    app.command("demo")(demo.demo)
    app.command("run")(trigger.run_workflow)
    app.command("dashboard")(dashboard.dashboard)
    app.command("worker")(work.work)
    app.command("top")(top.top)
    app.command("mcp")(mcp_server.mcp)
    app.command("approvals")(approval.list_approvals)
    app.command("approve")(approval.approve)
    add_commands(run.app)
    groups = {"runs": run, "workflows": workflow, "workers": worker, "events": event, "crons": cron}
    groups |= {"schedules": schedule, "rate-limits": limit, "webhooks": webhook, "alerts": alert, "tokens": token}
    groups |= {"dead-letters": dead_letter}
    for name, module in groups.items():
        app.add_typer(module.app, name=name)


def main() -> None:
    """The program: exit code 0 if all went well, 1 if not, 2 for arguments that are wrong."""
    arguments = sys.argv[1:]
    if arguments[:1] and arguments[0] in SERVER_COMMANDS:
        sys.exit(serve(arguments[1:]))
    _add_commands()
    from ..error import MattockError

    try:
        app()
    except (CommandError, MattockError) as error:
        print(f"mattock: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
