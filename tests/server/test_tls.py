"""TLS: gRPC and HTTP by certificate files, with clients' certificates, and renewed while the server runs."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from mattock import ConnectionError, Context, Mattock
from pydantic import BaseModel

from .authority import Authority
from .conftest import ServerFactory, read_env
from .test_start import assert_refused

PROGRAM = Path(__file__).with_name("hatchet_program.py")


class Number(BaseModel):
    n: int


@pytest.fixture
def authority(servers: ServerFactory) -> Authority:
    return Authority(servers.folder)


@pytest.fixture
def tls(authority: Authority) -> list[str]:
    """The flags of a server with TLS."""
    certificate, key = authority.issue("server")
    return ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]


@pytest.fixture
def mtls(tls: list[str], authority: Authority) -> list[str]:
    return [*tls, "--tls-client-ca-file", str(authority.file)]


def client_of(env: dict[str, str], authority: Authority, **more: Any) -> Mattock:
    return Mattock(
        token=env["MATTOCK_CLIENT_TOKEN"],
        host_port=env["MATTOCK_CLIENT_HOST_PORT"],
        server_url=env["MATTOCK_CLIENT_SERVER_URL"],
        tls_root_ca_file=str(authority.file),
        **{"tls_strategy": env["MATTOCK_CLIENT_TLS_STRATEGY"], **more},
    )


def env_of(servers: ServerFactory) -> dict[str, str]:
    return read_env(servers.data_dir / "server.env")


async def use(client: Mattock) -> None:
    """Runs a worker, a task, and asks REST."""

    @client.task(name="double")
    async def double(given: Number, context: Context) -> Number:
        return Number(n=given.n * 2)

    worker = client.worker("w", workflows=[double])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    assert await double.aio_run(Number(n=21)) == Number(n=42)
    assert [run.status for run in await client.runs.aio_list()] == ["COMPLETED"]
    worker.stop()
    await serving
    await client.aio_close()


async def fails(client: Mattock) -> None:
    """No call gets through."""
    async with client:
        with pytest.raises(ConnectionError):
            await client.workflow("double").aio_run({})


def hatchet(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
    own = {name: value for name, value in env.items() if name.startswith("HATCHET_")}
    command = [sys.executable, str(PROGRAM), *arguments]
    return subprocess.Popen(command, env={**clean, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_our_sdk(servers: ServerFactory, tls: list[str], authority: Authority, processes: str) -> None:
    # No word for the open address is needed.
    open_address = ["--host", "0.0.0.0", "--advertise-host", "127.0.0.1"]
    server = servers.start_ready(*tls, *open_address, "--processes", processes)
    env = env_of(servers)
    assert env["MATTOCK_CLIENT_SERVER_URL"].startswith("https://127.0.0.1:")
    assert env["MATTOCK_CLIENT_TLS_STRATEGY"] == env["HATCHET_CLIENT_TLS_STRATEGY"] == "tls"
    await use(client_of(env, authority))
    await fails(client_of(env, authority, tls_strategy="none", reconnect_seconds=0.5))
    await fails(client_of(env, Authority(servers.folder, "stranger"), reconnect_seconds=0.5))
    assert server.stop() == 0


async def test_clients_with_certificates(servers: ServerFactory, mtls: list[str], authority: Authority) -> None:
    servers.start_ready(*mtls)
    env = env_of(servers)
    assert env["MATTOCK_CLIENT_TLS_STRATEGY"] == env["HATCHET_CLIENT_TLS_STRATEGY"] == "mtls"
    certificate, key = authority.issue("client")
    await use(client_of(env, authority, tls_cert_file=str(certificate), tls_key_file=str(key)))
    await fails(client_of(env, authority, tls_strategy="tls", reconnect_seconds=0.5))
    forged, forged_key = Authority(servers.folder, "stranger").issue("client-of-a-stranger")
    files = {"tls_cert_file": str(forged), "tls_key_file": str(forged_key)}
    await fails(client_of(env, authority, **files, reconnect_seconds=0.5))


async def test_http_asks_for_certificates_too(servers: ServerFactory, mtls: list[str], authority: Authority) -> None:
    servers.start_ready(*mtls, "--tls-http-client-certs")
    env = env_of(servers)
    certificate, key = authority.issue("client")
    await use(client_of(env, authority, tls_cert_file=str(certificate), tls_key_file=str(key)))
    trusting = ssl.create_default_context(cafile=str(authority.file))
    with pytest.raises(httpx.TransportError):
        async with httpx.AsyncClient(verify=trusting) as stranger:
            await stranger.get(env["MATTOCK_CLIENT_SERVER_URL"] + "/api/ready")


def test_the_command_line(servers: ServerFactory, mtls: list[str], authority: Authority) -> None:
    servers.start_ready(*mtls, "--tls-http-client-certs")
    certificate, key = authority.issue("client")
    names = {"ROOT_CA": authority.file, "CERT": certificate, "KEY": key}
    own = {f"MATTOCK_CLIENT_TLS_{name}_FILE": str(file) for name, file in names.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
    environment = {**clean, **own, "MATTOCK_DATA_DIR": str(servers.data_dir)}
    command = [sys.executable, "-m", "mattock.cli.app", "runs", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    del environment["MATTOCK_CLIENT_TLS_CERT_FILE"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "no answer from https://" in done.stderr


@pytest.mark.parametrize("mode", ["tls", "mtls"])
def test_hatchets_sdk(servers: ServerFactory, request: Any, authority: Authority, mode: str) -> None:
    servers.start_ready(*request.getfixturevalue(mode))
    env = env_of(servers) | {"HATCHET_CLIENT_TLS_ROOT_CA_FILE": str(authority.file)}
    assert env["HATCHET_CLIENT_TLS_STRATEGY"] == mode
    if mode == "mtls":
        certificate, key = authority.issue("client")
        env |= {"HATCHET_CLIENT_TLS_CERT_FILE": str(certificate), "HATCHET_CLIENT_TLS_KEY_FILE": str(key)}
    worker = hatchet(env, "work")
    try:
        out, _ = hatchet(env, "run", "21").communicate(timeout=60)
        assert out.splitlines()[-1] == "{'n': 42}", out
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


def serial(address: str, authority: Path) -> int:
    """The number of the certificate that a server shows."""
    context = ssl.create_default_context(cafile=str(authority))
    context.set_alpn_protocols(["h2", "http/1.1"])
    host, port = address.rsplit(":", 1)
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).serial_number


def test_a_renewed_certificate_is_shown_at_once(servers: ServerFactory, tls: list[str], authority: Authority) -> None:
    server = servers.start_ready(*tls, "--processes", "2")
    env = env_of(servers)
    addresses = [env["MATTOCK_CLIENT_HOST_PORT"], env["MATTOCK_CLIENT_SERVER_URL"].removeprefix("https://")]

    def shown() -> set[int]:
        # The kernel chooses the process: that one of two gets none of 40 does not happen (1 of 10 ** 11).
        return {serial(address, authority.file) for address in addresses for _ in range(40)}

    assert shown() == {2}
    _, key = authority.issue("server", serial=3)
    assert shown() == {3}
    whole = key.read_bytes()
    key.write_bytes(b"half a file")
    assert shown() == {3}
    key.write_bytes(whole)
    assert shown() == {3}
    authority.issue("server", serial=4)
    assert shown() == {4}
    assert server.stop() == 0
    assert any("stays in use" in line for line in server.errors)


def test_cookies_are_for_https_alone(servers: ServerFactory, tls: list[str], authority: Authority) -> None:
    server = servers.start_ready(*tls)
    link = server.wait_for_line("  dashboard").split()[1]
    trusting = ssl.create_default_context(cafile=str(authority.file))
    reply = httpx.get(link, verify=trusting)
    cookies = reply.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("; Secure" in cookie for cookie in cookies)


def test_files_that_cannot_be_used_are_named(servers: ServerFactory, tls: list[str], authority: Authority) -> None:
    nothing, garbage = servers.folder / "nothing.pem", servers.folder / "garbage.pem"
    garbage.write_text("garbage")
    certificate, key = tls[1], tls[3]
    _, other = authority.issue("another")
    for arguments, words in (
        (["--tls-cert-file", certificate], ["--tls-key-file"]),
        (["--tls-key-file", key], ["--tls-key-file", "--tls-cert-file"]),
        (["--tls-client-ca-file", str(authority.file)], ["--tls-client-ca-file", "--tls-cert-file"]),
        ([*tls, "--tls-http-client-certs"], ["--tls-http-client-certs", "--tls-client-ca-file"]),
        (["--tls-cert-file", str(nothing), "--tls-key-file", key], ["--tls-cert-file", "nothing.pem", "No such file"]),
        (["--tls-cert-file", str(garbage), "--tls-key-file", key], ["--tls-cert-file", "garbage.pem"]),
        (["--tls-cert-file", certificate, "--tls-key-file", str(other)], ["--tls-key-file", "another-key.pem"]),
        ([*tls, "--tls-client-ca-file", str(garbage)], ["--tls-client-ca-file", "garbage.pem"]),
    ):
        assert_refused(servers.start(*arguments), *words)
