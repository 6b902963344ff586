"""A session may be cancelled, and a need withdrawn, before the hub has heard of it: the end waits, and then it is the end."""

from hub.rows import Need, Seats
from hub.settings import Settings
from tests.handling.test_proposals import company, curriculum, need, provider, session
from tests.story import playing

IDS = {"session_id": "S07", "curriculum_id": "C07"}


async def test_a_cancellation_that_waited_does_not_hold_up_the_seats_told_after_it(embedded_settings: Settings) -> None:
    async with playing(embedded_settings) as story:
        await story.say("session.cancelled", "movex/S07", {**IDS, "reason": "The teacher is ill"})
        await story.say("session.seats-changed", "movex/S07", {**IDS, "seats_free": 5})
        await story.say("session.scheduled", "movex/S07", session())
        await story.settle()

        await story.say("provider.registered", "movex", provider())
        await story.say("curriculum.published", "movex/C07", curriculum())
        await story.settle()

        seats = await story.row(Seats, "movex/S07")
        assert seats is not None
        assert seats.state == "cancelled"
        assert await story.parked() == []


async def test_a_withdrawal_that_waited_leaves_the_number_of_what_was_told_last(embedded_settings: Settings) -> None:
    async with playing(embedded_settings) as story:
        await story.say("company.registered", "betangible", company())
        await story.say("need.withdrawn", "betangible/N-1", {"need_id": "N-1", "reason_code": "budget"})
        await story.say("need.published", "betangible/N-1", need())

        await story.settle()

        row = await story.row(Need, "betangible/N-1")
        assert row is not None
        assert (row.state, row.told_seq) == ("withdrawn", 3)
