"""BullMQ on Redis, in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from . import redis
from .peer import RedisPeer

_FOLDER = Path(__file__).resolve().parent.parent / "peers" / "bullmq"


class BullMQ(RedisPeer):
    """One Node process with a concurrency of 100."""

    name = "bullmq"
    title = "BullMQ (Node) + Redis"
    language = "node"
    setup = "one Node process, concurrency 100, triggered by addBulk, results by QueueEvents"

    absent: ClassVar[Mapping[str, str]] = {"dag": "its flows are trees: a job cannot have two parents"}

    @classmethod
    def missing(cls) -> str:
        """What is not on this machine; installs its packages when Node is there and they are not."""
        if not shutil.which("node") or not shutil.which("npm"):
            return "Node 20 or newer is not installed"
        if not (_FOLDER / "node_modules" / "bullmq").exists():
            made = subprocess.run(
                ["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=_FOLDER, capture_output=True, text=True
            )
            if made.returncode:
                return f"npm could not install it: {made.stderr.strip()[-200:]}"
        return redis.missing()

    @classmethod
    def version(cls) -> str:
        """BullMQ, Node and Redis."""
        package = json.loads((_FOLDER / "node_modules" / "bullmq" / "package.json").read_text())
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return f"bullmq {package['version']}, Node {node}, {redis.version()}"

    def worker_command(self) -> Sequence[str]:
        """The worker program."""
        return ["node", str(_FOLDER / "worker.mjs")]

    def client_command(self) -> Sequence[str]:
        """The client program."""
        return ["node", str(_FOLDER / "client.mjs")]
