"""`vet-hub demo`: plays the story in a fresh folder (or where --data says), waits until all is said, and tells it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from hub.app import opened
from hub.cli.mail import row
from hub.cli.opening import cluster_module, require_cluster, settings_for, store_as_it_is
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, notes, print_json
from hub.cli.serving import whole_hub
from hub.cli.telling import Tale, tell
from hub.demo.agreed import agreed
from hub.demo.conversation import has_ended
from hub.demo.outcome import outcome
from hub.demo.player import day_of_story, faults_again, finish, play
from hub.demo.stage import Progress as Told
from hub.demo.tale import asked
from hub.parts import Hub, at_work
from hub.settings import Settings
from hub.store import jobs, parked, schema

Beside = Annotated[
    bool, typer.Option("--beside", help="Tell the story to a cluster whose processes run; run none of its parts here.")
]

app = commands()


@app.command()
def demo(data: DataDir = None, as_json: AsJson = False, beside: Beside = False) -> None:
    """Play the demonstration story, wait until the stream is idle, and tell what happened.

    Each run plays in a fresh temporary folder unless --data is given; a folder that already holds the story is shown,
    not played again. With cluster settings the story is played into their database, which must be fresh.
    """
    settings = settings_in_a_fresh_folder(data)
    if beside:
        require_cluster(settings)
    tale = asyncio.run(play_or_show(settings, beside=beside))
    if as_json:
        print_json(tale.outcome)
    else:
        tell(tale, console())


def settings_in_a_fresh_folder(data: Path | None, *, quiet: bool = True, **given: Any) -> Settings:
    """Load the settings; without a folder the embedded hub gets a new one, which stays for whoever wants to look."""
    settings = settings_for(data, quiet=quiet, **given)
    if data is not None or not settings.embedded:
        return settings
    return settings.model_copy(update={"data": Path(tempfile.mkdtemp(prefix="vet-hub-demo-"))})


async def play_or_show(settings: Settings, *, beside: bool = False) -> Tale:
    """Play the story into a hub of its own, or `beside` processes that run; show it where it was played before."""
    with progress_shown() as progress:
        async with _hub(settings, beside=beside) as hub:
            return await story_in(hub, progress)


async def story_in(hub: Hub, progress: Told) -> Tale:
    """Play the story into a hub that runs, unless it holds it already, and read what there is to tell."""
    began = perf_counter()
    day = await day_of_story(hub.store)
    if day is not None and not await has_ended(hub.store):
        await finish(hub, day, progress=progress)
    faults = await (play(hub, progress=progress) if day is None else faults_again(hub, day))
    seconds = perf_counter() - began
    return Tale(
        outcome=await outcome(hub.store, faults, seconds=seconds),
        asked=await asked(hub.store, hub.index),
        agreed=await agreed(hub.store),
        mails=[await row(hub.store, hub.settings, job) for job in await hub.store.read(jobs.listing, channel="mail")],
        waiting=await hub.store.read(parked.listing),
        faults=faults,
        folder=str(hub.settings.data) if hub.settings.embedded else "",
    )


@asynccontextmanager
async def _hub(settings: Settings, *, beside: bool) -> AsyncIterator[Hub]:
    if not beside and not await _holds_the_whole_story(settings):
        async with whole_hub(settings) as hub:
            yield hub
    elif settings.embedded:
        # A hub may be running on it; showing needs no more than a look and its judgement of two events.
        async with opened(settings, exclusive=False) as (hub, _), at_work(hub.ingest.run):
            yield hub
    else:
        async with cluster_module("hub.stream").cluster(settings, parts={"ingest"}) as hub:
            yield hub


async def _holds_the_whole_story(settings: Settings) -> bool:
    if settings.embedded and not settings.sqlite_path.exists():
        return False
    async with store_as_it_is(settings) as store:
        known = await store.read(schema.revision) is not None and await day_of_story(store) is not None
        return known and await has_ended(store)


@contextmanager
def progress_shown() -> Iterator[Told]:
    """Show on standard error how far the play is, while somebody looks."""
    out = notes()
    columns = (SpinnerColumn(style="leather"), TextColumn("{task.description}"), BarColumn(complete_style="leather"))
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("Opening the hub", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield show
