"""A server with a worker, as the tests of the dashboard see it: its command line, and its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import CommandLine, wait_for


class Site:
    """A server; `folder` is where it and its workers run.

    What a test needs to be there before the person comes is made by the API: it takes a tenth of the time that the
    command line does.
    """

    def __init__(self, folder: Path, **env: str) -> None:
        self.shell = CommandLine(folder)
        self.shell.env |= env
        env_file = folder / "server.env"
        self.server = self.shell.start("server", "--grpc-port", "0", "--http-port", "0", "--env-file", str(env_file))
        wait_for(self.server, "Mattock is ready")
        told = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        self.url, self.tenant_id = told["MATTOCK_CLIENT_SERVER_URL"], told["MATTOCK_CLIENT_TENANT_ID"]
        self.token = told["MATTOCK_CLIENT_TOKEN"]
        self._http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """What is answered; `T` stands for the tenant's path, `S` for that of newer things."""
        path = path.replace("S/", f"/api/v1/stable/tenants/{self.tenant_id}/")
        path = path.replace("T/", f"/api/v1/tenants/{self.tenant_id}/")
        answer = self._http.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """Reads."""
        return self.send("GET", path)

    def start(self, workflow: str, text: str = "{}", **metadata: str) -> str:
        """Starts a run; its id."""
        body = {"workflowName": workflow, "input": json.loads(text), "additionalMetadata": metadata}
        return str(self.send("POST", "S/workflow-runs/trigger", body)["run"]["metadata"]["id"])

    def cancel(self, *run_ids: str) -> None:
        """Cancels runs."""
        self.send("POST", "S/tasks/cancel", {"externalIds": run_ids})

    def workflow(self, name: str) -> str:
        """The id of a workflow."""
        rows = self.get(f"T/workflows?name={name}")["rows"]
        return str(next(row for row in rows if row["name"] == name)["metadata"]["id"])

    def link(self) -> str:
        """A link that logs in, once."""
        return str(self.send("POST", "T/login-links", {})["url"])

    def close(self) -> None:
        """Ends it."""
        self._http.close()
        self.server.terminate()
        self.server.communicate(timeout=60)


def serve(folder: Path, tasks: str, *options: str) -> Iterator[Site]:
    """A server with a worker of these tasks, until one goes on."""
    (folder / "tasks.py").write_text(tasks)
    site = Site(folder)
    worker = site.shell.start("worker", "tasks.py", *options)
    wait_for(worker, "is ready")
    yield site
    worker.terminate()
    worker.communicate(timeout=60)
    site.close()
