"""`vet-hub trace ID`: every event of a story in order, which groups took it, and what they said because of it."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.errors import HubError
from hub.parts import reactions
from hub.settings import Settings
from hub.trace import Story, trace

STYLES = {"done": "good", "stored": "soft", "refused": "warn", "waiting": "warn", "behind": "warn", "parked": "bad"}

app = commands()


@app.command(name="trace")
def show_trace(
    word: Annotated[str, typer.Argument(metavar="ID", help="A ref (belcinto/N-001), a match, or an event's id.")],
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Everything that belongs to one story: events in order, who took them, what they led to."""
    story = asyncio.run(_story(settings_for(data), word))
    if as_json:
        print_json(story.as_json())
    else:
        _tell(story, console())


async def _story(settings: Settings, word: str) -> Story:
    groups = {reaction.name: reaction.group for reaction in reactions(settings)}
    async with store_of(settings) as store:
        story = await trace(store, word, groups)
    if not story.steps:
        raise HubError(f"nothing is known of {word!r}; `vet-hub log tail` shows what there is")
    return story


def _tell(story: Story, out: Console) -> None:
    out.print(f"[soft]story[/] [ref]{story.correlation_id}[/]", soft_wrap=True)
    before = ""
    for step in story.steps:
        if step.event_id != before:
            by = f"  [soft]by {step.said_by}[/]" if step.said_by else ""
            name = step.type.removeprefix("eu.vethub.").rpartition(".v")[0]
            out.print(f"[leather]╌╌[/] [bold]{name}[/] [ref]{step.subject}[/]{by}", soft_wrap=True)
            before = step.event_id
        if step.group is None:
            continue
        style = STYLES.get(step.outcome, "")
        said = f"[soft], said {len(step.caused)}[/]" if step.caused else ""
        note = f"  [soft]{step.note}[/]" if step.note else ""
        out.print(f"   [soft]{step.at[11:23]}[/] {step.group} [{style}]{step.outcome}[/]{said}{note}", soft_wrap=True)
