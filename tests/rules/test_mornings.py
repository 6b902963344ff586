"""When 07:00 comes on working days: in every zone, over clock changes, in hours that are left out or come twice."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mornings import come_since, instant_of, is_working_day, next_anywhere, next_morning, present_morning, zones

SEVEN = time(7)
NAMES = sorted(zones())
YEARS = range(2026, 2031)
# New year, both weeks of the European and American clock changes, midsummer, the leap day: the days on which a mistake shows.
SPOTS = [
    date(year, month, day)
    for year in YEARS
    for month, day in ((1, 1), (3, 8), (3, 13), (3, 27), (3, 30), (6, 30), (10, 23), (10, 26), (11, 2), (12, 31))
] + [date(2028, 2, 28)]
hours = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda hour: hour.replace(second=0, microsecond=0))
instants = st.integers(min_value=0, max_value=5 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Lisbon", "2026-03-27", "2026-03-27 07:00"),  # a Friday in winter time
        ("Europe/Lisbon", "2026-03-30", "2026-03-30 06:00"),  # the Monday after the clocks went forward
        ("Europe/Lisbon", "2026-10-23", "2026-10-23 06:00"),
        ("Europe/Lisbon", "2026-10-26", "2026-10-26 07:00"),  # 73 hours after Friday's
        ("Europe/Warsaw", "2026-03-30", "2026-03-30 05:00"),
        ("Europe/Warsaw", "2026-10-26", "2026-10-26 06:00"),
        ("Europe/Brussels", "2027-03-29", "2027-03-29 05:00"),
        ("Europe/Brussels", "2027-11-01", "2027-11-01 06:00"),
        ("Europe/Bucharest", "2028-03-27", "2028-03-27 04:00"),
        ("Europe/Bucharest", "2028-10-30", "2028-10-30 05:00"),
        ("Atlantic/Azores", "2029-07-02", "2029-07-02 07:00"),
        ("Asia/Kolkata", "2026-11-23", "2026-11-23 01:30"),
        ("Asia/Kathmandu", "2026-11-23", "2026-11-23 01:15"),
        ("Australia/Lord_Howe", "2026-10-05", "2026-10-04 20:00"),  # clocks there move by half an hour
        ("Pacific/Kiritimati", "2026-11-23", "2026-11-22 17:00"),
        ("Pacific/Pago_Pago", "2026-11-23", "2026-11-23 18:00"),
    ],
)
def test_seven_in_the_morning_is_the_local_one(zone: str, day: str, expected: str) -> None:
    assert instant_of(ZoneInfo(zone), date.fromisoformat(day), SEVEN) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        ("Europe/Warsaw", "2026-03-29", "02:00", "2026-03-29 01:00"),
        ("Europe/Warsaw", "2026-03-29", "02:30", "2026-03-29 01:00"),  # 02:30 never is; 03:00 follows 01:59
        ("Europe/Lisbon", "2026-03-29", "01:59", "2026-03-29 01:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:30"),
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23 22:00"),  # a Friday: clocks go forward at midnight
        ("America/New_York", "2027-03-14", "02:45", "2027-03-14 07:00"),
    ],
)
def test_an_hour_that_is_left_out_comes_when_the_clock_was_put_forward(
    zone: str, day: str, hour: str, expected: str
) -> None:
    assert instant_of(ZoneInfo(zone), date.fromisoformat(day), time.fromisoformat(hour)) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        ("Europe/Warsaw", "2026-10-25", "02:30", "2026-10-25 00:30"),
        ("Europe/Bucharest", "2026-10-25", "03:00", "2026-10-25 00:00"),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-03 14:45"),
    ],
)
def test_of_an_hour_that_comes_twice_it_is_the_first(zone: str, day: str, hour: str, expected: str) -> None:
    assert instant_of(ZoneInfo(zone), date.fromisoformat(day), time.fromisoformat(hour)) == utc(expected)


@pytest.mark.parametrize("name", NAMES)
def test_in_every_zone_the_morning_reads_seven_on_its_own_date(name: str) -> None:
    zone = zones()[name]
    for day in SPOTS:
        local = instant_of(zone, day, SEVEN).astimezone(zone)
        assert (local.date(), local.time()) == (day, SEVEN), (name, day)


@pytest.mark.parametrize("name", NAMES)
def test_in_every_zone_each_working_day_of_a_year_has_one_morning(name: str) -> None:
    zone, at = zones()[name], utc("2026-01-01 00:00")
    days = []
    while at < utc("2027-01-01 00:00"):
        at = next_morning(zone, at, SEVEN)
        days.append(at.astimezone(zone).date())

    expected = [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)]
    assert days == [day for day in expected if is_working_day(day)]


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Europe/Warsaw", "Europe/Brussels", "Europe/Bucharest"])
@pytest.mark.parametrize("hour", [time(1, 30), time(2, 30), time(3, 30)])
def test_a_morning_set_into_the_changing_hour_comes_once_each_working_day(zone: str, hour: time) -> None:
    place, at = ZoneInfo(zone), utc("2026-03-20 12:00")
    days = []
    while len(days) < 400:
        at = next_morning(place, at, hour)
        days.append(at.astimezone(place).date())

    assert len(set(days)) == len(days)
    assert all(is_working_day(day) for day in days)


def test_after_friday_comes_monday() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")

    assert next_morning(lisbon, utc("2026-11-27 07:00")) == utc("2026-11-30 07:00")
    assert next_morning(lisbon, utc("2026-11-27 06:59")) == utc("2026-11-27 07:00")


def test_a_present_morning_is_that_of_the_day_it_is_there() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")

    assert present_morning(lisbon, utc("2026-11-27 06:59")) is None
    assert present_morning(lisbon, utc("2026-11-27 07:00")) == utc("2026-11-27 07:00")
    assert present_morning(lisbon, utc("2026-11-27 23:59")) == utc("2026-11-27 07:00")
    assert present_morning(lisbon, utc("2026-11-28 12:00")) is None  # a Saturday
    # It is Monday in Auckland already while Lisbon still has Sunday.
    assert present_morning(ZoneInfo("Pacific/Auckland"), utc("2026-11-29 19:00")) == utc("2026-11-29 18:00")


def test_only_zones_whose_morning_came_since_the_last_look_are_told() -> None:
    come = come_since(utc("2026-11-23 06:30"), utc("2026-11-23 07:00"))

    assert come["Europe/Lisbon"] == utc("2026-11-23 07:00")
    assert "Europe/Warsaw" not in come
    assert come_since(utc("2026-11-23 07:00"), utc("2026-11-23 07:14")) == {}


def test_after_days_of_silence_only_the_present_morning_is_told() -> None:
    come = come_since(utc("2026-11-16 00:00"), utc("2026-11-23 12:00"))

    assert come["Europe/Warsaw"] == utc("2026-11-23 06:00")
    assert set(come.values()) <= {at for at in come.values() if at > utc("2026-11-22 12:00")}


@given(name=st.sampled_from(NAMES), after=instants, hour=hours)
def test_the_next_morning_is_after_now_on_a_working_day_and_none_lies_between(
    name: str, after: datetime, hour: time
) -> None:
    zone = zones()[name]
    at = next_morning(zone, after, hour)

    assert at > after
    assert next_morning(zone, at - timedelta(microseconds=1), hour) == at
    assert present_morning(zone, at, hour) in (at, None)  # None: the hour was left out, and the date with it
    shown = at.astimezone(zone)
    assert shown.time() >= hour or shown.date() > after.astimezone(zone).date()


@given(after=instants)
def test_the_next_anywhere_is_the_next_of_some_zone(after: datetime) -> None:
    at = next_anywhere(after)

    assert at > after
    assert come_since(after, at)
    assert come_since(after, at - timedelta(seconds=1)) == {}
