"""The listening sockets: opened once, before anything else, and shared by all replicas of a server.

The replicas inherit the sockets in place of binding their own with SO_REUSEPORT: whichever is idle first takes the
next connection (a hash of its address would send two connections to one of two replicas half the time), the port
stays taken while a replica is started again, and no connection waits in the queue of a dead one.
"""

from __future__ import annotations

import errno
import socket

from .setting import SettingError

BACKLOG = 1024


def open_listener(host: str, port: int, flag: str) -> socket.socket:
    """Binds and listens.

    Args:
        host: address or name.
        port: 0 for a free one.
        flag: the option to name in an error.

    Raises:
        SettingError: the port is taken, needs more rights, or the host is not an address of this machine.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingError(f"--host: {host!r} is not an address: {error.strerror}") from None
    # IPv4 first: `localhost` is both, and that is what clients try.
    family, _, _, _, address = sorted(found, key=lambda item: item[0] != socket.AF_INET)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise SettingError(_reason(error, host, port, flag)) from None
    made.setblocking(False)
    return made


def _reason(error: OSError, host: str, port: int, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{flag}: port {port} is in use on {host}; stop the program that has it, or choose another (0 = a free one)"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{flag}: not allowed to listen on port {port}; choose one from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host: {host} is not an address of this machine"
    return f"{flag}: cannot listen on {host}:{port}: {error.strerror}"


def port_of(listener: socket.socket) -> int:
    """The port that a socket listens on."""
    return int(listener.getsockname()[1])
