"""What can be printed, field by field; `template.toml` says which of them a template has and in which order."""

from collections.abc import Callable

from babel.numbers import format_currency

from hub.agreements.writer import Writer

Told = str | list[str] | None
FIELDS: dict[str, Callable[[Writer], Told]] = {}


def printed(function: Callable[[Writer], Told]) -> Callable[[Writer], Told]:
    """Add a function to FIELDS under its own name; None leaves the field out."""
    FIELDS[function.__name__] = function
    return function


@printed
def programme(writer: Writer) -> Told:
    """What the company calls it."""
    return writer.told("programme", writer.draft.programme) if writer.draft.programme else None


@printed
def courses(writer: Writer) -> Told:
    """The provider's courses, each with its ref."""
    return [f"{writer.told(f'courses.{n}', each.title)} ({each.ref})" for n, each in enumerate(writer.draft.courses, 1)]


@printed
def level(writer: Writer) -> Told:
    """EQF level 4; both, when the courses differ."""
    levels = sorted({each.eqf for each in writer.draft.courses if each.eqf})
    return [writer.say("values", "level", eqf=eqf) for eqf in levels]


@printed
def course_hours(writer: Writer) -> Told:
    """30 hours, of all courses together."""
    hours = sum(each.hours for each in writer.draft.courses)
    return writer.say("values", "hours", hours=hours) if hours else None


@printed
def occupation(writer: Writer) -> Told:
    """The occupation's name or address."""
    return writer.own("occupation", writer.draft.occupation) if writer.draft.occupation else None


@printed
def scheme(writer: Writer) -> Told:
    """Apprenticeship, traineeship and the like."""
    return writer.say("schemes", writer.draft.scheme) if writer.draft.scheme else None


@printed
def outcomes(writer: Writer) -> Told:
    """What the learner will be able to do."""
    return [writer.told(f"outcomes.{n}", each) for n, each in enumerate(writer.draft.outcomes, 1)]


@printed
def tasks(writer: Writer) -> Told:
    """What the learner does at the workplace."""
    return [writer.told(f"tasks.{n}", each) for n, each in enumerate(writer.draft.tasks, 1)]


@printed
def period(writer: Writer) -> Told:
    """22 January 2027 to 15 April 2027."""
    return writer.say("values", "period", start=writer.draft.start, end=writer.draft.end)


@printed
def weeks(writer: Writer) -> Told:
    """12 weeks; days, when they do not make whole weeks or are few."""
    days = (writer.draft.end - writer.draft.start).days + 1
    if days >= 14 and days % 7 == 0:
        return writer.say("values", "weeks", weeks=days // 7)
    return writer.say("values", "day" if days == 1 else "days", days=days)


@printed
def weekly_hours(writer: Writer) -> Told:
    """30 hours."""
    return writer.say("values", "hours", hours=writer.draft.weekly_hours)


@printed
def total_hours(writer: Writer) -> Told:
    """About 360 hours at the workplace."""
    days = max(0, (writer.draft.end - writer.draft.start).days + 1)
    return writer.say("values", "total_hours", hours=round(writer.draft.weekly_hours * days / 7))


@printed
def sessions(writer: Writer) -> Told:
    """The sessions' refs."""
    return ", ".join(writer.draft.session_refs)


@printed
def shift_pattern(writer: Writer) -> Told:
    """The company's words on working times."""
    pattern = writer.draft.shift_pattern
    return writer.told("shift_pattern", pattern) if pattern else None


@printed
def workplace(writer: Writer) -> Told:
    """Ubrique (ES612)."""
    draft = writer.draft
    if not draft.place:
        return draft.nuts
    label = writer.own("place", draft.place)
    return f"{label} ({draft.nuts})" if draft.nuts else label


@printed
def remote_share(writer: Writer) -> Told:
    """20 % of the hours."""
    percent = writer.draft.remote_percent
    return writer.say("values", "remote_share", percent=percent) if percent else None


@printed
def seats(writer: Writer) -> Told:
    """How many learn there at the same time, and with how many tutors."""
    draft = writer.draft
    return writer.say("values", "seats", learners=draft.learners, tutors=draft.tutors) if draft.learners else None


@printed
def allowance(writer: Writer) -> Told:
    """€300.00 a month, paid by the company; that none was stated is said too, because pay belongs into a written agreement."""
    pay = writer.draft.allowance
    if pay is None:
        return writer.say("values", "no_allowance")
    money = format_currency(pay.amount, pay.currency, locale=writer.chosen.speech.locale)
    return writer.say("values", f"allowance_a_{pay.per}", money=money)


@printed
def working_languages(writer: Writer) -> Told:
    """Spanish, English; level B1 (CEFR)."""
    known = writer.chosen.speech.locale.languages
    names = ", ".join(known.get(code, code) for code in writer.draft.working_languages)
    if names and writer.draft.cefr:
        return writer.say("values", "cefr", languages=names, cefr=writer.own("cefr", writer.draft.cefr))
    return names


@printed
def ppe(writer: Writer) -> Told:
    """Gloves, goggles; given by the company."""
    items = ", ".join(writer.told(f"ppe.{n}", each) for n, each in enumerate(writer.draft.ppe, 1))
    return writer.say("values", "ppe", items=items) if items else None


@printed
def hazardous(writer: Writer) -> Told:
    """The hazards that the company named."""
    return ", ".join(writer.told(f"hazardous.{n}", each) for n, each in enumerate(writer.draft.hazardous, 1))


@printed
def medical_required(writer: Writer) -> Told:
    """Said only when an examination is needed."""
    return writer.say("values", "medical") if writer.draft.medical_required else None
