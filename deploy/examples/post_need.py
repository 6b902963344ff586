"""A company posts one need with the official CloudEvents SDK, in binary mode: attributes are headers, the data the body.

pip install cloudevents httpx
HUB_URL=http://127.0.0.1:8480 HUB_KEY=hub_live_… python post_need.py
"""

import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import httpx
from cloudevents.core.bindings.http import to_binary_event
from cloudevents.core.v1.event import CloudEvent

NEED = {
    "need_id": "N-102",
    "company_id": "betangible",
    "title": {"en": "Two machine operators", "es": "Dos operarios de máquinas"},
    "skills": [
        {"uri": "http://data.europa.eu/esco/skill/1abcc511-ba5a-42e0-8d88-7efb39af4c36", "weight": 5},
        {"text": "mantenimiento básico de las máquinas de corte", "language": "es", "must": False},
    ],
    "headcount": 2,
    "target_group": "cvet",
    "locations": [{"nuts": "ES612", "lat": 36.678, "lon": -5.447, "label": "Ubrique"}],
    "languages": ["es"],
    "start_window": {"earliest": "2026-12-08", "latest": "2027-02-28"},
    "delivery_modes": ["workplace"],
    "valid_until": "2027-03-31",
}
ATTRIBUTES: dict[str, Any] = {
    "id": "py-1",  # yours, and the same each time you send this fact: sent twice, it counts once
    "source": "/companies/betangible",  # who says it; your key decides what you may write here
    "type": "eu.vethub.need.published.v1",
    "subject": "betangible/N-102",  # what it is about: <organisation>/<local id>
    # When it happened. Never leave it out: the SDK would put the present moment, and the same again would be a conflict.
    "time": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    "datacontenttype": "application/json",
}


def post(attributes: dict[str, Any], data: dict[str, Any]) -> httpx.Response:
    """Post one event; where the hub asks to come again, come again."""
    message = to_binary_event(CloudEvent(attributes, data))
    headers = {**message.headers, "Authorization": f"Bearer {os.environ['HUB_KEY']}"}
    url = os.environ.get("HUB_URL", "http://127.0.0.1:8480") + "/v1/events"
    for _ in range(5):
        answer = httpx.post(url, content=message.body, headers=headers)
        if answer.status_code not in (429, 503):
            break
        time.sleep(float(answer.headers["Retry-After"]))
    return answer


if __name__ == "__main__":
    answer = post(ATTRIBUTES, NEED)
    print(answer.text)  # refused: "errors" says which field, and what to write instead
    sys.exit(0 if answer.status_code == httpx.codes.ACCEPTED else 1)
