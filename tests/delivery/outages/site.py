"""A PostgreSQL and a Kafka of their own, on ports of their own, that may be killed, silenced and filled up."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

import asyncpg

SERVICES = Path(__file__).parents[3] / "deploy" / "dev" / "services.sh"
TRIES = 600  # looks whether a killed process is gone
LOOK = 0.05  # seconds


class Site:
    """Both services, as whoever pulls their plugs sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pg_port, self.kafka_port, self._controller_port = free_ports(3)
        self.database_url = f"postgresql+asyncpg://postgres@127.0.0.1:{self.pg_port}/vet_hub"
        self.log_url = f"kafka://127.0.0.1:{self.kafka_port}"

    def up(self) -> None:
        """Start what does not run; returns when both take connections."""
        self._script("up")

    def down(self) -> None:
        """Stop both."""
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._script("down")

    async def move_database_to(self, disk: Path) -> None:
        """Put the hub's tables on another disk; the server's own files and its log of changes stay where they are."""
        folder = disk / "tables"
        subprocess.run(["install", "-d", "-o", "postgres", folder], check=True)  # noqa: ASYNC221 - nothing else runs yet
        connection = await asyncpg.connect(f"postgresql://postgres@127.0.0.1:{self.pg_port}/postgres")
        try:
            await connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            await connection.execute("ALTER DATABASE vet_hub SET TABLESPACE small")
        finally:
            await connection.close()

    def kill_kafka(self) -> None:
        """SIGKILL, as a power cut does."""
        self._kill(self._kafka())

    def kill_postgres(self) -> None:
        """SIGKILL for the postmaster and all its backends."""
        self._kill(self._postgres())

    @contextmanager
    def silent_kafka(self) -> Iterator[None]:
        """Let the broker stand still: the network takes what is sent, and nobody answers."""
        with _standing_still(self._kafka()):
            yield

    @contextmanager
    def silent_postgres(self) -> Iterator[None]:
        """Let the database stand still with all its backends."""
        with _standing_still(self._postgres()):
            yield

    def _script(self, command: str) -> None:
        settings = {
            "VET_HUB_DEV_STATE": str(self.folder),
            "VET_HUB_DEV_PGPORT": str(self.pg_port),
            "VET_HUB_DEV_KPORT": str(self.kafka_port),
            "VET_HUB_DEV_CPORT": str(self._controller_port),
        }
        done = subprocess.run(
            [SERVICES, command], env=os.environ | settings, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"services.sh {command}: {done.stdout}{done.stderr}")

    def _kafka(self) -> Sequence[int]:
        return [int((self.folder / "kafka" / "pid").read_text())]

    def _postgres(self) -> Sequence[int]:
        postmaster = int((self.folder / "pg" / "postmaster.pid").read_text().splitlines()[0])
        return [postmaster, *_children(postmaster)]

    def _processes(self) -> list[int]:
        found: list[int] = []
        for read in (self._kafka, self._postgres):
            with suppress(OSError, ValueError, IndexError):
                found += read()
        return found

    def _kill(self, pids: Sequence[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for _ in range(TRIES):
            if not any(_lives(pid) for pid in pids):
                return
            sleep(LOOK)


@contextmanager
def site() -> Iterator[Site]:
    """Start both services in a fresh folder; stop them and take it away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vet-hub-outages-", dir=_enterable()))
    folder.chmod(0o755)  # the postgres user must be able to enter it
    _share_jars(folder)
    made = Site(folder)
    try:
        made.up()
        yield made
    finally:
        made.down()
        shutil.rmtree(folder)


def free_ports(n: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _share_jars(folder: Path) -> None:
    """Take the jars of the development services, where there are some; else the script fetches them."""
    ours = Path(os.environ.get("VET_HUB_DEV_STATE") or _enterable() / f"vet-hub-dev-{os.getuid()}")
    if (ours / "kafka" / "libs" / ".complete").exists():
        (folder / "kafka").mkdir()
        (folder / "kafka" / "libs").symlink_to(ours / "kafka" / "libs")


def _enterable() -> Path:
    usual = Path("/var/tmp")  # noqa: S108 - as services.sh chooses it
    return usual if os.access(usual, os.W_OK) else Path(tempfile.gettempdir())


@contextmanager
def _standing_still(pids: Sequence[int]) -> Iterator[None]:
    _tell(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _tell(pids, signal.SIGCONT)


def _tell(pids: Sequence[int], sign: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sign)


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
