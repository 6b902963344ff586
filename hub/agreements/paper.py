"""Puts a draft and its people into the words of one language: the data that a template draws. Words stay words here."""

from typing import Any

from hub.agreements.sections import SECTIONS
from hub.agreements.templates import Section
from hub.agreements.writer import Writer


def paper(writer: Writer) -> dict[str, Any]:
    """Return the data of the whole document."""
    words, draft = writer.chosen.words, writer.draft
    stage = writer.fill(words["stage"], version=draft.version)
    return {
        "language": writer.chosen.speech.code,
        "region": writer.chosen.speech.locale.territory,
        "id": draft.agreement_id,
        "stage": stage,
        "title": words["title"],
        "subtitle": subject(writer),
        "strip": strip(writer),
        "sections": [made for each in writer.chosen.template.sections if (made := section(writer, each))],
        "not_legal_advice": words["not_legal_advice"],
        "notes": notes(writer),
        "footer": f"{words['number']} {draft.agreement_id} · {stage}",
        "page": words["page"],
    }


def subject(writer: Writer) -> str:
    """Return what the agreement is for: its courses, else the programme."""
    draft = writer.draft
    titles = [writer.told(f"courses.{n}", each.title) for n, each in enumerate(draft.courses, 1)]
    if titles or draft.programme is None:
        return " · ".join(titles)
    return writer.told("programme", draft.programme)


def strip(writer: Writer) -> list[dict[str, str]]:
    """Return what stands under the title: by what it is known, and since when."""
    labels, draft = writer.chosen.words["strip"], writer.draft
    told = {
        "agreement": draft.agreement_id,
        "about": draft.about,
        "match": draft.match_id,
        "drafted": writer.chosen.speech.day(draft.at.date()),
    }
    return [{"label": labels[name], "words": words} for name, words in told.items()]


def notes(writer: Writer) -> list[str]:
    """Return what stands under the sentence that this is no legal advice."""
    words, template = writer.chosen.words, writer.chosen.template
    sources = template.legal_basis[writer.chosen.speech.code]
    said = [
        writer.fill(words["legal_basis"], sources="; ".join(sources)),
        writer.fill(words["in_force"], code=template.code, valid_from=template.valid_from, rules=writer.draft.rules),
    ]
    if writer.chosen.asked is not None:
        asked = writer.chosen.speech.locale.languages.get(writer.chosen.asked, writer.chosen.asked)
        said.append(writer.fill(words["fallback"], language=asked))
    return said


def section(writer: Writer, described: Section) -> dict[str, Any] | None:
    """Return one section's data, None when nothing would stand in it."""
    made = SECTIONS[described.kind](writer, described)
    if not any(made.values()):
        return None
    return {"kind": described.kind, "heading": writer.say("headings", described.name), **made}
