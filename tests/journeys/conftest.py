"""The demo story, played once; journeys look at what it left, those that change something at a copy."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from hub.app import embedded
from hub.cli.demo import story_in
from hub.cli.telling import Tale
from hub.demo.player import silent
from hub.settings import Settings, load


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Tale:
    """The story, played in an embedded hub."""
    with pytest.MonkeyPatch.context() as shell:
        for name in [name for name in os.environ if name.startswith("VET_HUB_")]:
            shell.delenv(name)
        settings = load(data=tmp_path_factory.mktemp("story"))
        return asyncio.run(_played(settings))


async def _played(settings: Settings) -> Tale:
    async with embedded(settings) as hub:
        return await story_in(hub, silent)


@pytest.fixture
def own_story(story: Tale, tmp_path: Path) -> str:
    """A folder with a copy of the story, to be changed."""
    folder = tmp_path / "story"
    shutil.copytree(story.folder, folder)
    return str(folder)
