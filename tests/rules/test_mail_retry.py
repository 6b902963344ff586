"""When a failed delivery is tried again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hub.mail.retry import DELAYS, JITTER, next_attempt

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "delay"), list(enumerate(DELAYS, start=1)))
def test_each_failure_waits_its_delay_and_at_most_a_fifth_more(attempts: int, delay: timedelta) -> None:
    at = next_attempt(attempts, job_id="job-1", now=NOW)

    assert at is not None
    assert delay <= at - NOW < delay * (1 + JITTER)


def test_the_waits_are_those_of_the_promise() -> None:
    assert [delay.total_seconds() / 60 for delay in DELAYS] == [1, 5, 30, 120, 360, 1440]


def test_after_the_last_delay_there_is_no_further_attempt() -> None:
    assert next_attempt(len(DELAYS) + 1, job_id="job-1", now=NOW) is None


def test_the_same_job_is_told_the_same_time_by_every_process() -> None:
    assert next_attempt(2, job_id="job-1", now=NOW) == next_attempt(2, job_id="job-1", now=NOW)


def test_jobs_that_failed_together_come_back_spread_out() -> None:
    times = sorted(at for n in range(200) if (at := next_attempt(3, job_id=f"job-{n}", now=NOW)))

    assert max(later - earlier for earlier, later in pairwise(times)) < DELAYS[2] * JITTER / 10


def test_asking_before_anything_failed_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="after an attempt has failed"):
        next_attempt(0, job_id="job-1", now=NOW)
