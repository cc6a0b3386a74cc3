"""The embedded server as a process: a stand-in for the server that only prints and waits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from fake_engine import token_for
from mattock import EmbeddedError, EmbeddedServer, Mattock, SettingError

PROGRAM = """
import pathlib, signal, sys
file, token, ending = sys.argv[1:]
if ending == "early":
    sys.exit("the port is in use")
names = {"TOKEN": token, "HOST_PORT": "here:1", "SERVER_URL": "http://here:2", "TLS_STRATEGY": "none"}
pathlib.Path(file).write_text("".join(f"MATTOCK_CLIENT_{name}={value}\\n" for name, value in names.items()))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("starting", flush=True)
print("Mattock is ready: here", flush=True)
signal.pause()
"""


class StandIn(EmbeddedServer):
    """Runs the program above."""

    folder: Path
    ending = ""

    def _command(self, folder: Path, env_file: Path) -> list[str]:
        self.folder = folder
        return [sys.executable, "-c", PROGRAM, str(env_file), token_for("there:3"), self.ending]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MATTOCK_CLIENT_", "HATCHET_CLIENT_"))]:
        monkeypatch.delenv(name)


def test_it_is_found_while_it_runs() -> None:
    client = Mattock()
    with StandIn(None, (), True) as server:
        assert (server.host_port, server.url) == ("here:1", "http://here:2")
        assert client.settings.host_port == server.client().settings.host_port == "here:1"
        assert server.client(namespace="a").qualify("w") == "a_w"
        assert "starting" in server.output
    client.close()
    with pytest.raises(SettingError):
        _ = client.settings
    assert not server.folder.exists()
    server.stop()


async def test_it_can_leave_the_environment_alone() -> None:
    async with StandIn(None, (), False) as server:
        assert server.client().settings.server_url == server.url
        with pytest.raises(SettingError):
            _ = Mattock().settings


def test_a_server_that_does_not_start_says_why() -> None:
    server = StandIn(None, (), True)
    server.ending = "early"
    with pytest.raises(EmbeddedError, match="the port is in use"), server:
        pass
    assert not server.folder.exists()
