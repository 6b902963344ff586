"""The mailbox: what people were sent, as they see it. For operators; the only pages that show names and addresses."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from starlette.responses import Response

from hub.mailing import message_of, name_of, sender_of
from hub.store import jobs, mailbox, people
from hub.store.jobs import JobRow
from hub.store.session import Session
from hub.visitors import OPERATOR
from hub.web.console import drawing, links
from hub.web.console.filters import options
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

MOST = 50  # mails a page
LONGEST = 60_000  # characters of a part that the page shows
STATES = (("", "all"), ("due", "to be sent"), ("done", "sent"), ("failed", "not delivered"))

desk = Desk()


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in the list; the subject is empty where the mail left the building and only its kind is known."""

    job: JobRow
    to: str | None
    subject: str


@desk.page("/mailbox", roles=(OPERATOR,))
async def list_mails(visit: Visit) -> Response:
    """Mails, newest first."""
    state = visit.asked("state")
    at, _, job_id = visit.asked("before").partition("~")
    found = await visit.read(_listed, visit, state=state, before=(at, job_id) if job_id else None)
    last = found[MOST - 1].job if len(found) > MOST else None
    return await visit.draw(
        "mailbox.html",
        mails=found[:MOST],
        filters=options("mailbox", "state", [(value, name, None) for value, name in STATES], state),
        first=links.listed("mailbox", state=state) if job_id else "",
        next=links.listed("mailbox", state=state, before=f"{last.created_at}~{last.job_id}") if last else "",
    )


async def _listed(session: Session, visit: Visit, *, state: str, before: tuple[str, str] | None) -> list[Mail]:
    found = await jobs.newest(session, channel="mail", limit=MOST + 1, state=state, before=before)
    sender = sender_of(visit.hub.settings)
    named = {job.job_id: name_of(job, sender) for job in found}
    heads = await mailbox.heads(session, list(named.values()))
    names = await people.names(session, [job.body["recipient_ref"] for job in found])
    return [Mail(job, names.get(job.body["recipient_ref"]), _subject(heads.get(named[job.job_id]))) for job in found]


def _subject(head: bytes | None) -> str:
    return str(message_from_bytes(head, policy=policy.default)["Subject"] or "") if head else ""


@desk.page("/mailbox/{job_id}", roles=(OPERATOR,))
async def one_mail(visit: Visit) -> Response:
    """One mail: as its reader sees it, as text, its headers, its source."""
    job = await _job(visit)
    message = await message_of(visit.hub.store, visit.hub.settings, job)
    return await visit.draw(
        "one_mail.html", frames=True, job=job, message=message, parts_of=_parts(message), mark=_mark(job)
    )


def _parts(message: EmailMessage | None) -> dict[str, str]:
    if message is None:
        return {}
    source = message.as_bytes(policy=policy.SMTP).decode(errors="replace")
    return {
        "text": body_of(message, "plain"),
        "source": source if len(source) <= LONGEST else source[:LONGEST] + "\n… cut here",
        "attached": ", ".join(each.get_filename() or each.get_content_type() for each in message.iter_attachments()),
    }


@desk.page("/mailbox/{job_id}/html", roles=(OPERATOR,))
async def html_of_mail(visit: Visit) -> Response:
    """The mail's HTML alone, for the frame: nothing in it runs, nothing is fetched."""
    job = await _job(visit)
    message = await message_of(visit.hub.store, visit.hub.settings, job)
    body = body_of(message, "html") if message else ""
    return Response(body, headers=drawing.headers(drawing.MAIL_POLICY), media_type=drawing.HTML)


@desk.form("/mailbox/{job_id}/again", roles=(OPERATOR,))
async def send_again(visit: Visit, form: Form) -> Response:
    """Send a mail that was not delivered once more, under the same Message-ID."""
    job = await _job(visit)
    fresh = _mark(job) == form.get("mark", "")
    act = visit.act("mail.again", job.job_id)
    done = await visit.change(act, jobs.retry, job.job_id, now=act.at) if fresh else 0
    return visit.back(links.mail(job.job_id), "mail_again" if done else "mail_moved_on")


async def _job(visit: Visit) -> JobRow:
    job = await visit.read(jobs.find, visit.given("job_id"))
    if job is None or job.channel != "mail":
        raise Refuse(404, "There is no such mail.")
    return job


def _mark(job: JobRow) -> str:
    """Name how a job stands, so that a form says what its sender saw."""
    return f"{job.state}.{job.attempts}.{job.due_at}"


def body_of(message: EmailMessage, kind: str) -> str:
    """Return a mail's text or HTML, empty when it has none."""
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
