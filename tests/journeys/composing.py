"""Reads compose.yaml and runs its services without containers: the same commands, order and health checks as processes.

What a container would have around it is replaced: names of services by ports of the development services, the image's
entry point by this checkout's command line, the read-only root by an empty folder that must stay empty.
"""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds everything may take to become healthy on a loaded machine
LOOK_AGAIN = 0.2  # seconds; the file's start_interval would be a container's
HUB = "vet-hub:"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file as compose reads it: anchors merged, variables put in, as an .env file would give them."""
    given = {"POSTGRES_PASSWORD": "secret"} if variables is None else variables

    def value(found: re.Match[str]) -> str:
        name, kind, words = found.groups()
        if name in given:
            return given[name]
        if kind == "-":
            return str(words)
        raise KeyError(f"{name}: {words}")

    read: dict[str, Any] = yaml.safe_load(VARIABLE.sub(value, (ROOT / "compose.yaml").read_text()))
    return read


def of_the_hub(file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the services that run the hub's image."""
    return {name: each for name, each in file["services"].items() if each["image"].startswith(HUB)}


@dataclass
class Cluster:
    """The services of compose.yaml as processes in a folder; `outside` are healthy services that run elsewhere."""

    folder: Path
    rewritten: Mapping[str, str]
    outside: frozenset[str]
    services: dict[str, Any] = field(default_factory=lambda: of_the_hub(compose()))
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    health_ports: dict[str, int] = field(default_factory=dict)

    async def begin(self, *names: str) -> None:
        """Start services, each as soon as what it depends on is as the file asks."""
        started: dict[str, asyncio.Task[None]] = {}
        for name in self._needed(names):
            started[name] = asyncio.create_task(self._start_in_order(name, started))
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*started.values())
            for name in names:
                await self._until(name, "service_healthy")

    async def run(self, name: str, *more: str) -> str:
        """Run a service once in the foreground, as `docker compose run` does; returns what it printed."""
        await self.begin(*self.services[name].get("depends_on", {}))
        process = await self._spawn(name, *more, out=asyncio.subprocess.PIPE)
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
        assert process.returncode == 0, self._log(name)
        return said.decode()

    async def end(self) -> dict[str, int]:
        """Stop what runs as compose does, and return each process's exit code."""
        for process in self.running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return {name: await process.wait() for name, process in self.running.items()}

    def _needed(self, names: tuple[str, ...]) -> list[str]:
        found: dict[str, None] = {}
        for name in names:
            before = tuple(each for each in self.services[name].get("depends_on", {}) if each not in self.outside)
            found |= dict.fromkeys([*self._needed(before), name])
        return [name for name in found if name not in self.running]

    async def _start_in_order(self, name: str, started: Mapping[str, "asyncio.Task[None]"]) -> None:
        for before, terms in self.services[name].get("depends_on", {}).items():
            if before in self.outside:
                continue
            if before in started:
                await started[before]
            await self._until(before, terms["condition"])
        self.running[name] = await self._spawn(name)

    async def _until(self, name: str, condition: str) -> None:
        process = self.running[name]
        if condition == "service_completed_successfully":
            assert await process.wait() == 0, self._log(name)
            return
        while not await self._is_healthy(name):
            assert process.returncode is None, self._log(name)
            await asyncio.sleep(LOOK_AGAIN)

    async def _is_healthy(self, name: str) -> bool:
        kind, program, *arguments = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        check = await asyncio.create_subprocess_exec(
            ROOT / "deploy" / program,
            *arguments,
            env=self._environment(name),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await check.wait() == 0

    async def _spawn(self, name: str, *more: str, out: int | None = None) -> asyncio.subprocess.Process:
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hub",
                *self.services[name]["command"],
                *more,
                cwd=root,
                env=self._environment(name),
                stdout=out or log,
                stderr=log,
            )

    def _environment(self, name: str) -> dict[str, str]:
        if name not in self.health_ports:
            self.health_ports[name] = free_port()
        own = {"VET_HUB_HEALTH_PORT": str(self.health_ports[name]), "VET_HUB_DATA": str(self.folder / "root" / "data")}
        bare = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR", "LANG") if key in os.environ}
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        return {**bare, "PYTHONPATH": path, **self.services[name]["environment"], **self.rewritten, **own}

    def _log(self, name: str) -> str:
        return f"{name}: {(self.folder / f'{name}.log').read_text()[-2000:]}"


@asynccontextmanager
async def processes(folder: Path, rewritten: Mapping[str, str], outside: frozenset[str]) -> AsyncIterator[Cluster]:
    """Run services until the block ends; what is left then is stopped, in good order if it can be."""
    cluster = Cluster(folder, rewritten, outside)
    try:
        yield cluster
    finally:
        try:
            await cluster.end()
        finally:
            for process in cluster.running.values():
                if process.returncode is None:
                    process.kill()
                    await process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
