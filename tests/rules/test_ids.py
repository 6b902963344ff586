"""Ids and instants are for ever: what was written once must be written the same by every later release."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid5

import pytest

from hub.clock import instant, stamp
from hub.ids import VET_HUB, due_id, said_id


@pytest.mark.parametrize("event_id", ["n-1", "", 'a","b', "año\n", "😀" * 200])
def test_an_id_is_the_name_based_uuid_of_its_words(event_id: str) -> None:
    words = event_id.replace("\n", "\\n").replace('"', '\\"')

    assert said_id("/companies/belcinto", event_id, "match-need", 0) == str(
        uuid5(VET_HUB, f'["said","/companies/belcinto","{words}","match-need","0"]')
    )


def test_words_are_kept_apart_in_an_id() -> None:
    assert said_id("/a", "b", "h", 0) != said_id("/a/b", "", "h", 0)
    assert due_id("need-expiry", "x", "") != due_id("need-expiry", "", "x")


def test_an_instant_is_written_in_utc_and_sorts_as_text() -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    assert stamp(noon) == "2026-11-23T12:00:00.000000Z"
    assert stamp(noon.astimezone(timezone(timedelta(hours=5, minutes=30)))) == stamp(noon)
    assert stamp(noon) < stamp(noon + timedelta(microseconds=1)) < stamp(noon + timedelta(seconds=1))
    assert instant(stamp(noon)) == noon
