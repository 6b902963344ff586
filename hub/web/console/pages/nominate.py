"""Whom a party names: the person goes into the vault first, the nomination carries only the ref."""

from collections.abc import Iterable
from datetime import date, timedelta

import orjson
from starlette.responses import Response

from events.agreements import LearnerNominated
from events.errors import Invalid
from hub import vault
from hub.known_people import Known
from hub.rows import Offer
from hub.store import people
from hub.web.console import acting, links
from hub.web.console.acting import Act, Drawn, filled, number
from hub.web.console.dealing import Deal, seen_deal
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse
from schemas.problems import Problem, quoted
from schemas.values import country_of

STATUSES = {"employed": "employed", "unemployed": "looking for work", "pupil": "at school", "student": "studying"}
BANDS = {"18+": "18 or older", "15-17": "15 to 17"}
ZONES = {
    "PT": "Europe/Lisbon",
    "ES": "Europe/Madrid",
    "RO": "Europe/Bucharest",
    "PL": "Europe/Warsaw",
    "BE": "Europe/Brussels",
}
"""Time zones by country."""
TONGUES = ("pt", "es", "en", "ro", "pl", "fr", "nl", "it", "de")
MOST_GUARDIANS = 4  # the wire takes no more
NOBODY = "Nobody of the parties stands behind this ref. Put the person in first, in the form above."

desk = Desk()


@desk.page("/matches/{match_id}/nominate")
async def nominate(visit: Visit) -> Response:
    """The forms that put a person into the vault and name a learner."""
    deal = await visit.read(seen_deal, visit.given("match_id"), visit.visitor.sender)
    first, last, weekly = _days(deal)
    proposed = {
        "party": visit.asked("party") or deal.about.org,
        "learner_ref": visit.asked("learner"),
        "guardian_refs": visit.asked("guardians"),
        "tutor_ref": visit.asked("tutor"),
        "start": first,
        "end": last,
        "weekly_hours": weekly,
        "learner_status": "pupil" if isinstance(deal.about, Offer) else "employed",
    }
    proposed |= await _band(visit, proposed["learner_ref"], first)
    return await _nomination_form(visit, deal, acting.fresh(_filling(deal), **proposed), acting.fresh(""))


@desk.form("/matches/{match_id}/people")
async def add_person(visit: Visit, form: Form) -> Response:
    """Put a learner or a guardian into the vault, and go on with the ref."""
    deal = await visit.read(seen_deal, visit.given("match_id"), visit.visitor.sender)
    once = acting.once_of(form)
    party = form.get("party", "")
    if party not in deal.parties:
        raise Refuse(400, "Choose the company or the provider that named the person. Nobody was put in.")
    given = {name: form.get(name) or None for name in ("kind", "name", "email", "language", "timezone", "phone")}
    given |= {"organisation": party, "birth_date": form.get("birth_date") or None}
    try:
        person = vault.read_person(orjson.dumps(given), today=visit.now.date())
    except Invalid as invalid:
        drawn = acting.again(form, "", invalid.errors, {})
        named = {name: form.get(name, "") for name in ("learner_ref", "guardian_refs", "tutor_ref")}
        return await _nomination_form(visit, deal, acting.fresh(_filling(deal), party=party, **named), drawn)
    try:
        ref = await vault.keep(visit.hub.store, visit.hub.clock, person, once=once)
    except vault.Erased as gone:
        raise Refuse(409, f"{gone} Open the form again.") from None
    kept = {"party": party, "learner": form.get("learner_ref", ""), "tutor": form.get("tutor_ref", "")}
    kept["guardians"] = " ".join([*_guardians(form), ref] if person.kind == "guardian" else _guardians(form))
    if person.kind in kept:
        kept[person.kind] = ref
    there = links.with_query(links.act(visit.given("match_id"), "nominate"), kept)
    return visit.back(there, "person_added", ref=ref)


