"""What is decided about a topic from what is declared and what a broker has, brokers by the dozen included."""

import pytest

from events.topics import CATALOGUE, DAY, TOPICS, Topic
from hub.cli.strimzi import resource_name
from hub.cli.topics import in_words
from hub.errors import WrongSetting
from hub.log.topic_plan import Found, Wanted, asked, declared, step
from hub.settings import load

TOPIC = Topic("hub.toy.v1", "toy", 6, 90 * DAY, "toys")
AS_WANTED = {"cleanup.policy": "delete", "min.insync.replicas": "2", "retention.ms": str(90 * DAY)}


def wanted(*, partitions: int = 6, copies: int = 3) -> Wanted:
    return Wanted(TOPIC, partitions, copies)


@pytest.mark.parametrize(("copies", "must_have"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_a_record_is_safe_on_two_brokers_where_there_are_three(copies: int, must_have: str) -> None:
    assert wanted(copies=copies).settings["min.insync.replicas"] == must_have


def test_a_topic_as_declared_is_kept_whatever_else_was_set_on_it() -> None:
    kept = step("t", wanted(), Found(6, 3, {**AS_WANTED, "max.message.bytes": "2000000"}))

    assert (kept.act, kept.says, kept.done) == ("keep", "", True)


def test_a_change_sends_the_whole_set() -> None:
    found = Found(6, 3, {**AS_WANTED, "cleanup.policy": "compact", "max.message.bytes": "2000000"})

    changed = step("t", wanted(), found)

    assert (changed.act, changed.says) == ("set", "cleanup.policy compact → delete")
    assert changed.settings == {**AS_WANTED, "max.message.bytes": "2000000"}


def test_the_order_in_a_list_of_policies_means_nothing() -> None:
    compacted = Wanted(Topic("t", "toy", 1, DAY, "toys", cleanup="compact,delete"), 1, 1)
    found = Found(1, 1, {**compacted.settings, "cleanup.policy": "delete,compact"})

    assert step("t", compacted, found).act == "keep"


@pytest.mark.parametrize(
    ("found", "why", "cure"),
    [
        (Found(3, 3, AS_WANTED), "more would move keys", "VET_HUB_PARTITIONS='{\"hub.toy.v1\": 3}'"),
        (Found(9, 3, AS_WANTED), "Kafka takes none away", "VET_HUB_PARTITIONS='{\"hub.toy.v1\": 9}'"),
        (Found(6, 2, AS_WANTED), "has 2 copies, 3 are wanted", "VET_HUB_REPLICATION=2"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do_instead(found: Found, why: str, cure: str) -> None:
    refused = step("t", wanted(), found)

    assert refused.act == "refuse"
    assert why in refused.says
    assert cure in refused.cure


def test_a_topic_with_one_copy_is_never_asked_for_two_or_it_would_take_no_record() -> None:
    refused = step("t", wanted(), Found(6, 1, AS_WANTED))

    assert [str(change) for change in refused.changes] == ["min.insync.replicas 2 → 1"]


def test_more_copies_than_wanted_harm_nobody() -> None:
    assert step("t", wanted(copies=1), Found(6, 3, {**AS_WANTED, "min.insync.replicas": "1"})).act == "keep"


def test_the_settings_may_ask_for_another_number_of_partitions() -> None:
    settings = load(partitions={CATALOGUE: 24}, replication=5)

    topics = declared(copies=asked(settings)["replication"] or 0, partitions=asked(settings)["partitions"])

    assert (topics[CATALOGUE].partitions, topics[CATALOGUE].copies) == (24, 5)
    assert {name: each.partitions for name, each in topics.items() if name != CATALOGUE} == {
        topic.name: topic.partitions for topic in TOPICS if not topic.per_tenant and topic.name != CATALOGUE
    }


def test_partitions_for_a_topic_that_the_hub_does_not_have_are_a_wrong_setting() -> None:
    with pytest.raises(WrongSetting, match=r"VET_HUB_PARTITIONS names hub\.catalog\.v1; the hub's topics are"):
        asked(load(partitions={"hub.catalog.v1": 24}))


@pytest.mark.parametrize(
    ("topic", "name"),
    [("hub.dead.v1", "hub.dead.v1"), ("Test_1.in.movex", "test-1.in.movex"), ("_hub.dead.v1", "hub.dead.v1")],
)
def test_a_manifest_has_a_name_that_kubernetes_takes(topic: str, name: str) -> None:
    assert resource_name(topic) == name


@pytest.mark.parametrize(
    ("value", "words"), [("7776000000", "7776000000 (90 days)"), ("1000", "1000 (0:00:01)"), ("-1", "-1")]
)
def test_milliseconds_are_told_as_people_count_them(value: str, words: str) -> None:
    assert in_words("retention.ms", value) == words
