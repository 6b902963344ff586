"""How `vet-hub send` takes a hub's answers: patience with a busy one, a line for each refusal, an exit code."""

from typing import Any

import httpx
import pytest

from hub.cli import send
from hub.cli.documents import documents
from hub.cli.send import Tally, post_all
from hub.errors import HubError, NotAllowed, ServiceAway

TWO = [("two.ndjson", document) for document in documents('{"id": "a"}\n{"id": "b"}\n')]
ACCEPTED = {
    "accepted": [{"source": "/x", "id": "a", "duplicate": False}, {"source": "/x", "id": "b", "duplicate": True}]
}
MIXED = {
    "results": [
        {"index": 0, "status": 202, "duplicate": False},
        {"index": 1, "status": 422, "problem": {"title": "x", "errors": [{"pointer": "/data/x", "detail": "No."}]}},
    ]
}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(send.time, "sleep", waited.append)
    return waited


def hub(*answers: httpx.Response | Exception) -> httpx.Client:
    """A hub that gives these answers in turn, the last one for ever."""
    left = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return httpx.Client(base_url="http://hub.example", transport=httpx.MockTransport(answer))


def sent(client: httpx.Client) -> Tally:
    tally = Tally()
    with client:
        post_all(TWO, client, tally)
    return tally


def test_accepted_events_and_duplicates_are_counted() -> None:
    tally = sent(hub(httpx.Response(202, json=ACCEPTED)))

    assert (tally.accepted, tally.duplicates, tally.refused) == (2, 1, [])


def test_a_refusal_is_told_with_file_line_and_pointer(capsys: pytest.CaptureFixture[str]) -> None:
    tally = sent(hub(httpx.Response(207, json=MIXED)))

    assert tally.accepted == 1
    assert capsys.readouterr().err == "two.ndjson:2: /data/x: No.\n"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_is_asked_again_after_the_time_it_names(status: int, pauses: list[float]) -> None:
    busy = httpx.Response(status, headers={"retry-after": "7"})

    tally = sent(hub(busy, busy, httpx.Response(202, json=ACCEPTED)))

    assert tally.accepted == 2
    assert len(pauses) == 2
    assert all(7 <= pause <= 9 for pause in pauses)


def test_a_hub_that_stays_busy_is_given_up(pauses: list[float]) -> None:
    with pytest.raises(ServiceAway, match="still busy"):
        sent(hub(httpx.Response(503)))

    assert max(pauses) < 40


def test_a_line_that_breaks_is_tried_again_because_repeating_changes_nothing(pauses: list[float]) -> None:
    tally = sent(hub(httpx.ReadError("reset"), httpx.Response(202, json=ACCEPTED)))

    assert tally.accepted == 2


def test_a_hub_that_does_not_answer_is_away(pauses: list[float]) -> None:
    with pytest.raises(ServiceAway, match="no hub answers"):
        sent(hub(httpx.ConnectError("refused")))


@pytest.mark.parametrize(("status", "kind"), [(401, NotAllowed), (403, NotAllowed), (400, HubError), (500, HubError)])
def test_an_answer_to_the_whole_post_ends_the_work(status: int, kind: type[Exception]) -> None:
    problem: Any = {"title": "No", "detail": "That cannot be."}

    with pytest.raises(kind, match="That cannot be"):
        sent(hub(httpx.Response(status, json=problem)))
