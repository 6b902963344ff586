"""The administrator's way to Kafka, and what its client's errors mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from hub.errors import ServiceAway, Shut
from hub.log.clients import connection
from hub.settings import Broker

REQUEST_TIMEOUT = 10_000  # milliseconds
KNOCK_LIMIT = 3.0  # seconds until a port that does not answer counts as closed


@asynccontextmanager
async def admin_of(broker: Broker | str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Open an administrator's client; raises ServiceAway, or Shut where Kafka answers and lets nobody like us in."""
    admin = AIOKafkaAdminClient(**connection(broker), request_timeout_ms=REQUEST_TIMEOUT)
    try:
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
    except (KafkaError, OSError) as error:
        raise await trouble_with(broker, error) from error


async def trouble_with(broker: Broker | str, error: Exception) -> ServiceAway:
    """Return what a client's error means: it says the same of a closed port and of a wrong password."""
    if isinstance(error, KafkaError) and not isinstance(error, KafkaConnectionError):
        return ServiceAway(f"Kafka at {broker} does not do what it is asked ({type(error).__name__}: {error})")
    if not await _takes_connections(str(broker)):
        return ServiceAway(f"Kafka at {broker} does not answer ({type(error).__name__}); is VET_HUB_LOG_URL right?")
    return Shut(
        f"Kafka at {broker} takes connections and does not let the hub in ({type(error).__name__})",
        cure="do VET_HUB_LOG_USER, its password, VET_HUB_LOG_MECHANISM and VET_HUB_LOG_TLS fit what it asks for there?",
    )


async def _takes_connections(addresses: str) -> bool:
    for address in addresses.split(","):
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(KNOCK_LIMIT):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except (OSError, TimeoutError, ValueError):
            continue
        writer.close()
        return True
    return False
