"""Whether a group moves is judged by its samples in a row, as Burrow judges consumers: OK, WARN, STALL, STOP."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub.cli.lag import spark
from hub.clock import stamp
from hub.lag import Window, judged, state
from hub.store.samples import Sample
from tests.builders import AT

WINDOW = Window(every=10, count=6, warn=10)


def samples(waiting: Sequence[int], taken: Sequence[int] | int = 0, *, oldest: float = 120.0) -> list[Sample]:
    """Make a sample every ten seconds, the last of them now; what waits was stored so many seconds ago."""
    took = [taken] * len(waiting) if isinstance(taken, int) else taken
    return [
        Sample(
            group="matcher",
            at=stamp(AT - timedelta(seconds=10 * (len(waiting) - 1 - n))),
            events=events,
            oldest=stamp(AT - timedelta(seconds=oldest)) if events else None,
            newest=100,
            came=0,
            taken=took[n],
        )
        for n, events in enumerate(waiting)
    ]


JUDGED = {
    "nothing waits": (samples([9, 9, 9, 9, 9, 9, 0]), "OK"),
    "what waits is young": (samples([9] * 7, oldest=5), "OK"),
    "nothing was taken all the time": (samples([9] * 7), "STOP"),
    "nothing was taken and more came": (samples([1, 2, 3, 4, 5, 6, 7]), "STOP"),
    "some was taken and as many wait": (samples([9] * 7, 3), "STALL"),
    "some was taken and ever more wait": (samples([1, 2, 3, 4, 5, 6, 7], [0, 0, 0, 0, 0, 0, 2]), "STALL"),
    "it becomes fewer": (samples([9, 9, 9, 9, 9, 9, 8], 1), "WARN"),
    "it became fewer once": (samples([9, 9, 8, 9, 9, 9, 9], 1), "WARN"),
    "nothing waited a while ago": (samples([9, 0, 9, 9, 9, 9, 9]), "WARN"),
    "too early to say": (samples([9, 9, 9]), "WARN"),
    "nobody looked before, and it waits for long": (samples([9]), "STOP"),
    "nobody looked before, and it waits for a moment": (samples([9], oldest=20), "WARN"),
}


@pytest.mark.parametrize(("told", "named"), JUDGED.values(), ids=JUDGED)
def test_the_state_follows_from_the_samples(told: list[Sample], named: str) -> None:
    assert state(told, AT, WINDOW) == named


def test_samples_of_an_hour_ago_say_nothing_of_now() -> None:
    long_ago = [
        Sample("matcher", stamp(AT - timedelta(hours=1, seconds=n)), 0, None, 1, 0, 5) for n in reversed(range(9))
    ]

    assert state([*long_ago, *samples([9])], AT, WINDOW) == "STOP"


def test_rates_are_those_of_the_last_minute() -> None:
    *before, look = samples([0] * 13, [600] * 7 + [30] * 6)

    found = judged(look, before, AT, WINDOW)

    assert (found.rate_in, found.rate_out) == (0.0, 3.0)
    assert list(found.as_json()) == ["group", "events", "seconds", "state", "rate_in", "rate_out"]


def test_a_group_nobody_sampled_has_no_rates() -> None:
    (look,) = samples([3])

    assert (judged(look, (), AT, WINDOW).rate_out, judged(look, (), AT, WINDOW).seconds) == (0.0, 120.0)


def test_the_small_line_ends_with_now_and_is_as_high_as_its_highest() -> None:
    assert spark([0, 7, 14]) == "▁▅█"
    assert spark([0, 0]) == "▁▁"
    assert len(spark(list(range(100)))) == 30
