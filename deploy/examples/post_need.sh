#!/usr/bin/env bash
# A company tells the hub who it is and what it looks for: two events in one request, with curl and nothing else.
#
#   HUB_URL=http://127.0.0.1:8480 HUB_KEY=hub_live_… ./post_need.sh
set -euo pipefail

# An event is a fact: who says it (source), which one of theirs (id), what kind (type), about what (subject), and the data.
# The pair of source and id names it for ever. Send it again after a time-out: the hub answers "duplicate": true.
events='[
  {"specversion": "1.0", "id": "sh-1", "source": "/companies/betangible", "type": "eu.vethub.company.registered.v1",
   "subject": "betangible",
   "data": {"company_id": "betangible", "legal_name": "Betangible SL", "country": "ES", "nuts": "ES612", "languages": ["es"]}},
  {"specversion": "1.0", "id": "sh-2", "source": "/companies/betangible", "type": "eu.vethub.need.published.v1",
   "subject": "betangible/N-101",
   "data": {"need_id": "N-101", "company_id": "betangible", "title": {"es": "Tres operarios de corte automático"},
    "skills": [{"uri": "http://data.europa.eu/esco/skill/1abcc511-ba5a-42e0-8d88-7efb39af4c36"}],
    "headcount": 3, "target_group": "cvet", "locations": [{"nuts": "ES612", "lat": 36.678, "lon": -5.447}],
    "languages": ["es"], "start_window": {"earliest": "2026-12-08", "latest": "2027-02-28"},
    "delivery_modes": ["workplace", "presential"], "valid_until": "2027-03-31"}}
]'

# --retry waits as long as the hub asks (Retry-After) when it has too much to do (429) or is away for a moment (503).
# 202: all are stored. 207: "results" tells of each; a "problem" has the field and what to write instead.
curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused \
  --header "Authorization: Bearer ${HUB_KEY:?is the key that vet-hub key create printed}" \
  --header "Content-Type: application/cloudevents-batch+json" \
  --data-binary "$events" "${HUB_URL:-http://127.0.0.1:8480}/v1/events"
echo
