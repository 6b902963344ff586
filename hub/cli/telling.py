"""Puts the demo story on the screen: who takes part, what was asked, what came out and why, what to try next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table

from hub.cli.screen import SHORT
from hub.demo.agreed import Agreed, Checked
from hub.demo.organisations import ORGANISATIONS, PLACES, Participant
from hub.demo.outcome import Outcome
from hub.demo.player import Faults
from hub.demo.tale import Asked, Offer

WIDEST = 100  # columns; longer lines are hard to read
STITCH = "╌"  # the saddle stitch, the hub's one ornament
LOST_ANSWER = "eu.vethub.match.answered.v1"
OPENING = (
    "\n[bold]Companies said which skills they need, providers which short courses they teach.[/] All of it came in as "
    "events, each with its organisation's own key; the rest followed from them: who was asked, what was agreed, the drafts "
    "of agreements, every mail."
)
PROMISES = (
    "a 202 means stored · each group's effect happens once · order by key · mails leave at least once, always under one "
    "name · nothing is dropped silently"
)
STATUS = {"ok": "good", "warning": "warn", "failed": "bad"}
MAILS = {
    "request_to_provider": "Asks what the reader's courses can do, and by when to say so; the company is not named yet.",
    "placement_to_provider": "Asks whether the reader has learners for a placement; the company is not named yet.",
    "proposals_to_company": "Names who fits, how well and why, and who is asked now.",
    "gap_to_company": "Says what came closest, and what would have to change.",
    "answer_to_company": "Says what a provider answered, and what the company can do now.",
    "decision_to_provider": "Says what the company decided, and who it is where it chose the reader.",
    "cooperation_broken": "Says what cannot take place, and what happens next.",
    "agreement_to_party": "Says that the draft is there, who signs and which rules were looked at.",
    "coordinator_digest": "The morning's list: what needs somebody, and what is new.",
}
"""What the mails of each kind are about."""


@dataclass(frozen=True, slots=True)
class Tale:
    """Everything that is told. `folder` holds the story; empty on a cluster, where the settings name it."""

    outcome: Outcome
    asked: Sequence[Asked]
    agreed: Sequence[Agreed]
    mails: Sequence[Mapping[str, Any]]
    waiting: Sequence[Any]
    faults: Faults
    folder: str


def tell(tale: Tale, out: Console) -> None:
    """Tell the whole tale."""
    out.width = min(out.width, WIDEST)
    _say(OPENING, out)
    _who(tale.outcome, out)
    _asked(tale.asked, out)
    _agreed(tale.agreed, out)
    _mails(tale.mails, out)
    _waiting(tale.waiting, out)
    _refused(tale.faults, out)
    _heading("What the hub guarantees", out)
    _say(PROMISES, out)
    _next(tale, out)


def _who(outcome: Outcome, out: Console) -> None:
    _heading("Who takes part", out)
    taught = f"{outcome['curricula']} short courses, {outcome['sessions']} sessions"
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True, style="leather")
    rows.add_column()
    rows.add_row("companies", _names("company", large=True))
    rows.add_row("workshops", _names("company", large=False))
    rows.add_row("providers", f"{_names('provider', large=True)}: {taught}")
    rows.add_row("coordinator", "CEC, Brussels, for Portugal, Spain and Romania")
    out.print(Padding(rows, (0, 0, 0, 2), expand=False))
    _say("[soft]The partners are real; their prices, sessions and needs, and all people, are invented.[/]", out)


def _names(role: str, *, large: bool) -> str:
    def is_large(each: Participant) -> bool:
        return each.more.get("size_band") != "micro"

    chosen = [each for each in ORGANISATIONS if each.role == role and is_large(each) == large]
    if not large:
        return ", ".join(each.legal_name for each in chosen)
    return ", ".join(f"{_short(each)} ({PLACES[each.place]['label']})" for each in chosen)


def _short(each: Participant) -> str:
    return each.slug.upper() if each.role == "provider" and each.slug != "globalnet" else each.slug.capitalize()


def _asked(asked: Iterable[Asked], out: Console) -> None:
    _heading("What was asked, and what came out", out)
    for n, each in enumerate(asked):
        if n:
            out.print()
        _say(f"[bold]{each.title}[/]", out)
        _say(f"[ref]{', '.join(each.refs)}[/]  [soft]{each.who}[/]", out)
        if each.offers:
            _say("[good]Proposed:[/]", out)
            _offers(each.offers, out)
        else:
            _say(
                " ".join(["[warn]Nothing fits.[/]", *(f"{words[0].upper()}{words[1:]}." for words in each.why_none)]),
                out,
            )
            if each.misses:
                _say("Nearest, and what would have to change:", out)
                _offers(each.misses, out)


def _offers(offers: Iterable[Offer], out: Console) -> None:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", no_wrap=True, style="leather", min_width=5)
    rows.add_column()
    for each in offers:
        rows.add_row(f"{each.score:.1f}", f"{each.title}  [ref]{each.refs}[/]")
        rows.add_row("", f"[soft]{'; '.join(each.says)}[/]")
    out.print(Padding(rows, (0, 0, 0, 2), expand=False))


def _agreed(agreed: Iterable[Agreed], out: Console) -> None:
    _heading("What was agreed, and what is to be signed", out)
    for n, each in enumerate(agreed):
        if n:
            out.print()
        _say(f"[bold]{each.course}[/]  [ref]{each.about}[/]", out)
        provider, company, nominating = map(_known_as, (each.provider, each.company, each.nominated_by))
        _say(f"{provider} says yes: {each.seats}. {company} decides for it; now each knows who the other is.", out)
        _say(f"{nominating} nominates {each.learner}: an agreement is drafted in {each.language}.", out)
        _say(f"To be signed by {_and(each.signers)}.", out)
        _checks(each.checks, out)
        if each.rendered:
            short = each.agreement_id[:SHORT]
            _command(f"vet-hub agreement show {short} --pdf {each.about.replace('/', '-')}.pdf", out)
    _say("[soft]No event names a learner: names are read when a document is made, and stay in it.[/]", out)


def _checks(checks: Sequence[Checked], out: Console) -> None:
    _say("Checked: " + " · ".join(f"{each.what} [{STATUS[each.status]}]{each.status}[/]" for each in checks), out)
    for each in checks:
        if each.status != "ok":
            _say(f"[{STATUS[each.status]}]{each.what}[/]  [soft]«{each.why}»[/]", out)


def _known_as(slug: str) -> str:
    return next((_short(each) for each in ORGANISATIONS if each.slug == slug), slug)


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _mails(mails: Sequence[Mapping[str, Any]], out: Console) -> None:
    _heading("Who was told", out)
    for kind in dict.fromkeys(each["kind"] for each in mails):
        alike = [each for each in mails if each["kind"] == kind]
        for each in alike:
            _say(f"{each['to'].partition(' <')[0]}: {each['subject']}", out)
        if kind in MAILS:
            _say(f"[soft]{MAILS[kind]}[/]", out)
        _command(f"vet-hub mail show {alike[0]['id'][:SHORT]}", out)


def _waiting(waiting: Sequence[Any], out: Console) -> None:
    _heading("What waits, and for what", out)
    for each in waiting:
        _say(f"[ref]{each.id}[/]", out)
        told = "An answer that came before its question: " if each.type == LOST_ANSWER else ""
        _say(f"{told}{each.reason.partition(': ')[2] or each.reason}.", out)
    _say("[soft]It blocks nothing else and is looked at again and again; after 24 hours an operator is asked.[/]", out)
    _command("vet-hub parked list", out)


def _refused(faults: Faults, out: Console) -> None:
    _heading("What changed nothing", out)
    _say(f"Betangible sent one need twice: {faults.duplicates} duplicate, and nothing happened twice.", out)
    for receipt in faults.refused:
        _say(f"[ref]{receipt.id}[/] was refused, nothing of it is stored:", out)
        for problem in receipt.refusal.problems if receipt.refusal else ():
            _say(f"  [bad]{problem.pointer}[/]  {problem.detail}", out)


def _next(tale: Tale, out: Console) -> None:
    _heading("Try next", out)
    if tale.folder:
        _command(f"export VET_HUB_DATA={tale.folder}", out, says="the story's folder; the commands below read it")
    _command("vet-hub trace betangible/N-002", out, says="the whole story of one need")
    _command("vet-hub agreement list", out, says="what is to be signed")
    _command("vet-hub map", out, says="which handler hears what, and what it says")
    _command("vet-hub up", out, says="the hub itself, on this story")
    seconds, events = tale.outcome["seconds"], tale.outcome["events"]
    out.print(f"\n  [soft]{events} events, {tale.outcome['parked']} of them waiting; {seconds:g} seconds.[/]")


def _heading(words: str, out: Console) -> None:
    out.print()
    out.print(Rule(f"[bold]{words}[/]", characters=STITCH, style="leather", align="left"))


def _say(words: str, out: Console) -> None:
    out.print(Padding(words, (0, 0, 0, 2), expand=False))


def _command(command: str, out: Console, *, says: str = "") -> None:
    out.print(f"  [leather]›[/] [command]{command}[/]" + (f"  [soft]{says}[/]" if says else ""), soft_wrap=True)
