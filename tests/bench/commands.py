"""What a newcomer waits for: `--help`, the demonstration, and how much memory the hub keeps after it."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

from tests.bench.harness import Bench, Figure, Ground, Samples

HELP = Figure("help", "vet-hub --help above an empty Python start", "ms", 200, 120, most=True)
DEMO = Figure("demo", "vet-hub demo on a warm environment", "s", 8, 4, most=True)
MEMORY = Figure("memory", "resident memory of `up` after the demo", "MiB", 350, 250, most=True)
COMMAND = str(Path(sys.executable).with_name("vet-hub"))


async def _seconds(*command: str) -> float:
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL, env=_environment())
    if await process.wait():
        raise AssertionError(f"{' '.join(command)} failed")
    return perf_counter() - began


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VET_HUB_")}


async def measure(ground: Ground) -> AsyncIterator[Samples]:
    """Yield milliseconds, seconds and mebibytes."""
    await _seconds(COMMAND, "--help")
    for n in range(ground.repeats):
        bare, ours = await _seconds(sys.executable, "-c", ""), await _seconds(COMMAND, "--help")
        took = await _seconds(COMMAND, "demo", "--json", "--data", str(ground.folder / f"demo{n}"))
        yield {
            HELP.name: (ours - bare) * 1000,
            DEMO.name: took,
            MEMORY.name: await _memory_of_up(ground.folder / f"demo{n}"),
        }


async def _memory_of_up(data: Path) -> float:
    """Start `up --demo` on a new folder, wait until it says where it runs, and read what it keeps."""
    process = await asyncio.create_subprocess_exec(
        COMMAND, "up", "--demo", "--port", "0", "--data", f"{data}-up", stdout=PIPE, stderr=PIPE, env=_environment()
    )
    try:
        await _says_where(process)
        status = await asyncio.to_thread(Path(f"/proc/{process.pid}/status").read_text)
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else float("nan")
    finally:
        process.terminate()
        await process.communicate()


async def _says_where(process: asyncio.subprocess.Process) -> None:
    async def reads(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            if b"runs at http" in line:
                return
        await asyncio.get_running_loop().create_future()  # ended without a word: the other stream may have it

    if process.stdout is None or process.stderr is None:
        raise RuntimeError("the hub has no pipes")
    async with asyncio.timeout(60):
        tasks = [asyncio.ensure_future(reads(stream)) for stream in (process.stdout, process.stderr)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


BENCHES = (Bench("commands", (HELP, DEMO, MEMORY), measure),)
