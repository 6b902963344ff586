"""`vet-hub trace ID`: every event of a story in order, which groups took it, and what they said because of it."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.tree import Tree

from hub.cli.opening import settings_for, store_of
from hub.cli.options import AsJson, DataDir, commands
from hub.cli.screen import console, print_json
from hub.errors import HubError
from hub.parts import reactions
from hub.settings import Settings
from hub.trace import Step, Story, trace

STYLES = {
    "done": "good",
    "stored": "soft",
    "refused": "warn",
    "waiting": "warn",
    "behind": "warn",
    "parked": "bad",
    "failed": "bad",
}

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
    tree = Tree(f"[soft]story[/] [ref]{story.correlation_id}[/]", guide_style="soft")
    by_event: dict[str, list[Step]] = {}
    for step in story.steps:
        by_event.setdefault(step.event_id, []).append(step)
    cause = {caused: step.event_id for step in story.steps for caused in step.caused}
    branches: dict[str, Tree] = {}
    for event_id, steps in by_event.items():
        # An event hangs below what it was said because of; the order of a story puts that first.
        parent = branches.get(cause.get(event_id, ""), tree)
        branches[event_id] = parent.add(_event(steps[0]))
        for step in steps:
            if step.group is not None:
                branches[event_id].add(_work(step))
    out.print(tree, soft_wrap=True)


def _event(step: Step) -> str:
    by = f"  [soft]by {step.said_by}[/]" if step.said_by else ""
    name = step.type.removeprefix("eu.vethub.").rpartition(".v")[0]
    return f"[bold]{name}[/] [ref]{step.subject}[/]{by}"


def _work(step: Step) -> str:
    style = STYLES.get(step.outcome, "soft")
    said = f"[soft], said {len(step.caused)}[/]" if step.caused else ""
    note = f"  [soft]{step.note}[/]" if step.note else ""
    return f"[soft]{step.at[11:23]}[/] {step.group} [{style}]{step.outcome}[/]{said}{note}"
