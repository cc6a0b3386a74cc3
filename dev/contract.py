"""Generates Python modules from the .proto files."""

from __future__ import annotations

import re
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

POOL = b'''"""A pool of our own: a program may load another library's messages of the same names beside these."""

from google.protobuf import descriptor_pool, timestamp_pb2

POOL = descriptor_pool.DescriptorPool()
POOL.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
'''


def render_messages(root: Path, package: str, target: str, own_pool: bool = False) -> dict[str, bytes]:
    """Generates messages and their type stubs, no service stubs.

    Args:
        root: the folder that import paths in .proto files start from.
        package: the folder below it whose files are wanted.
        target: the folder of the generated modules, from the project's root.
        own_pool: keeps the messages apart from those of other libraries in the same program.

    Returns:
        Contents by path.
    """
    names = sorted(str(path.relative_to(root)) for path in (root / package).glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        includes = [f"-I{root}", f"-I{files('grpc_tools') / '_proto'}"]
        if protoc.main(["protoc", *includes, f"--python_out={folder}", f"--pyi_out={folder}", *names]):
            raise SystemExit("protoc failed")
        made = sorted(Path(folder, package).glob("*_pb2.py*"))
        found = {f"{target}/{path.name}": _with_relative_imports(path.read_bytes()) for path in made}
    if own_pool:
        found = {path: _in_own_pool(code) for path, code in found.items()} | {f"{target}/pool.py": POOL}
    return {f"{target}/__init__.py": b'"""Generated from `contracts`; not for users."""\n', **found}


def _in_own_pool(code: bytes) -> bytes:
    pool = b"from google.protobuf import descriptor_pool as _descriptor_pool"
    return code.replace(pool, b"from . import pool as _pool").replace(b"_descriptor_pool.Default()", b"_pool.POOL")


def _with_relative_imports(code: bytes) -> bytes:
    """Imports of neighbours as a package has them; those of Google's own files stay."""
    return re.sub(rb"^(?:from mattock\.v1 )?import (\w+_pb2)", rb"from . import \1", code, flags=re.MULTILINE)
