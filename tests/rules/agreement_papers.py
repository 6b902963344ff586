"""A draft of an agreement as a courier's job holds it, and the people it names, for tests that render."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.agreements.checks import check_all, tell
from hub.agreements.draft import Body, Checked, Course, Draft, Pay, Signature, Words
from hub.agreements.signers import required_signers
from tests.rules.agreement_cases import a_minors

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Human:
    """An invented person, as the vault would hold one."""

    name: str
    email: str = "somebody@somewhere.example"
    birth_date: str | None = None


PEOPLE = {
    "ctcp/learner": Human("Inês Conceição Araújo", "ines@aluna.example", "2010-05-14"),
    "ctcp/guardian": Human("João Araújo", "joao@familia.example"),
    "belcinto/tutor": Human("Rosa Gonçalves", "rosa@belcinto.example"),
    "belcinto/signatory": Human("Ana Vasconcelos", "ana@belcinto.example"),
    "ctcp/signatory": Human("Luís Peixoto", "luis@ctcp.example"),
}


def a_course(title: Words) -> Course:
    """Return the course that goes with it, under another title."""
    return Course(ref="ctcp/C09", title=title, hours=25, eqf=3)


def a_draft(language: str = "pt", **changes: Any) -> Draft:
    """Return the demonstration's placement of a pupil of 16, in a language; `changes` replace fields."""
    arrangement = a_minors(learners=2)
    told = [tell(verdict, language) for verdict in check_all(arrangement)]
    orderly: dict[str, Any] = {
        "agreement_id": "3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b11",
        "version": 1,
        "template": "eu-generic",
        "languages": (language,),
        "at": AT,
        "about": "belcinto/O-001",
        "match_id": "b8a6f3de-1c5e-5f0a-8d2b-6e4f7a9c0d22",
        "rules": "eu-1",
        "company": Body(id="belcinto", legal_name="Vasconcelos & Cª, Lda", vat_id="PT500000000"),
        "provider": Body(id="ctcp", legal_name="Centro Tecnológico do Calçado de Portugal"),
        "learner_ref": "ctcp/learner",
        "learner_status": "pupil",
        "age_band": "15-17",
        "tutor_ref": arrangement.tutor_ref,
        "signers": tuple(Signature(role=each.role, ref=each.ref) for each in required_signers(arrangement)),
        "programme": {"en": "Manual leather goods operator", "pt": "Operador manual de marroquinaria"},
        "courses": (
            a_course({"en": "Pre-stitching: skiving, folding, gluing", "pt": "Preparação da costura: facear e colar"}),
        ),
        "session_refs": ("ctcp/C09-1",),
        "scheme": "fct",
        "outcomes": ("apply pre-stitching techniques", {"en": "work safely", "pt": "trabalhar em segurança"}),
        "tasks": ({"pt": "Facear e dobrar peças de carteiras", "es": "Rebajar y doblar piezas de bolsos"},),
        "start": arrangement.start,
        "end": arrangement.end,
        "weekly_hours": 30,
        "place": "São João da Madeira",
        "nuts": "PT11A",
        "learners": 2,
        "tutors": 1,
        "allowance": Pay(amount="150.00", currency="EUR"),
        "working_languages": ("pt",),
        "cefr": "B1",
        "ppe": ("luvas", "óculos"),
        "hazardous": ("cola à base de solventes",),
        "medical_required": True,
        "checks": tuple(
            Checked(code=each.code, status=each.status, rule=each.rule, detail=each.detail) for each in told
        ),
    }
    return Draft.model_validate(orderly | changes)
