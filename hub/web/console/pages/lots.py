"""Retries of a snapshot: what the list shows is tried again at a rate, by the hub itself; its page shows how far that is."""

from starlette.responses import Response

from hub.store import lots
from hub.store.parked import Which
from hub.visitors import OPERATOR
from hub.web.console import links
from hub.web.console.forms import Form
from hub.web.console.visit import Desk, Visit
from hub.web.problems import Refuse

FASTEST = 1000.0  # events a second
AGAIN = 3  # seconds after which the page of a lot that goes on is asked for anew

desk = Desk()


@desk.form("/parked/retry-all", roles=(OPERATOR,))
async def retry_all(visit: Visit, form: Form) -> Response:
    """Try again everything that matches now."""
    which = which_in(form)
    number = await visit.write(lots.start, visit.act(lots.RETRY, "snapshot"), which, rate=_rate(form))
    if number is None:
        return visit.back(links.listed("parked", **which.words()), "nothing_matches")
    return visit.back(links.lot(number), "lot_begun", number=str(number))


def which_in(words: Form) -> Which:
    """Return what a form or an address chooses."""
    return Which(**{name: words.get(name, "").strip()[:200] for name in ("group", "state", "types", "key", "reason")})


def _rate(form: Form) -> float:
    try:
        rate = float(form.get("rate", ""))
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= FASTEST:
        raise Refuse(400, f"Say how many a second, from 0.1 to {FASTEST:g}. Nothing was changed.")
    return rate


@desk.page("/parked/lots/{number}", roles=(OPERATOR,))
async def one_lot(visit: Visit) -> Response:
    """How far a lot is."""
    lot = await visit.read(lots.find, _number(visit))
    if lot is None:
        raise Refuse(404, "There is no such lot of retries.")
    answer = await visit.draw("lot.html", lot=lot)
    if lot.due:
        answer.headers["Refresh"] = str(AGAIN)
    return answer


@desk.form("/parked/lots/{number}/stop", roles=(OPERATOR,))
async def stop_lot(visit: Visit, _form: Form) -> Response:
    """Leave what has not come up yet as it is."""
    number = _number(visit)
    halted = await visit.write(lots.stop, visit.act(lots.STOP, str(number)), number)
    return visit.back(links.lot(number), "lot_stopped" if halted else "lot_over", number=str(number))


def _number(visit: Visit) -> int:
    given = visit.given("number")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
