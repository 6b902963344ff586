"""`vet-hub send`: posts CloudEvents from files to a hub, a hundred at a time, and says which were refused and why.

Knows the hub only by its address: it opens no store and loads no settings. A post that may or may not have arrived is
sent again; the hub answers a repetition as a duplicate.
"""

import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hub.cli.documents import Document, documents
from hub.cli.options import AsJson, commands
from hub.cli.screen import notes, print_json
from hub.errors import HubError, NotAllowed, ServiceAway, WrongValue

BATCH = 100  # events
LARGEST = 1_000_000  # bytes of a batch; the hub takes 1 MiB
BATCH_MEDIA = "application/cloudevents-batch+json"
BUSY = (429, 503)
TRIES = 8  # of one batch, before a busy hub is given up
UNREACHED = 4  # tries of one batch while nobody answers
LONGEST_PAUSE = 30.0  # seconds
TIMEOUT = 30.0  # seconds

app = commands()


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing that was refused, with the place in its file."""

    file: str
    line: int
    pointer: str
    detail: str

    def __str__(self) -> str:
        """Return it as compilers write: file, line, place, sentence."""
        return f"{self.file}:{self.line}: {self.pointer + ': ' if self.pointer else ''}{self.detail}"


@dataclass
class Tally:
    """What came of all events so far."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[Refused] = field(default_factory=list)


@app.command()
def send(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="JSON array, JSON object or NDJSON; - is stdin.")],
    url: Annotated[str, typer.Option(envvar="VET_HUB_URL", help="Where the hub is.")] = "http://127.0.0.1:8480",
    key: Annotated[str, typer.Option(envvar="VET_HUB_KEY", help="An API key.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Post CloudEvents from files; ends with 1 when any of them was refused.

    Each refusal is told with file, line and pointer. A busy hub is given time.
    """
    if not key:
        raise typer.BadParameter("give a key, or set VET_HUB_KEY; `vet-hub key create` makes one", param_hint="--key")
    _refuse_no_address(url)
    found = [(name, document) for name in files for document in documents(_text(name))]
    tally = Tally()
    for name, document in found:
        if document.problem:
            _refuse(tally, Refused(name, document.line, "", document.problem))
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH_MEDIA}
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT) as client:
        post_all([each for each in found if not each[1].problem], client, tally)
    _sum_up(tally, as_json=as_json)
    if tally.refused:
        raise typer.Exit(1)


def _refuse_no_address(url: str) -> None:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL()
    if found.scheme not in ("http", "https") or not found.host:
        raise WrongValue(f"{url!r} is no address of a hub; write --url http://host:port, as in http://127.0.0.1:8480")


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise HubError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HubError(f"{name} is not UTF-8 (at byte {error.start})") from error


def post_all(found: Sequence[tuple[str, Document]], client: httpx.Client, tally: Tally) -> None:
    """Post events, batch after batch; raises ServiceAway, NotAllowed or HubError when there is no going on."""
    out = notes()
    columns = (TextColumn("Sending"), BarColumn(complete_style="leather"), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("", total=len(found))
        for batch in batches(found):
            _take(batch, _answer(client, batch), tally)
            bar.advance(task, len(batch))


def batches(found: Iterable[tuple[str, Document]]) -> Iterator[list[tuple[str, Document]]]:
    """Cut into batches that the hub takes; an event too large for any goes alone and is refused by the hub."""
    batch: list[tuple[str, Document]] = []
    size = 0
    for each in found:
        length = len(each[1].text.encode()) + 1
        if batch and (len(batch) == BATCH or size + length > LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch


def _answer(client: httpx.Client, batch: Sequence[tuple[str, Document]]) -> httpx.Response:
    body = f"[{','.join(document.text for _, document in batch)}]".encode()
    unreached = 0
    for tried in range(1, TRIES + 1):
        try:
            answer = client.post("/v1/events", content=body)
        except httpx.HTTPError as error:
            unreached += 1
            if unreached == UNREACHED:
                raise ServiceAway(f"no hub answers at {client.base_url} ({error}); is `vet-hub up` running?") from error
            time.sleep(_pause(unreached, None))
            continue
        if answer.status_code not in BUSY:
            return answer
        time.sleep(_pause(tried, answer.headers.get("retry-after")))
    raise ServiceAway(f"the hub at {client.base_url} is still busy after {TRIES} tries; what was sent before is stored")


def _pause(tried: int, asked: str | None) -> float:
    wanted = float(asked) if asked and asked.isdigit() else 0.25 * 2**tried
    return min(wanted, LONGEST_PAUSE) * (1 + random.random() / 4)  # noqa: S311 - spreads senders, guards no secret


def _take(batch: Sequence[tuple[str, Document]], answer: httpx.Response, tally: Tally) -> None:
    if answer.status_code in (401, 403):
        raise NotAllowed(f"the hub does not let us in: {_title(answer)}; check --key or VET_HUB_KEY")
    if answer.status_code == 202:
        _accept(answer.json()["accepted"], tally)
    elif answer.status_code == 207:
        for result in answer.json()["results"]:
            _take_one(batch[result["index"]], result, tally)
    elif len(batch) == 1 and answer.status_code in (409, 413, 422):
        _take_one(batch[0], {"problem": _problem(answer)}, tally)
    else:
        raise HubError(f"the hub answers {answer.status_code}: {_title(answer)}")


def _accept(accepted: Sequence[dict[str, Any]], tally: Tally) -> None:
    tally.accepted += len(accepted)
    tally.duplicates += sum(bool(each.get("duplicate")) for each in accepted)


def _take_one(sent: tuple[str, Document], result: dict[str, Any], tally: Tally) -> None:
    problem = result.get("problem")
    if problem is None:
        _accept([result], tally)
        return
    name, document = sent
    for error in problem.get("errors") or [
        {"pointer": "", "detail": problem.get("detail") or problem.get("title", "")}
    ]:
        _refuse(tally, Refused(name, document.line, error.get("pointer", ""), error.get("detail", "")))


def _refuse(tally: Tally, refused: Refused) -> None:
    tally.refused.append(refused)
    print(refused, file=sys.stderr)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return problem if isinstance(problem, dict) else {}


def _title(answer: httpx.Response) -> str:
    problem = _problem(answer)
    return str(problem.get("detail") or problem.get("title") or answer.reason_phrase)


def _sum_up(tally: Tally, *, as_json: bool) -> None:
    places = len({(each.file, each.line) for each in tally.refused})
    if as_json:
        refused = [
            {"file": each.file, "line": each.line, "pointer": each.pointer, "detail": each.detail}
            for each in tally.refused
        ]
        print_json({"accepted": tally.accepted, "duplicates": tally.duplicates, "refused": refused})
        return
    again = f" ({tally.duplicates} of them were there already)" if tally.duplicates else ""
    print(f"{tally.accepted} accepted{again}, {places} refused")
