"""The codes of events in sentences that are translated: one table a noun, in the voice of who reads it.

`hub/mail/words` says them. English stands here, the other languages in `locale`; a code without a sentence keeps its code.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Counted(NamedTuple):
    """A sentence that is written differently for one and for several of the figure `by`."""

    one: str
    many: str
    by: str


def _(message: str) -> str:
    """Mark a sentence for the catalogues; it is translated when said."""
    return message


def ngettext(one: str, many: str, by: str) -> Counted:
    """Mark a sentence with a number in it for the catalogues, which know this name."""
    return Counted(one, many, by)


Sentence = str | Counted

TOLD_TO_PROVIDERS: Mapping[str, Sentence] = {
    "teaches": _("skills covered: %(taught)s of %(asked)s"),
    "teaches_of_placement": _("skills of the placement that are taught: %(taught)s of %(asked)s"),
    "at_your_site": _("can be held at the company, which lies in the area covered"),
    "online": _("online, so the distance does not matter"),
    "distance": _("less than %(km)s km from the company"),
    "distance_estimated": _("less than %(km)s km from the company"),
    "starts_at_earliest": _("starts in the time asked for"),
    "starts_after_earliest": _("starts in the time asked for"),
    "starts_as_preferred": _("starts in the time asked for"),
    "starts_off_preferred": _("starts in the time asked for"),
    "on_demand": _("is held on demand"),
    "level_fits": _("at the level asked for"),
    "teaches_nothing_else": _("teaches nothing beyond what is asked for"),
    "under_your_limit": _("within the price asked for"),
    "at_your_limit": _("within the price asked for"),
    "your_first_language": _("in %(language)s, a language the company asked for"),
    "another_of_your_languages": _("in %(language)s, a language the company asked for"),
    "wish_met": _("marked as %(wish)s, as asked for"),
    "credential_offered": _("ends with a credential, as asked for"),
}
"""The matching rules' notes (`hub/matching/explain.NOTES`) as their provider is told them; a note that is not here is kept
from it. Nothing here may tell who the company is or what its limits are, so distances are told in steps of 10 km."""

TOLD_TO_COMPANIES: Mapping[str, Sentence] = {
    "teaches": ngettext(
        "teaches the skill you asked for",
        "teaches %(taught)s of the %(asked)s skills you asked for",
        "asked",
    ),
    "teaches_of_placement": ngettext(
        "teaches the skill of your placement",
        "teaches %(taught)s of the %(asked)s skills of your placement",
        "asked",
    ),
    "skill_not_understood": _("we do not know yet what «%(skill)s» is in ESCO, so it could not count"),
    "skill_missing": _("does not teach «%(skill)s»"),
    "skill_related": _("teaches something close to «%(skill)s», not quite the same"),
    "at_your_site": _("comes to your workplace"),
    "online": _("online, no travelling"),
    "distance": _("%(km)s km away"),
    "distance_estimated": _("about %(km)s km away, estimated from the region"),
    "starts_at_earliest": _("starts on %(start)s, the first day you gave"),
    "starts_after_earliest": ngettext(
        "starts on %(start)s, %(days)s day after the first day you gave",
        "starts on %(start)s, %(days)s days after the first day you gave",
        "days",
    ),
    "starts_as_preferred": _("starts on %(start)s, the day you prefer"),
    "starts_off_preferred": ngettext(
        "starts on %(start)s, %(days)s day from the day you prefer",
        "starts on %(start)s, %(days)s days from the day you prefer",
        "days",
    ),
    "on_demand": _("runs when you ask for it, no fixed session"),
    "level_fits": _("EQF level %(eqf)s, as you asked"),
    "level_close": _("EQF level %(eqf)s, one level outside what you asked"),
    "level_not_stated": _("states no EQF level"),
    "teaches_nothing_else": _("nothing in it that you did not ask for"),
    "also_teaches": ngettext(
        "also teaches %(others)s skill you did not ask for",
        "also teaches %(others)s skills you did not ask for",
        "others",
    ),
    "under_your_limit": _("%(money)s under your limit"),
    "at_your_limit": _("exactly at your price limit"),
    "price_not_stated": _("states no price, so your limit could not be compared"),
    "cost_not_compared": _("priced in %(currency)s, not compared with your limit"),
    "your_first_language": _("held in %(language)s, your first language"),
    "another_of_your_languages": _("held in %(language)s, one of your languages"),
    "not_your_language": _("held in %(language)s, which is not among the languages you prefer"),
    "wish_met": _("%(wish)s, as you wished"),
    "wish_not_met": _("not marked as %(wish)s, which you wished"),
    "credential_offered": _("ends with a credential, as you wished"),
    "no_credential": _("ends without the credential you wished"),
    "record": _("the provider's record so far is %(percent)s %%"),
    "no_record_yet": _("the provider has no record with us yet"),
    "split_over_sessions": ngettext(
        "your group would be in %(sessions)s session",
        "your group would be split over %(sessions)s sessions",
        "sessions",
    ),
    "prerequisites": _("expects %(courses)s first"),
    "score_too_low": ngettext(
        "%(score)s point, too few to be proposed", "%(score)s points, too few to be proposed", "score"
    ),
    "held_in": _("held in %(language)s, which you did not ask for"),
    "taught_as": _("taught %(mode)s, which you did not ask for"),
    "site_not_covered": _("its provider does not come to your site"),
    "beyond_radius": _("%(km)s km away, you go up to %(radius_km)s km"),
    "beyond_radius_estimated": _("about %(km)s km away, estimated from the region; you go up to %(radius_km)s km"),
    "no_session_planned": _("no session is planned"),
    "starts_too_early": ngettext(
        "starts on %(start)s, %(days)s day before your window opens",
        "starts on %(start)s, %(days)s days before your window opens",
        "days",
    ),
    "starts_too_late": ngettext(
        "starts on %(start)s, %(days)s day after your window closes",
        "starts on %(start)s, %(days)s days after your window closes",
        "days",
    ),
    "ends_too_late": ngettext(
        "ends on %(end)s, %(days)s day after you need the people",
        "ends on %(end)s, %(days)s days after you need the people",
        "days",
    ),
    "too_late_to_apply": _("starts on %(start)s, too late to apply for it"),
    "seats_short": ngettext(
        "%(free)s free seat for your group of %(headcount)s",
        "%(free)s free seats for your group of %(headcount)s",
        "free",
    ),
    "level_far": _("EQF level %(eqf)s, too far from what you asked"),
    "musts_missing": _("does not teach «%(skills)s», which must be taught"),
    "over_your_limit": _("%(money)s over your limit"),
    "hours_over": ngettext("%(hours)s hour more than you give", "%(hours)s hours more than you give", "hours"),
}
"""Every note of `hub/matching/explain.NOTES`, told to the company that asked."""

WELCOME = frozenset(
    {
        "teaches",
        "teaches_of_placement",
        "at_your_site",
        "online",
        "distance",
        "starts_at_earliest",
        "starts_after_earliest",
        "starts_as_preferred",
        "on_demand",
        "level_fits",
        "teaches_nothing_else",
        "under_your_limit",
        "at_your_limit",
        "your_first_language",
        "another_of_your_languages",
        "wish_met",
        "credential_offered",
        "record",
    }
)
"""Notes that speak for a candidate; the others only say what it is like."""

GAPS: Mapping[str, Sentence] = {
    "no_curriculum": _("no course teaches everything that must be taught"),
    "low_score": _("it fits too loosely to be proposed"),
    "unresolved_skills": _("we do not know yet what the skills you described are in ESCO"),
    "kind": _("it is meant for other learners (initial or continuing training)"),
    "language": _("it is not held in a language you asked for"),
    "mode": _("it is not taught in a way you asked for"),
    "too_far": _("it is too far away, or its provider does not come to your site"),
    "no_session_in_window": _("no session starts in your window that one can still apply for"),
    "no_seats": _("too few seats are free"),
    "level": _("its EQF level is too far from what you asked"),
    "skills": _("it misses a skill that must be taught"),
    "cost": _("it costs more than your limit"),
    "hours": _("it takes more hours than you give"),
    "accreditation": _("the provider has no accreditation that holds when it ends"),
    "excluded": _("a coordinator took it out for this need"),
    "provider_declined": _("the provider has declined this need"),
    "no_response": _("the provider has not answered about this need"),
}

CURES: Mapping[str, Sentence] = {
    "no_curriculum": _("Mark a skill as welcome instead of needed: courses that teach the others come into play."),
    "low_score": _("Loosen one of your wishes: each one costs points where it is not met."),
    "unresolved_skills": _("Describe the skill in other words, or name it by its ESCO address."),
    "kind": _("Check whether your people learn before or beside work; some courses take both."),
    "language": _("Accept one more language, if your people speak it."),
    "mode": _("Accept one more way of teaching."),
    "too_far": _("Go further, or accept online or partly online courses."),
    "no_session_in_window": _("Give more days on which it may start."),
    "no_seats": _("Send fewer people, or give later days: another session may have the seats."),
    "level": _("Widen the EQF levels by one."),
    "cost": _("Raise your price limit, if you can."),
    "hours": _("Give more hours, if you can."),
    "accreditation": _("Do without the accreditation, if you can."),
    "excluded": _("Ask the coordinator of your region why the course was taken out."),
    "provider_declined": _("Change days, price or place: then the provider is asked again."),
    "no_response": _("State the need anew: then the provider is asked again."),
}
"""What the company itself can change, by the reason codes of a gap."""

ANSWERS: Mapping[str, Sentence] = {
    "no_capacity": _("it has no free places"),
    "too_far": _("it is too far away"),
    "dates": _("the dates do not suit it"),
    "price": _("the price does not suit it"),
    "not_in_scope": _("this is not what it teaches"),
    "other": _("it gives no reason that we have a word for"),
}
"""Why a provider declines."""

BREAKS: Mapping[str, Sentence] = {
    "session_cancelled": _("the session was cancelled"),
    "session_moved": _("the session was moved to other days"),
    "curriculum_retired": _("the course is no longer held"),
    "withdrawn": _("the company no longer looks for it"),
}

CHECKS: Mapping[str, Sentence] = {
    "minors_hours": _("Working hours of minors"),
    "guardian": _("Guardian"),
    "tutor": _("Tutor"),
    "tutor_ratio": _("Learners for each tutor"),
    "overlap": _("Other agreements at the same time"),
    "duration": _("Length"),
    "insurance": _("Insurance"),
    "hazard": _("Hazards at the workplace"),
    "rest_times": _("Rest times"),
    "medical": _("Medical examination"),
    "share_of_hours": _("Share of hours at the company"),
}

STATUSES: Mapping[str, Sentence] = {
    "ok": _("fulfilled"),
    "warning": _("to be looked at"),
    "failed": _("not fulfilled"),
}

ROLES: Mapping[str, Sentence] = {
    "learner": _("the learner"),
    "guardian": _("the guardian"),
    "company": _("the company"),
    "provider": _("the school or training provider"),
    "current_employer": _("the learner's employer"),
}

SCHEMES: Mapping[str, Sentence] = {
    "apprenticeship": _("apprenticeship"),
    "traineeship": _("traineeship"),
    "fct": _("training in a work context (FCT)"),
    "dual": _("dual training"),
    "shadowing": _("job shadowing"),
}

TODOS: Mapping[str, Sentence] = {
    "to_answer": _("%(who)s has not answered yet"),
    "question": _("%(who)s asks something before it decides"),
    "to_decide": _("%(who)s has to decide"),
    "expiring": _("The proposals for %(who)s run out soon"),
    "failed_mail": _("%(who)s could not be reached by mail"),
    "agreement": _("The draft agreement of %(who)s cannot be signed as it is"),
    "gap": _("Nothing fits what %(who)s asks for"),
    "parked": _("An event of %(who)s waits for help"),
}
"""What needs somebody, and which organisation is concerned."""

FIGURES: Mapping[str, Sentence] = {
    "needs_matched": ngettext("of %(of)s new need found a course", "of %(of)s new needs found a course", "of"),
    "learners_agreed": ngettext("person whose training is agreed", "people whose training is agreed", "count"),
    "open_needs": ngettext("need is open", "needs are open", "count"),
    "open_gaps": ngettext("need finds nothing yet", "needs find nothing yet", "count"),
    "agreements_drafted": ngettext("agreement drafted", "agreements drafted", "count"),
}
"""What a digest's number counts; the number stands before it."""

WISHES: Mapping[str, Sentence] = {
    "green": _("green"),
    "digital": _("digital"),
}

MODES: Mapping[str, Sentence] = {
    "presential": _("in person"),
    "online": _("online"),
    "blended": _("partly online"),
    "workplace": _("at the workplace"),
}

PRICES: Mapping[str, Sentence] = {
    "learner": _("%(money)s per learner"),
    "group": _("%(money)s for the group"),
}

TABLES: Mapping[str, Mapping[str, Sentence]] = {
    "answers": ANSWERS,
    "breaks": BREAKS,
    "checks": CHECKS,
    "cures": CURES,
    "figures": FIGURES,
    "gaps": GAPS,
    "roles": ROLES,
    "schemes": SCHEMES,
    "statuses": STATUSES,
    "todos": TODOS,
}
"""The tables that templates look codes up in."""
