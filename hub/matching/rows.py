"""From rows to what matching looks at: a need becomes an Ask, a curriculum with its provider and sessions a Course."""

from collections.abc import Mapping, Sequence

from events.needs import NeedPublished, NeedUpdated
from hub.matching.model import NUTS_COUNTRY, Accreditation, Ask, AskedSkill, Course, Money, Place, Price, Sitting
from hub.matching.placements import Offer as Placement
from hub.matching.placements import School
from hub.rows import Curriculum, Need, Offer, Organisation, Seats, Session
from hub.skills.pack import label
from schemas import curricula, needs, values


def ask_of(need: Need | NeedPublished | NeedUpdated) -> Ask:
    """Make a need, stored or just published, ready for matching."""
    if isinstance(need, Need):
        return _ask(need.told, need.key, excluded=frozenset((*need.excluded, *need.refused)))
    return _ask(need, f"{need.company_id}/{need.need_id}")


def _ask(
    told: needs.Need,
    ref: str,
    *,
    excluded: frozenset[str] = frozenset(),
) -> Ask:
    return Ask(
        ref=ref,
        skills=tuple(_asked(skill) for skill in told.skills),
        headcount=told.headcount,
        target_group=told.target_group,
        locations=tuple(_place(place) for place in told.locations),
        languages=told.languages,
        earliest=told.start_window.earliest,
        latest=told.start_window.latest,
        modes=frozenset(told.delivery_modes),
        remote_ok=told.remote_ok,
        language_preferred_only=told.language_preferred_only,
        radius_km=told.radius_km,
        preferred_start=told.preferred_start,
        needed_by=told.needed_by,
        eqf_min=told.eqf_min,
        eqf_max=told.eqf_max,
        max_hours=told.max_hours,
        max_cost=_money(told.max_cost_per_learner),
        green=told.green,
        digital=told.digital,
        accreditation_required=told.accreditation_required,
        credential_wanted=told.credential_wanted,
        wbl_possible=told.wbl_possible,
        excluded=excluded,
    )


def course_of(
    curriculum: Curriculum,
    provider: Organisation | None,
    sessions: Sequence[Session],
    seats: Mapping[str, Seats | None],
) -> Course:
    """Put a curriculum together with what its provider is and when it is given."""
    told = curriculum.told
    who = provider.provider if provider else None
    return Course(
        ref=curriculum.key,
        provider_id=curriculum.org,
        concepts=taught(told),
        hours=told.hours,
        kind=told.kind,
        modes=told.modes,
        languages=told.languages,
        sittings=tuple(_sitting(row, seats.get(row.key)) for row in sessions),
        coverage_nuts=who.coverage_nuts if who else (),
        national=who.national if who else False,
        country=who.country if who else "",
        place=Place(who.nuts or "", who.lat, who.lon) if who and (who.nuts or who.lat is not None) else None,
        price=_price(told.price),
        eqf=told.eqf,
        green=told.green,
        digital=told.digital,
        credential=told.credential_profile is not None,
        min_age=told.min_age,
        prerequisites=told.prerequisites,
        on_demand=told.on_demand,
        lead_time_days=who.lead_time_working_days if who else None,
        accreditations=tuple(
            Accreditation(each.type, each.valid_from, each.valid_to) for each in (who.accreditations if who else ())
        ),
    )


def school_of(row: Organisation, courses: Sequence[Course]) -> School:
    """Put a provider together with everything it teaches."""
    told = row.provider
    if told is None:
        raise ValueError(f"{row.key} is no provider")
    where = Place(told.nuts or "", told.lat, told.lon) if told.nuts or told.lat is not None else None
    reach = (NUTS_COUNTRY.get(told.country, told.country),) if told.national else told.coverage_nuts
    return School(row.key, told.languages, reach, tuple(courses), where)


def placement_of(offer: Offer, *, declined: frozenset[str], silent: frozenset[str]) -> Placement:
    """Make a placement that a company offers ready for matching."""
    told = offer.told
    return Placement(
        ref=offer.key,
        skills=skills_of(offer),
        place=_place(told.location),
        languages=told.languages,
        scheme=told.scheme,
        start=told.start_window.earliest,
        excluded=frozenset(offer.refused),
        declined=declined,
        silent=silent,
    )


def skills_of(offer: Offer) -> tuple[str, ...]:
    """Return the ESCO concepts of an offer; an occupation alone names none while ESCO's relations are not imported."""
    return tuple(skill.uri for skill in offer.told.skills or () if skill.uri)


def taught(told: curricula.Curriculum) -> frozenset[str]:
    """Return the ESCO concepts a curriculum teaches."""
    return frozenset(skill.uri for outcome in told.learning_outcomes for skill in outcome.skills if skill.uri)


def _asked(skill: needs.AskedSkill) -> AskedSkill:
    statement = skill.text or (label(skill.uri) if skill.uri else "") or ""
    return AskedSkill(skill.uri, statement, skill.weight, skill.must)


def _sitting(row: Session, seats: Seats | None) -> Sitting:
    told = row.told
    return Sitting(
        ref=row.key,
        start=told.start,
        end=told.end,
        mode=told.mode,
        language=told.language,
        seats_free=seats.free if seats else told.seats_free,
        location=_place(told.location) if told.location else None,
        application_deadline=told.application_deadline,
        cancelled=row.state == "cancelled",
        split_allowed=told.split_allowed,
        price=_price(told.price),
        held=seats.holding if seats else (),
    )


def _place(place: values.Place) -> Place:
    return Place(place.nuts, place.lat, place.lon)


def _money(money: values.Money | None) -> Money | None:
    return Money(money.amount, money.currency) if money else None


def _price(price: values.Price | None) -> Price | None:
    return Price(price.amount, price.currency, price.per) if price else None
