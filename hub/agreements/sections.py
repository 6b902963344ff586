"""The kinds of sections a template is made of: the parties, rows of fields, clauses, the checks, the signature boxes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from hub.agreements.draft import Body, Draft
from hub.agreements.fields import FIELDS
from hub.agreements.templates import Section
from hub.agreements.writer import Writer

Party = dict[str, Any]


def parties(writer: Writer, _section: Section) -> dict[str, Any]:
    """The table of who agrees: organisations with their signatories, the learner with guardians, the tutor."""
    draft = writer.draft
    by_role = {each.role: each.ref for each in reversed(draft.signers)}
    rows = [
        organisation(writer, "company", draft.company, by_role.get("company")),
        organisation(writer, "provider", draft.provider, by_role.get("provider")),
        learner(writer),
        *(guardian(writer, number, ref) for number, ref in enumerate(guardians(draft), 1)),
        tutor(writer),
    ]
    if draft.current_employer is not None:
        employer = organisation(writer, "current_employer", draft.current_employer, by_role.get("current_employer"))
        rows.append(employer)
    columns = [writer.say("parties", name) for name in ("role", "name", "details")]
    return {"columns": columns, "rows": rows}


def organisation(writer: Writer, role: str, body: Body, signatory: str | None) -> Party:
    """One organisation's row."""
    details = [writer.say("parties", "organisation", id=body.id)]
    if body.vat_id:
        details.append(writer.say("parties", "registered", id=writer.own(f"{role}.vat_id", body.vat_id)))
    details.append(writer.say("parties", "represented_by", name=writer.name(f"{role}.signatory.name", signatory)))
    name = writer.own(f"{role}.legal_name", body.legal_name or body.id)
    return {"role": writer.say("parties", role), "name": name, "details": details}


def learner(writer: Writer) -> Party:
    """The learner's row: who it is, born when, and what he or she does now."""
    draft = writer.draft
    details = [writer.say("learner_status", draft.learner_status), writer.say("age_band", draft.age_band)]
    person = writer.people.get(draft.learner_ref)
    if person is not None and person.birth_date:
        details.append(writer.say("parties", "born", day=date.fromisoformat(person.birth_date)))
    name = writer.name("learner.name", draft.learner_ref)
    return {"role": writer.say("parties", "learner"), "name": name, "details": details}


def guardians(draft: Draft) -> Sequence[str | None]:
    """Return everybody who signs as a guardian; one without a name when one is needed and nobody is named."""
    return [each.ref for each in draft.signers if each.role == "guardian"]


def guardian(writer: Writer, number: int, ref: str | None) -> Party:
    """One guardian's row."""
    name = writer.name(f"guardian.{number}.name", ref)
    return {
        "role": writer.say("parties", "guardian"),
        "name": name,
        "details": [writer.say("parties", "for_learner")],
    }


def tutor(writer: Writer) -> Party:
    """The tutor's row, with the address at which the provider and the learner reach him or her."""
    ref = writer.draft.tutor_ref
    name = writer.name("tutor.name", ref)
    person = writer.people.get(ref or "")
    details = [writer.say("parties", "mail", address=writer.own("tutor.email", person.email))] if person else []
    return {"role": writer.say("parties", "tutor"), "name": name, "details": details}


def rows(writer: Writer, section: Section) -> dict[str, Any]:
    """Label and words of each field that has something to say, and the section's clauses."""
    made = []
    for name in section.fields:
        told = FIELDS[name](writer)
        if told:
            key = "words" if isinstance(told, str) else "items"
            made.append({"label": writer.say("fields", name), key: told})
    return {"rows": made, **words(writer, section)}


def words(writer: Writer, section: Section) -> dict[str, Any]:
    """The section's clauses."""
    return {"clauses": [writer.say("clauses", name) for name in section.clauses]}


def checks(writer: Writer, _section: Section) -> dict[str, Any]:
    """The table of the checks, each with the rule's words and the figures."""
    made = [
        {
            "name": writer.say("checks", each.code),
            "status": each.status,
            "result": writer.say("checks", each.status),
            "rule": writer.own(f"checks.{each.code}.rule", each.rule),
            "detail": writer.own(f"checks.{each.code}.detail", each.detail),
        }
        for each in writer.draft.checks
    ]
    columns = [writer.say("checks", name) for name in ("check", "result", "rule")]
    return {"columns": columns, "rows": made} if made else {}


def signatures(writer: Writer, _section: Section) -> dict[str, Any]:
    """A box for each required signer."""
    seen: dict[str, int] = {}
    boxes = []
    for each in writer.draft.signers:
        seen[each.role] = seen.get(each.role, 0) + 1
        boxes.append(box(writer, each.role, seen[each.role], each.ref))
    return {
        "signers": boxes,
        "place_and_date": writer.say("signatures", "place_and_date"),
        "signature": writer.say("signatures", "signature"),
    }


def box(writer: Writer, role: str, number: int, ref: str | None) -> dict[str, str]:
    """One signature box; the parties' table has already said what is missing."""
    draft = writer.draft
    body = {"company": draft.company, "provider": draft.provider, "current_employer": draft.current_employer}.get(role)
    name = {"learner": "learner.name", "guardian": f"guardian.{number}.name"}.get(role, f"{role}.signatory.name")
    return {
        "role": writer.say("signatures", role),
        "name": writer.name(name, ref),
        "organisation": writer.own(f"{role}.legal_name", body.legal_name or body.id) if body else "",
    }


SECTIONS: Mapping[str, Callable[[Writer, Section], dict[str, Any]]] = {
    "parties": parties,
    "rows": rows,
    "words": words,
    "checks": checks,
    "signatures": signatures,
}