@desk.form("/matches/{match_id}/nominate")
async def record_nomination(visit: Visit, form: Form) -> Response:
    """Record whom a party names."""
    deal = await visit.read(seen_deal, visit.given("match_id"), visit.visitor.sender)
    once = acting.once_of(form)

    async def redraw(form: Form, wrong: Iterable[Problem]) -> Response:
        places = {str(n): "guardian_refs" for n in range(MOST_GUARDIANS)}
        return await _nomination_form(visit, deal, acting.again(form, _filling(deal), wrong, places), acting.fresh(""))

    wrong = await _unfit_nomination(visit, deal, form)
    if wrong:
        return await redraw(form, wrong)
    party, nomination_id = form["party"], f"C-{once[:12]}"
    data = {
        "nomination_id": nomination_id,
        "match_id": visit.given("match_id"),
        "weekly_hours": number(form.get("weekly_hours", "")),
        "guardian_refs": _guardians(form),
        "adjustment_needed": form.get("adjustment_needed") == "on",
        **{name: form.get(name, "") for name in ("learner_ref", "learner_status", "age_band", "start", "end")},
        **{name: form[name] for name in filled(form, "current_employer_id", "tutor_ref")},
    }
    act = Act(
        LearnerNominated,
        f"{party}/{nomination_id}",
        data,
        deal.names.get(party, party),
        "a learner",
        links.about(deal.about),
        _filling(deal),
    )
    return await acting.record(visit, form, act, redraw)


async def _unfit_nomination(visit: Visit, deal: Deal, form: Form) -> list[Problem]:
    """Return what the vault and the deal say against it; people of strangers are as good as unknown."""
    if form.get("party") not in deal.parties:
        return [Problem("/party", "Choose the company or a provider of this agreement.")]
    learner, tutor, guardians = (
        form.get("learner_ref", ""),
        form.get("tutor_ref", ""),
        _guardians(form)[:MOST_GUARDIANS],
    )
    found = await visit.read(people.find_all, [learner, tutor, *guardians])
    known = {each.ref for each in found if each.org in deal.parties}
    wrong = [Problem("/guardian_refs", f"{quoted(ref)}: {NOBODY}") for ref in guardians if ref not in known]
    wrong += [Problem("/tutor_ref", NOBODY)] if tutor and tutor not in known else []
    if not learner:
        return [Problem("/learner_ref", "Say who learns, by the person’s ref."), *wrong]
    return wrong if learner in known else [Problem("/learner_ref", NOBODY), *wrong]


def _guardians(form: Form) -> list[str]:
    """Return the refs of guardians, each once; people part them by spaces, commas or lines."""
    return list(dict.fromkeys(form.get("guardian_refs", "").replace(",", " ").split()))


async def _nomination_form(visit: Visit, deal: Deal, drawn: Drawn, person: Drawn) -> Response:
    return await visit.draw(
        "act_nominate.html",
        status=422 if drawn.wrong or person.wrong else 200,
        deal=deal,
        match_id=visit.given("match_id"),
        drawn=drawn,
        person=person,
        statuses=STATUSES,
        bands=BANDS,
        zones=tuple(ZONES.values()),
        zone_there=ZONES.get(country_of(deal.about.places[0]), ZONES["PT"]),
        tongues=TONGUES,
    )


def _filling(deal: Deal) -> str:
    """Name how far the places are filled."""
    return f"{deal.agreed.state}.{deal.agreed.version}" if deal.agreed else "none"


async def _band(visit: Visit, ref: str, first: str) -> dict[str, str]:
    """Propose the age band by the birth date that the vault holds; nothing else of the person is looked at."""
    person = await visit.read(people.find, ref) if ref and first else None
    born = date.fromisoformat(person.birth_date) if person and person.birth_date else None
    minor = Known(ref, "", "learner", born).is_minor_on(date.fromisoformat(first)) if born else None
    return {} if minor is None else {"age_band": "15-17" if minor else "18+"}


def _days(deal: Deal) -> tuple[str, str, str]:
    """Propose first day, last day and hours a week: the sessions', else the placement's."""
    told = [
        deal.sessions[ref].told
        for ref in (deal.agreed.candidate.session_refs if deal.agreed else ())
        if ref in deal.sessions
    ]
    if told:
        return (
            min(each.start for each in told).isoformat(),
            max(each.end for each in told).isoformat(),
            "",
        )
    if isinstance(deal.about, Offer):
        offer = deal.about.told
        last = offer.start_window.earliest + timedelta(weeks=offer.weeks) - timedelta(days=1)
        return offer.start_window.earliest.isoformat(), last.isoformat(), str(offer.weekly_hours)
    return "", "", ""
