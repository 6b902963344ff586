"""The house is whole: whatever is declared in one place has its counterpart in the others."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from events.base import HUB
from events.catalogue import EVENTS
from events.topics import TOPICS
from hub.cli import telling
from hub.mail.kinds import MAILS
from hub.parts import reactions
from hub.rows import KINDS
from hub.settings import Settings, load
from hub.store.tables import metadata
from tests.builders import EXAMPLES

ROOT = Path(__file__).parents[2]
REACTIONS = reactions(load())
INWARD = [reaction for reaction in REACTIONS if reaction.group != "partners"]
"""Without what only passes on to partners: it hears nearly everything, and does nothing about it."""
FROM_PARTNERS = sorted(name for name, event in EVENTS.items() if event.SAID_BY - {HUB})


def test_every_event_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(EVENTS)


def test_every_event_goes_to_a_topic_that_is_provisioned() -> None:
    assert {event.TOPIC for event in EVENTS.values()} <= {topic.name for topic in TOPICS}


@pytest.mark.parametrize("name", FROM_PARTNERS)
def test_what_partners_may_send_is_heard_by_somebody(name: str) -> None:
    assert any(EVENTS[name] in reaction.hears for reaction in INWARD)


def test_what_handlers_say_is_heard_or_meant_for_outside() -> None:
    heard = {event.TYPE for reaction in INWARD for event in reaction.hears}
    said = {event.TYPE for reaction in REACTIONS for event in reaction.says}

    for_outside = {"notification.requested", "digest.prepared"}
    assert said - heard == for_outside


def test_handler_names_are_unique_over_all_groups() -> None:
    names = [reaction.name for reaction in REACTIONS]
    assert len(names) == len(set(names))


def test_every_table_has_one_writer_group_that_exists() -> None:
    groups = {reaction.group for reaction in REACTIONS}
    assert {kind.WRITER for kind in KINDS} <= groups
    assert len({kind.TABLE for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.NOUN))
def test_every_noun_has_its_table_with_its_searched_columns(kind: type) -> None:
    table = metadata.tables[kind.TABLE]  # type: ignore[attr-defined]
    searched = set(table.columns.keys()) - {"key", "org", "state", "version", "clock", "body"}
    assert searched == set(kind.SEARCHED)  # type: ignore[attr-defined]


def test_the_migrations_make_what_the_tables_say(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    try:
        made = inspect(engine)
        for table in metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}, table.name
            indexes = {index["name"] for index in made.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= indexes, table.name
    finally:
        engine.dispose()


TO_COME: set[str] = set()
"""Mails whose handlers are being written."""


def test_every_mail_is_asked_for_by_a_handler() -> None:
    asking = [file.read_text() for file in (ROOT / "handlers").glob("*.py")]
    source = "".join(text for text in asking if "hub.mail" in text)
    asked = {kind for kind in MAILS if f'"{kind}"' in source}
    assert asked == set(MAILS) - TO_COME


def test_the_demo_has_a_word_for_every_mail() -> None:
    assert set(telling.MAILS) == set(MAILS)


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_every_file_that_the_readme_and_contributing_name_exists() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"`((?:hub|events|handlers|schemas|tests|deploy)/[\w./-]+)`", (ROOT / page).read_text()))
        assert not [path for path in sorted(named) if not (ROOT / path).exists()], page


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named <= targets
