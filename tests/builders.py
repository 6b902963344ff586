"""Examples to build tests from: one of each event type, the organisations and skills of the demo, and small changes to them.

`need(headcount=4)` is the data of a need with one field changed, `without(need(), "title")` lacks one, `example(type)` is
the whole envelope as it came from outside, `said(type)` the event read from it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from events.base import Event
from events.catalogue import EVENTS, read
from events.envelope import HUB_SOURCE, Envelope

Data = dict[str, Any]

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ESCO = "http://data.europa.eu/esco/skill/"
SKILLS = {
    name: ESCO + uuid
    for name, uuid in {
        "S1": "03b9453e-d14d-46bc-baf5-f6a6fbaa3bb7",  # develop leather goods collection
        "S8": "b34e2ba1-9080-48c9-9b42-ee9192a4d3f1",  # use CAD software
        "S11": "3a2d5b45-56e4-4f5a-a55a-4a4a65afdc43",  # machine learning
        "S12": "1abcc511-ba5a-42e0-8d88-7efb39af4c36",  # operate automatic cutting systems
        "S13": "40ae7e06-5eb8-40cd-a755-ad7152bdb01e",  # apply machine cutting techniques
        "S15": "f2ce1560-2a29-41e9-b81b-bbe1554202d8",  # apply pre-stitching techniques
        "S16": "c8d75bf4-ad0d-4f36-8cdc-265a7b044881",  # apply stitching techniques
        "S17": "f7a1ccf0-fb40-49ef-ae9b-8a1f8646c218",  # leather goods materials
        "S34": "7d913551-e17a-40ba-baf7-48d0c3b12e50",  # predictive maintenance
        "S35": "17b3af3e-0bd5-4388-9fb4-db5d241aa9d8",  # basic rules of maintenance
        "S36": "22c45bf7-e52b-475f-847b-c32a87f65a5d",  # circular economy
        "S38": "73a9561d-112c-4d8a-9d5f-b2c11c5bbd5f",  # manage waste
    }.items()
}
MATCH_ID = "2f1b0a52-6a55-5d0c-9d31-6f4f2f0b7a01"
AGREEMENT_ID = "6a1d2f40-9b1e-5c7d-8e21-3f6a7b8c9d05"
GAP_ID = "5c4c1a9b-0b8e-5c39-8f8a-0f6a0a4f3b02"
NOTIFICATION_ID = "8e0d7c31-44f3-5b0e-a3c5-2f6d1f0c9d03"

UBRIQUE = {"nuts": "ES612", "lat": 36.678, "lon": -5.447, "label": "Ubrique"}
DAYS = {"earliest": "2026-12-08", "latest": "2027-02-28"}

# ---- data of what partners say ----------------------------------------------------------------------------------------


def need(**changes: Any) -> Data:
    """Betangible looks for three operators of automatic cutting systems (the example of the wire's page)."""
    return {
        "need_id": "N-020",
        "company_id": "betangible",
        "title": {"es": "Tres operarios de corte automático"},
        "headcount": 3,
        "target_group": "cvet",
        "skills": [
            {"uri": SKILLS["S12"], "weight": 5, "must": True},
            {"text": "mantenimiento básico de las máquinas de corte", "language": "es", "weight": 2, "must": False},
        ],
        "locations": [UBRIQUE],
        "languages": ["es"],
        "start_window": DAYS,
        "delivery_modes": ["workplace", "presential"],
        "radius_km": 30,
        "eqf_min": 3,
        "eqf_max": 4,
        "max_hours": 40,
        "max_cost_per_learner": {"amount": "250.00", "currency": "EUR"},
        "valid_until": "2027-03-31",
        **changes,
    }


def curriculum(**changes: Any) -> Data:
    """Movex teaches automatic cutting (C07)."""
    return {
        "curriculum_id": "C07",
        "provider_id": "movex",
        "title": {"en": "Automatic cutting operator", "es": "Operador de corte automático"},
        "languages": ["es"],
        "hours": 30,
        "modes": ["workplace"],
        "kind": "both",
        "eqf": 4,
        "digital": True,
        "wbl_hours": 30,
        "max_class": 8,
        "learning_outcomes": [
            {"title": {"en": "Run an automatic cutting system for leather"}, "skills": [{"uri": SKILLS["S12"]}]}
        ],
        "price": {"amount": "220.00", "currency": "EUR", "per": "learner"},
        **changes,
    }


def session(**changes: Any) -> Data:
    """C07 from 13 to 27 December, eight seats."""
    return {
        "session_id": "C07-1",
        "curriculum_id": "C07",
        "start": "2026-12-13",
        "end": "2026-12-27",
        "seats_total": 8,
        "seats_free": 8,
        "mode": "workplace",
        "language": "es",
        "application_deadline": "2026-12-01",
        **changes,
    }


def company(**changes: Any) -> Data:
    """Betangible in Ubrique."""
    return {
        "company_id": "betangible",
        "legal_name": "Betangible SL",
        "country": "ES",
        "nuts": "ES612",
        "languages": ["es", "en"],
        "nace": "15.12",
        "size_band": "small",
        "sites": [{"site_id": "taller", **UBRIQUE}],
        "contact_ref": "p-3f9a",
        "contact_cap_per_28_days": 10,
        **changes,
    }


def provider(**changes: Any) -> Data:
    """Movex, a technology centre in Ubrique."""
    return {
        "provider_id": "movex",
        "legal_name": "Fundación Movex",
        "country": "ES",
        "languages": ["es", "en"],
        "types": ["tech_centre"],
        "coverage_nuts": ["ES61"],
        "accreditations": [{"type": "program-license", "body": "Junta de Andalucía", "valid_from": "2020-01-01"}],
        "lead_time_working_days": 5,
        "nuts": "ES612",
        "lat": 36.678,
        "lon": -5.447,
        "homepage": "https://movex.example/",
        **changes,
    }


def coordinator(**changes: Any) -> Data:
    """CEC looks after Portugal, Spain and Romania."""
    return {
        "organisation_id": "cec",
        "legal_name": "European Footwear Confederation",
        "country": "BE",
        "languages": ["en", "fr"],
        "nuts": ["PT", "ES", "RO"],
        **changes,
    }


def answer(**changes: Any) -> Data:
    """Movex accepts."""
    return {
        "match_id": MATCH_ID,
        "provider_id": "movex",
        "decision": "accepted",
        "candidate_id": "c1",
        "session_ref": "movex/C07-1",
        "seats_offered": 3,
        **changes,
    }


def decision(**changes: Any) -> Data:
    """Betangible takes the first candidate."""
    return {"match_id": MATCH_ID, "decision": "accepted", "candidate_id": "c1", **changes}


def offer(**changes: Any) -> Data:
    """Belcinto offers two places in Portugal's «formação em contexto de trabalho» (the demo's O-001)."""
    return {
        "offer_id": "O-001",
        "company_id": "belcinto",
        "title": {"pt": "Formação em contexto de trabalho: costura de marroquinaria"},
        "esco_occupation": "http://data.europa.eu/esco/occupation/24e9f120-eae8-411a-8daf-c48e8ae2f5f6",
        "skills": [{"uri": SKILLS["S15"]}, {"uri": SKILLS["S16"]}],
        "places": 2,
        "location": {"nuts": "PT11A", "lat": 40.9, "lon": -8.49, "label": "São João da Madeira"},
        "start_window": {"earliest": "2027-01-22", "latest": "2027-02-21"},
        "weeks": 12,
        "weekly_hours": 30,
        "tasks": [{"pt": "Preparar peças para a costura"}],
        "languages": ["pt"],
        "min_age": 15,
        "scheme": "fct",
        "tutor_ref": "p-70a1",
        **changes,
    }


def nomination(**changes: Any) -> Data:
    """Betangible nominates one of its own people for C07."""
    return {
        "nomination_id": "NOM-1",
        "match_id": MATCH_ID,
        "learner_ref": "p-1ea2",
        "learner_status": "employed",
        "age_band": "18+",
        "start": "2026-12-13",
        "end": "2026-12-27",
        "weekly_hours": 15,
        "current_employer_id": "betangible",
        **changes,
    }


# ---- data of what the hub says ----------------------------------------------------------------------------------------


def candidate(**changes: Any) -> Data:
    """C07 as the first candidate."""
    return {
        "candidate_id": "c1",
        "curriculum_refs": ["movex/C07"],
        "session_refs": ["movex/C07-1"],
        "provider_ids": ["movex"],
        "score": 93.8,
        "coverage": 0.8,
        "breakdown": {"skills": 36.0, "distance": 12.0, "date": 11.2},
        "explanation": [{"code": "covers_musts", "params": {"covered": 1, "asked": 1}}],
        "uncovered_skills": ["mantenimiento básico de las máquinas de corte"],
        "total_hours": 30,
        "total_cost": {"amount": "220.00", "currency": "EUR"},
        "distance_km": 0.0,
        **changes,
    }


def proposal(**changes: Any) -> Data:
    """A match with one candidate."""
    return {
        "match_id": MATCH_ID,
        "about": "betangible/N-020",
        "candidates": [candidate()],
        "ruleset_version": "1",
        "expires_at": "2026-12-14T08:00:00Z",
        **changes,
    }


def request(**changes: Any) -> Data:
    """Movex is asked for C07."""
    return {
        "match_id": MATCH_ID,
        "provider_id": "movex",
        "candidates": [
            {"candidate_id": "c1", "curriculum_refs": ["movex/C07"], "session_refs": ["movex/C07-1"]},
        ],
        "respond_by": "2026-11-30",
        "region": "ES612",
        "headcount": 3,
        "levels": {"eqf_min": 3, "eqf_max": 4},
        "skills": [{"uri": SKILLS["S12"], "label": "operate automatic cutting systems", "must": True}],
        "start_window": DAYS,
        **changes,
    }


def gap(**changes: Any) -> Data:
    """Nothing fits: the course is given in another language and too far away."""
    return {
        "gap_id": GAP_ID,
        "need_ref": "belcinto/N-003",
        "reason_codes": ["language", "too_far"],
        "uncovered_skills": [],
        "best_score": 41.5,
        "nearest_misses": [{"curriculum_refs": ["tuiasi/C02"], "score": 41.5, "failed": ["language", "too_far"]}],
        "cluster_key": {"skill_group": ESCO + "0" * 8, "nuts2": "PT11", "language": "pt", "eqf_band": "3-4"},
        "ruleset_version": "1",
        **changes,
    }


def notification(**changes: Any) -> Data:
    """A provider's contact is to be asked by mail."""
    return {
        "notification_id": NOTIFICATION_ID,
        "recipient_ref": "p-77aa",
        "kind": "request_to_provider",
        "channel": "email",
        "dedupe_key": f"request:{MATCH_ID}:movex",
        "about": MATCH_ID,
        "params": {"match_id": MATCH_ID, "headcount": 3},
        **changes,
    }


def delivery(**changes: Any) -> Data:
    """The mail was taken by the next server."""
    return {
        "notification_id": NOTIFICATION_ID,
        "recipient_ref": "p-77aa",
        "kind": "request_to_provider",
        "channel": "email",
        "dedupe_key": f"request:{MATCH_ID}:movex",
        "at": "2026-11-23T08:00:05Z",
        "attempt": 1,
        "provider_code": "250",
        **changes,
    }


# ---- one example a type -----------------------------------------------------------------------------------------------

COOPERATION = {
    "match_id": MATCH_ID,
    "about": "betangible/N-020",
    "company_id": "betangible",
    "provider_ids": ["movex"],
    "candidate_id": "c1",
}
DOCUMENT = {"agreement_id": AGREEMENT_ID, "version": 1, "document_sha256": "ab" * 32}


def agreement(**changes: Any) -> Data:
    """The draft for the learner of C07."""
    return {
        **DOCUMENT,
        "template": "eu-generic",
        "language": "es",
        "about": "betangible/N-020",
        "match_id": MATCH_ID,
        "nomination_id": "NOM-1",
        "parties": {"company_id": "betangible", "provider_id": "movex", "learner_ref": "p-1ea2"},
        "current_employer_id": "betangible",
        "start": "2026-12-13",
        "end": "2026-12-27",
        "weekly_hours": 15,
        "outcomes": [{"title": {"en": "Run an automatic cutting system for leather"}, "uri": SKILLS["S12"]}],
        "required_signers": [
            {"role": "learner", "ref": "p-1ea2"},
            {"role": "company", "ref": "p-51a0"},
            {"role": "provider"},
        ],
        "checks": [
            {
                "code": "guardian",
                "status": "ok",
                "rule": "A minor needs a guardian.",
                "detail": "The learner is of age.",
            }
        ],
        "curriculum_refs": ["movex/C07"],
        "session_refs": ["movex/C07-1"],
        "unfilled": [{"field": "provider.signatory", "reason": "missing"}],
        **changes,
    }


ABOUT_MATCH = {"match_id": MATCH_ID, "about": "betangible/N-020"}

EXAMPLES: Mapping[str, Data] = {
    "agreement.drafted": agreement(),
    "company.registered": company(),
    "company.updated": company(size_band="medium"),
    "cooperation.agreed": {
        **COOPERATION,
        "curriculum_refs": ["movex/C07"],
        "session_refs": ["movex/C07-1"],
        "headcount": 3,
    },
    "cooperation.broken": {**COOPERATION, "reason_code": "session_cancelled", "session_ref": "movex/C07-1"},
    "cooperation.filled": {**COOPERATION, "headcount": 3},
    "coordinator.registered": coordinator(),
    "coordinator.updated": coordinator(nuts=["PT", "ES", "RO", "PL"]),
    "curriculum.published": curriculum(),
    "curriculum.retired": {"curriculum_id": "C07", "reason": "No machine left", "replaced_by": "movex/C06"},
    "curriculum.updated": curriculum(hours=28, wbl_hours=28),
    "digest.prepared": {
        "notification_id": NOTIFICATION_ID,
        "recipient_ref": "p-c0de",
        "local_date": "2026-11-24",
        "items": {"needs_you": 2, "news": 1},
    },
    "document.rendered": DOCUMENT,
    "event.refused": {
        "source": "/providers/movex",
        "id": "a-1",
        "problem": {"title": "Not valid", "status": 422, "errors": [{"pointer": "/data/headcount", "detail": "0"}]},
    },
    "event.rejected": {
        "source": "/providers/movex",
        "id": "a-1",
        "type": "eu.vethub.match.answered.v1",
        "reason_code": "match_closed",
        "detail": "The match was decided before this answer came.",
    },
    "learner.nominated": nomination(),
    "match.answered": answer(),
    "match.decided": decision(),
    "match.excluded": {
        "about": "betangible/N-020",
        "curriculum_ref": "movex/C07",
        "reason": {"en": "The machine is being replaced until March"},
    },
    "match.expired": ABOUT_MATCH,
    "match.proposed": proposal(),
    "match.requested": request(),
    "match.superseded": ABOUT_MATCH,
    "need.expired": {"need_ref": "betangible/N-020"},
    "need.published": need(),
    "need.rematch-due": {"need_ref": "betangible/N-020", "because": "session.cancelled"},
    "need.unmatched": gap(),
    "need.updated": need(headcount=4),
    "need.withdrawn": {"need_id": "N-020", "reason_code": "filled_elsewhere"},
    "notification.delivered": delivery(),
    "notification.failed": delivery(reason_code="unknown_recipient", provider_code="550"),
    "notification.requested": notification(),
    "placement.offered": offer(),
    "placement.updated": offer(places=3),
    "placement.withdrawn": {"offer_id": "O-001", "reason_code": "postponed"},
    "provider.registered": provider(),
    "provider.updated": provider(coverage_nuts=["ES61", "ES62"]),
    "reminder.due": {"kind": "match-expires", "about": MATCH_ID, "at": "2026-12-14T08:00:00Z"},
    "request.answered": {**ABOUT_MATCH, "provider_ids": ["movex"], "decision": "accepted", "candidate_id": "c1"},
    "session.cancelled": {"session_id": "C07-1", "curriculum_id": "C07", "reason": "The teacher is ill"},
    "session.rescheduled": session(start="2026-12-20", end="2027-01-10"),
    "session.scheduled": session(),
    "session.seats-changed": {"session_id": "C07-1", "curriculum_id": "C07", "seats_free": 5},
    "subject.erased": {"subject_ref": "p-1ea2"},
}

SUBJECTS = {
    "curriculum.retired": "movex/C07",
    "event.refused": "movex",
    "event.rejected": MATCH_ID,
    "learner.nominated": "betangible/NOM-1",
    "need.withdrawn": "betangible/N-020",
    "placement.withdrawn": "belcinto/O-001",
    "session.cancelled": "movex/C07-1",
    "session.rescheduled": "movex/C07-1",
    "session.scheduled": "movex/C07-1",
    "session.seats-changed": "movex/C07-1",
}
"""Subjects that the data do not say."""

SENDERS = {"company": "/companies/betangible", "provider": "/providers/movex", "coordinator": "/coordinators/cec"}


def without(data: Data, *names: str) -> Data:
    """Leave fields out."""
    return {name: value for name, value in data.items() if name not in names}


def envelope(short_type: str, data: Data | None = None, **attributes: Any) -> Envelope:
    """Wrap data (else the example's) in an envelope as it comes from outside; `attributes` replace its own."""
    found = EVENTS[short_type]
    data = EXAMPLES[short_type] if data is None else data
    body = orjson.dumps(data)
    made = Envelope(
        id=f"{short_type}-1",
        source=next((source for kind, source in SENDERS.items() if kind in found.SAID_BY), HUB_SOURCE),
        type=found.wire_type(),
        subject=attributes.pop("subject", None) or SUBJECTS.get(short_type) or _subject(found, body),
        time=AT,
        data=body,
    )
    return replace(made, **attributes)


def _subject(found: type[Event], body: bytes) -> str:
    return found.model_validate_json(body, extra="ignore").subject


def example(short_type: str, **attributes: Any) -> Envelope:
    """Return the example of a type."""
    return envelope(short_type, **attributes)


def said(short_type: str, data: Data | None = None, **attributes: Any) -> Event:
    """Read an event as a handler gets it."""
    return read(envelope(short_type, data, **attributes))
