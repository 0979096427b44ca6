"""Ports of this machine that nothing listens on."""

import random
import socket

# Below those that the kernel gives to clients: one of these could be taken before it is used.
PORTS = range(10_000, 32_000)
_chance = random.Random()  # of the system's: workers beside each other draw different ones


def free_port() -> int:
    """A loopback port that was free a moment ago, and that no client is given."""
    while True:
        port = _chance.choice(PORTS)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
