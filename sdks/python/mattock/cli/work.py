"""`mattock worker`: run the tasks and workflows that a file or module holds."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .connection import connect
from .error import CommandError

if TYPE_CHECKING:
    from ..declaration import SoleTask, Workflow
    from ..execution.worker import Worker


def work(
    source: Annotated[str, typer.Argument(help="A Python file (tasks.py) or a module (shop.tasks).")],
    name: Annotated[str | None, typer.Option(help="The worker's name; by default the module's.")] = None,
    slots: Annotated[int, typer.Option(min=1, help="How many tasks to run at once.")] = 100,
    reload: Annotated[bool, typer.Option("--reload", help="Start again when a Python file beside it changes.")] = False,
) -> None:
    """Run a worker for all tasks and workflows of a file or module, until Ctrl-C."""
    if reload:
        from .reload import run_and_reload

        run_and_reload([sys.executable, "-m", "mattock.cli.app", "worker", source, "--slots", str(slots)], name, source)
        return
    connect()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    module = load(source)
    make_worker(module, name, slots).start()


def load(source: str) -> ModuleType:
    """Imports a module by its name or its file.

    Raises:
        CommandError: there is none. What the module itself raises comes through.
    """
    path = Path(source)
    if path.suffix != ".py":
        sys.path.insert(0, str(Path.cwd()))
        try:
            return importlib.import_module(source)
        except ModuleNotFoundError as error:
            if error.name and (source == error.name or source.startswith(error.name + ".")):
                raise CommandError(f"there is no module {source!r} (a file needs its ending: {source}.py)") from None
            raise
    if not path.is_file():
        raise CommandError(f"there is no file {source}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path, loader=_Fresh(path.stem, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Tasks in a process pool find their function by the module's name.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


class _Fresh(SourceFileLoader):
    """Reads the source each time, as Python does with the file that it is started with.

    A cached file would stand for one that was written again in the same second and kept its size.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def make_worker(module: ModuleType, name: str | None, slots: int) -> Worker:
    """A worker of all that the module declares; the module's own, if it has just one.

    Raises:
        CommandError: the module declares nothing, or for several clients.
    """
    from ..execution.worker import Worker

    workers = {id(item): item for item in vars(module).values() if isinstance(item, Worker)}
    if len(workers) == 1 and name is None:
        return next(iter(workers.values()))
    found = declared(module)
    if not found:
        raise CommandError(f"{module.__name__} declares no task and no workflow (at the top of the module)")
    clients: dict[int, Any] = {id(item.client): item.client for item in found}
    if len(clients) > 1:
        raise CommandError(f"{module.__name__} declares for {len(clients)} clients: start its workers in code")
    client = next(iter(clients.values()))
    made: Worker = client.worker(name or module.__name__, workflows=found, slots=slots)
    return made


def declared(module: ModuleType) -> list[Workflow[Any] | SoleTask[Any, Any]]:
    """The workflows and standalone tasks in a module's namespace."""
    from ..declaration import SoleTask, Workflow

    found = {id(item): item for item in vars(module).values() if isinstance(item, Workflow | SoleTask)}
    return list(found.values())
