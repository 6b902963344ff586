"""A second real Kafka that asks who you are and what you may, in a folder and on ports of its own."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "deploy" / "dev" / "services.sh"


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[dict[str, str]]:
    """Run it until the block ends; gives the settings of a hub that may do everything there."""
    ports = dict(zip(("KPORT", "CPORT"), _free_ports(2), strict=True))
    environment = {
        **os.environ,
        "VET_HUB_DEV_GUARDED": str(folder),
        **{f"VET_HUB_DEV_GUARDED_{name}": str(port) for name, port in ports.items()},
    }
    subprocess.run([SERVICES, "guarded", "up"], env=environment, check=True, capture_output=True)
    try:
        told = subprocess.run([SERVICES, "guarded", "env"], env=environment, check=True, capture_output=True, text=True)
        yield dict(re.findall(r"VET_HUB_(\w+)=(\S+)", told.stdout))
    finally:
        subprocess.run([SERVICES, "guarded", "wipe"], env=environment, check=True, capture_output=True)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
