"""What the broker lets the hub's user do with topics and groups: asked, not tried out.

Kafka tells it since 2.3; the client has no requests for it that work, so they are spelled here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, GroupCoordinatorNotAvailableError, IncompatibleBrokerVersion
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from hub.errors import ServiceAway, Shut
from hub.log.admin import admin_of
from hub.settings import Broker

GROUP_NOT_PERMITTED = 30  # Kafka's error code
NOT_PERMITTED = frozenset({29, GROUP_NOT_PERMITTED, 31})  # not this topic, not this group, nothing of the cluster
SEEN = frozenset({0, *NOT_PERMITTED})  # of a topic that is there, or may be
READ, WRITE = 3, 4  # Kafka's numbers of operations: bits of what it answers
NAMES = {READ: "READ", WRITE: "WRITE"}
UNKNOWN = -2_147_483_648  # what a broker answers that was not asked for rights


class _MetadataResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class TopicsWithRights(Request[_MetadataStruct]):  # type: ignore[misc]
    """Asks for topics with what we may do there, which the client's own request does not."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: type[_MetadataStruct]) -> _MetadataStruct:
        """Make the request that goes out."""
        return request_struct_class(self._topics, False, False, True)


class _GroupsStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String("utf-8"))), ("include_authorized_operations", Boolean))


class GroupsWithRights(Request[_GroupsStruct]):  # type: ignore[misc]
    """The same for groups: the client asks in version 3 and reads the answer as one of version 2."""

    API_KEY = 15

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = list(groups)

    def build(self, request_struct_class: type[_GroupsStruct]) -> _GroupsStruct:
        """Make the request that goes out."""
        return request_struct_class(self._groups, True)


async def topics_with_rights(admin: AIOKafkaAdminClient, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return topics as Kafka describes them; a broker that is too old for rights tells none."""
    try:
        answer = await admin._send_request(TopicsWithRights(names))
    except (NotImplementedError, IncompatibleBrokerVersion):
        described: list[dict[str, Any]] = await admin.describe_topics(list(names))
        return described
    topics: list[dict[str, Any]] = answer.to_object()["topics"]
    return topics


async def require_topics(broker: Broker | str, wanted: Mapping[str, int], operations: Iterable[int] = ()) -> None:
    """Return when topics are there, with their partitions and ours to use; raises ServiceAway, Shut with what is not so.

    A subscriber to a missing topic would hang without a word.
    """
    async with admin_of(broker) as admin:
        described = {each["topic"]: each for each in await topics_with_rights(admin, list(wanted))} if wanted else {}
    require(operations, {name: each for name, each in described.items() if each["error_code"] in SEEN}, what="topic")
    missing = [name for name in wanted if described[name]["error_code"] not in SEEN]
    if missing:
        raise ServiceAway(f"topics missing: {', '.join(sorted(missing))}; make them with `vet-hub topics apply`")
    few = [
        f"{name} has {n} of {wanted[name]}"
        for name in wanted
        if (n := len(described[name]["partitions"])) < wanted[name]
    ]
    if few:
        raise ServiceAway(f"topics with too few partitions: {', '.join(few)}; `vet-hub topics plan` says what to do")


async def require_rights(broker: Broker | str, topics: Sequence[str], operations: Iterable[int]) -> None:
    """Return when the hub may do something to all topics, those missing left out; raises Shut, and ServiceAway."""
    async with admin_of(broker) as admin:
        described = await topics_with_rights(admin, topics)
    known = {each["topic"]: each for each in described if each["error_code"] in SEEN}
    require(operations, known, what="topic")


async def require_groups(broker: Broker | str, groups: Sequence[str]) -> None:
    """Return when the hub may be a member of groups; raises Shut with those it may not, and ServiceAway."""
    async with admin_of(broker) as admin:
        described = {group: await _group(admin, group) for group in groups}
    require([READ], described, what="group")


async def _group(admin: AIOKafkaAdminClient, name: str) -> Mapping[str, Any]:
    try:
        coordinator = await admin.find_coordinator(name)
        answer = await admin._send_request(GroupsWithRights([name]), coordinator)
    except GroupAuthorizationFailedError:
        return {"error_code": GROUP_NOT_PERMITTED}
    except (NotImplementedError, IncompatibleBrokerVersion, GroupCoordinatorNotAvailableError):
        return {"error_code": 0}  # too old to tell, or new: a broker makes room for groups when it is first asked
    group: Mapping[str, Any] = answer.to_object()["groups"][0]
    return group


def require(operations: Iterable[int], described: Mapping[str, Mapping[str, Any]], *, what: str) -> None:
    """Raise Shut with what is not permitted of what Kafka described."""
    lacking = {NAMES[each]: [name for name, it in described.items() if not _may(it, each)] for each in operations}
    told = [f"{operation} on {what} {', '.join(names)}" for operation, names in lacking.items() if names]
    if told:
        raise Shut(
            f"Kafka does not let the hub's user at its work: it lacks {'; '.join(told)}",
            cure="an administrator adds the ACLs (kafka-acls --add --allow-principal User:… --operation …)",
        )


def _may(described: Mapping[str, Any], operation: int) -> bool:
    if described["error_code"] in NOT_PERMITTED:
        return False
    bits = described.get("authorized_operations", UNKNOWN)
    return bits == UNKNOWN or bool(bits >> operation & 1)
