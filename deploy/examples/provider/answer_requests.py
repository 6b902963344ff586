"""A provider answers by itself: it reads what it is asked on `out.<tenant>` and writes its answers to `in.<tenant>`.

pip install 'faststream[kafka]'
HUB_KAFKA=broker:9092 HUB_TENANT=movex HUB_PASSWORD=… faststream run answer_requests:app
"""

import os
from typing import Any
from uuid import UUID, uuid5

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import SASLScram512

TENANT = os.environ["HUB_TENANT"]  # your organisation's slug, as `vet-hub tenant add` was told it
PREFIX = os.environ.get("HUB_TOPIC_PREFIX", "")  # only where hubs share a broker
MOST = 8  # learners we can take at once; ask your own system here
NAMES = UUID("6b1f0c9e-2d0e-4f1c-9d36-0e7f4a1f8f10")  # any UUID, but the same for ever: ids are made from it

password = os.environ.get("HUB_PASSWORD")
security = SASLScram512(username=f"{PREFIX}{TENANT}", password=password, use_ssl=True) if password else None
broker = KafkaBroker(os.environ["HUB_KAFKA"], security=security)
app = FastStream(broker)


# A failure brings the message again. Answering twice is harmless: the same answer has the same id, and counts once.
@broker.subscriber(
    f"{PREFIX}out.{TENANT}",
    group_id=f"{PREFIX}{TENANT}.answers",  # your groups' names begin with your slug
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
)
async def answer(data: dict[str, Any], message: KafkaMessage) -> None:
    """Answer a question; whatever else the topic carries is passed over."""
    if message.headers["ce_type"] != "eu.vethub.match.requested.v1":
        return
    candidate = data["candidates"][0]
    told: dict[str, Any] = {"match_id": data["match_id"], "provider_id": TENANT, "decision": "declined"}
    if data["headcount"] <= MOST:
        told |= {"decision": "accepted", "candidate_id": candidate["candidate_id"], "seats_offered": data["headcount"]}
    else:
        told |= {"reason_code": "no_capacity"}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid5(NAMES, message.headers["ce_id"])),
        "ce_source": f"/providers/{TENANT}",
        "ce_type": "eu.vethub.match.answered.v1",
        "ce_subject": data["match_id"],
        "ce_time": message.headers["ce_time"],  # not the present moment: the same again would be other content
    }
    await broker.publish(told, topic=f"{PREFIX}in.{TENANT}", key=data["match_id"].encode(), headers=headers)
