"""Makes the message that leaves: headers, a text part, an HTML part and a calendar file. Pure; the same input gives the same bytes.

Called by the courier. A retry therefore sends what the first attempt sent, and a second copy is known by its Message-ID.
Never says whose address or name was wrong: what is raised here ends in a log.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from hashlib import sha256

from hub.errors import HubError
from hub.mail.calendar import CalendarFile
from hub.mail.headers import Headers
from hub.mail.render import Rendered

POLICY = Headers(linesep="\r\n")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Line breaks, other control characters, text-direction overrides and halves of characters."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class Unaddressable(HubError):
    """A mail cannot carry this value in a header."""

    slug = "unaddressable"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a mail goes or comes from: a name for people and an address for machines."""

    name: str
    email: str

    def __post_init__(self) -> None:
        """Refuse what would break the headers or no relay would take."""
        local, _, domain = self.email.rpartition("@")
        if _BREAKS.search(self.name) or not _LOCAL_PART.fullmatch(local) or not _HOST.fullmatch(_ascii(domain)):
            raise Unaddressable(
                "an address holds a control character or is not of the form name@host in plain letters; correct it where the person is kept"
            )

    @property
    def addr_spec(self) -> str:
        """The address as relays take it; an international domain in its ASCII form."""
        local, _, domain = self.email.rpartition("@")
        return f"{local}@{_ascii(domain)}"

    def as_header(self) -> MailAddress:
        """The address as the standard library writes it into a header."""
        return MailAddress(display_name=self.name, addr_spec=self.addr_spec)


def message_id(notification_id: str, *, host: str) -> str:
    """Name a message after its notification, so that every attempt carries the same name."""
    if not _ID.fullmatch(notification_id) or not _HOST.fullmatch(host):
        raise Unaddressable(
            f"notification {notification_id!r} at host {host!r} makes no Message-ID; use a UUID and a host name"
        )
    return f"<{notification_id}@{host}>"


def compose(
    rendered: Rendered,
    *,
    sender: Address,
    recipient: Address,
    message_id: str,
    sent_at: datetime,
    feedback_id: str,
    calendar: CalendarFile | None = None,
    reply_to: Address | None = None,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """Make the message; `sent_at` is the time of what caused it, `headers` are further ones (List-Unsubscribe and the like)."""
    message = EmailMessage(policy=POLICY)
    own = {
        "From": sender.as_header(),
        "To": recipient.as_header(),
        "Reply-To": reply_to.as_header() if reply_to else None,
        "Subject": rendered.subject,
        "Date": sent_at,
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
        "Feedback-ID": feedback_id,
    }
    for name, value in (*own.items(), *(headers or {}).items()):
        if value is not None:
            _put(message, name, value)
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    message.set_boundary(_boundary(message_id))
    if calendar is not None:
        _attach(message, calendar)
        message.set_boundary(_boundary(f"{message_id} and files"))
    message["Content-Language"] = rendered.language  # last, for setting the content clears such headers
    return message


def as_sent(message: EmailMessage) -> bytes:
    """Write a message that `compose` made as it goes over the wire: what `as_bytes` gives, in a third of the time."""
    head = b"".join(POLICY.fold_binary(name, value) for name, value in message.raw_items())
    if not message.is_multipart():
        encoded = str(message.get_payload()).replace("\r\n", "\n").replace("\n", "\r\n")
        return head + b"\r\n" + encoded.encode("ascii")
    line = b"--" + str(message.get_boundary()).encode("ascii")
    parts = b"".join(line + b"\r\n" + as_sent(part) + b"\r\n" for part in message.iter_parts())  # type: ignore[arg-type]  # parts are of the same class
    return head + b"\r\n" + parts + line + b"--\r\n"


def _attach(message: EmailMessage, calendar: CalendarFile) -> None:
    message.add_attachment(calendar.content, maintype="text", subtype="calendar", filename="vet-hub.ics")
    *_, file = message.iter_attachments()
    file.set_param("charset", "utf-8")
    file.set_param("method", calendar.method)  # calendars offer to take it over when the type says so too


def _put(message: EmailMessage, name: str, value: str | datetime | MailAddress) -> None:
    if isinstance(value, str) and _BREAKS.search(value):
        raise Unaddressable(
            f"header {name} would hold a line break or another control character; clean what it is made of"
        )
    message[name] = value


def _boundary(message_id: str) -> str:
    """A line between the parts that quoted-printable text cannot contain: «=_» is no escape there."""
    return f"=_{sha256(message_id.encode()).hexdigest()[:24]}"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return ""
