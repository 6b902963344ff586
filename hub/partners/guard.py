"""What guards a partner's topics on the broker: a name and password (SCRAM), and ACLs that let it write and read its own.

A partner may write `in.<tenant>`, read `out.<tenant>`, and join groups whose names begin with its own. Nothing else.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from events.topics import INBOX, OUTBOX
from hub.errors import HubError, NotAllowed, ServiceAway, WrongSetting
from hub.log.clients import librdkafka
from hub.settings import Broker

Answer = TypeVar("Answer")
SILENT = logging.getLogger("hub.partners.librdkafka")  # it would write to standard error; its answers tell enough
SILENT.setLevel(logging.CRITICAL + 1)
PATIENCE = 15.0  # seconds the broker has to answer
ITERATIONS = 8192  # of SCRAM; Kafka's least is 4096
PASSWORD = 24  # bytes of randomness
MECHANISMS = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}
SHUT = (KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED)


class Access(NamedTuple):
    """A partner's way into Kafka. Without a user nothing guards its topics; a password only where one was made now."""

    user: str | None
    password: str | None


async def admit(broker: Broker, org: str, *, prefix: str = "", rotate: bool = False) -> Access:
    """Let a partner at its topics, and at nothing else; a password it has stays unless it is to be rotated."""
    user = _user(broker, org, prefix)
    return await asyncio.to_thread(_admit, broker, user, acls_of(org, prefix), rotate)


async def bar(broker: Broker, org: str, *, prefix: str = "") -> bool:
    """Take a partner's rights and password; returns whether there was anything that guarded its topics."""
    return await asyncio.to_thread(_bar, broker, _user(broker, org, prefix))


def acls_of(org: str, prefix: str = "") -> list[AclBinding]:
    """Return what a partner may do."""
    topics = [prefix + topic.replace("<tenant>", org) for topic in (INBOX, OUTBOX)]
    write, read = [AclOperation.WRITE, AclOperation.DESCRIBE], [AclOperation.READ, AclOperation.DESCRIBE]
    allowed = [(ResourceType.TOPIC, topics[0], ResourcePatternType.LITERAL, operation) for operation in write]
    allowed += [(ResourceType.TOPIC, topics[1], ResourcePatternType.LITERAL, operation) for operation in read]
    allowed += [(ResourceType.GROUP, f"{prefix}{org}.", ResourcePatternType.PREFIXED, AclOperation.READ)]
    principal = f"User:{prefix}{org}"
    return [
        AclBinding(kind, name, how, principal, "*", what, AclPermissionType.ALLOW) for kind, name, how, what in allowed
    ]


def _user(broker: Broker, org: str, prefix: str) -> str:
    user = prefix + org
    if user == broker.user:
        raise HubError(f"{user} is the hub's own user on Kafka (VET_HUB_LOG_USER); a partner cannot have its name")
    return user


def _admit(broker: Broker, user: str, acls: list[AclBinding], rotate: bool) -> Access:
    admin = _admin(broker)
    try:
        _all(admin.create_acls(acls, request_timeout=PATIENCE), broker)
    except _NoGuard:
        return Access(None, None)
    if _has_password(admin, user, broker) and not rotate:
        return Access(user, None)
    mechanism = MECHANISMS.get(broker.mechanism)
    if mechanism is None:
        raise WrongSetting(f"passwords are made for SCRAM only; VET_HUB_LOG_MECHANISM is {broker.mechanism}")
    password = secrets.token_urlsafe(PASSWORD)
    made = UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, ITERATIONS), password.encode())
    _all(admin.alter_user_scram_credentials([made], request_timeout=PATIENCE), broker)
    return Access(user, password)


def _bar(broker: Broker, user: str) -> bool:
    admin = _admin(broker)
    anything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, f"User:{user}", None, AclOperation.ANY, AclPermissionType.ANY
    )
    try:
        _all(admin.delete_acls([anything], request_timeout=PATIENCE), broker)
    except _NoGuard:
        return False
    if _has_password(admin, user, broker):
        gone = [UserScramCredentialDeletion(user, each) for each in _mechanisms(admin, user, broker)]
        _all(admin.alter_user_scram_credentials(gone, request_timeout=PATIENCE), broker)
    return True


def _has_password(admin: Any, user: str, broker: Broker) -> bool:
    return bool(_mechanisms(admin, user, broker))


def _mechanisms(admin: Any, user: str, broker: Broker) -> list[ScramMechanism]:
    found = admin.describe_user_scram_credentials([user], request_timeout=PATIENCE)[user]
    try:
        return [each.mechanism for each in found.result(PATIENCE).scram_credential_infos]
    except KafkaException as error:
        if error.args[0].code() == KafkaError.RESOURCE_NOT_FOUND:
            return []
        raise _told(error, broker) from error


def _admin(broker: Broker) -> Any:
    return AdminClient({**librdkafka(broker), "logger": SILENT})


class _NoGuard(Exception):
    """The broker has no authorizer: whoever reaches it may do anything."""


def _all(futures: Mapping[Any, "Future[Answer]"], broker: Broker) -> list[Answer]:
    try:
        return [future.result(PATIENCE + 5) for future in futures.values()]
    except KafkaException as error:
        if error.args[0].code() == KafkaError.SECURITY_DISABLED:
            raise _NoGuard from error
        raise _told(error, broker) from error


def _told(error: KafkaException, broker: Broker) -> HubError:
    why = error.args[0]
    if why.code() in SHUT:
        return NotAllowed(
            f"Kafka does not let {broker.user or 'the hub'} manage access: {why.str()}; give it ALTER on the cluster"
        )
    if why.code() < 0:  # the client's own codes: no answer, no connection, no login
        return ServiceAway(
            f"Kafka at {broker} does not answer ({why.name()}); is it running, and are address and login right?"
        )
    return HubError(f"Kafka refuses: {why.str()}")
