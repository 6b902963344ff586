"""What is asked for: ten needs, and an event that no hub should take. Days are counted from the day of the play."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hub.demo.organisations import ORGANISATIONS, PLACES
from hub.demo.skills import SKILLS

Data = dict[str, Any]

VALID_AFTER_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wish:
    """One need; a skill is written S1m5 (short name, must or optional, weight), `window` in days from today."""

    company: str
    need_id: str
    title: dict[str, str]
    skills: str
    people: str
    modes: str
    languages: str
    window: str
    more: Data = field(default_factory=dict)
    needed_by: int | None = None

    @property
    def ref(self) -> str:
        """The need's ref."""
        return f"{self.company}/{self.need_id}"


def _euro(amount: int) -> Data:
    return {"amount": f"{amount}.00", "currency": "EUR"}


def _upkeep(company: str, language: str, words: str) -> Wish:
    return Wish(
        company,
        "N-1",
        {"en": "Seeing machine failures coming", language: words},
        "S34m5 S35o2",
        "2 cvet",
        "presential workplace",
        language,
        "+10..+120",
        {"radius_km": 50, "eqf_min": 3, "eqf_max": 4},
    )


WISHES = (
    Wish(
        "belcinto",
        "N-001",
        {"en": "Circular design and less waste", "pt": "Design circular e menos desperdício"},
        "S1m5 S36m4 S38m4 S17o2 S37o2",
        "6 cvet",
        "blended workplace",
        "pt en",
        "+14..+90",
        {"eqf_min": 4, "eqf_max": 5, "max_hours": 80, "max_cost_per_learner": _euro(450)},
        needed_by=130,
    ),
    Wish(
        "betangible",
        "N-002",
        {"en": "Operators for the new cutting table", "es": "Operarios para la nueva mesa de corte"},
        "S12m5 S13o3 S35o2",
        "3 cvet",
        "workplace presential",
        "es",
        "+10..+60",
        {
            "radius_km": 30,
            "eqf_min": 3,
            "eqf_max": 4,
            "max_hours": 40,
            "max_cost_per_learner": _euro(250),
            "wbl_possible": True,
        },
    ),
    Wish(
        "belcinto",
        "N-003",
        {"en": "Pattern making with AI", "pt": "Modelação com IA"},
        "S11m5 S8m3",
        "4 cvet",
        "blended online",
        "pt",
        "+10..+90",
        {"eqf_min": 4, "eqf_max": 6},
    ),
    Wish(
        "betangible",
        "N-004",
        {"en": "Ten stitchers, soon", "es": "Diez costureros, pronto"},
        "S16m5",
        "10 ivet",
        "presential",
        "es",
        "+7..+21",
        {"radius_km": 30},
    ),
    _upkeep("oficina-a", "pt", "Prever as avarias das máquinas"),
    _upkeep("oficina-b", "pt", "Prever as avarias das máquinas"),
    _upkeep("oficina-c", "pt", "Prever as avarias das máquinas"),
    _upkeep("atelier-d", "ro", "Anticiparea defecțiunilor utilajelor"),
    _upkeep("atelier-e", "ro", "Anticiparea defecțiunilor utilajelor"),
    Wish(
        "belcinto",
        "N-005",
        {"en": "Repairing leather goods", "pt": "Reparar artigos de marroquinaria"},
        "«reparação de artigos de marroquinaria»m5",
        "2 cvet",
        "presential",
        "pt",
        "+30..+90",
        {"max_cost_per_learner": _euro(150)},
    ),
)
REPEATED = WISHES[1]
"""The need whose event is sent a second time."""


def need(wish: Wish, today: date) -> Data:
    """Return the data of a `need.published`."""
    earliest, latest = (today + timedelta(days=int(offset)) for offset in wish.window.split(".."))
    headcount, target_group = wish.people.split()
    data = {
        "need_id": wish.need_id,
        "company_id": wish.company,
        "title": wish.title,
        "skills": _skills(wish),
        "headcount": int(headcount),
        "target_group": target_group,
        "locations": [PLACES[next(each.place for each in ORGANISATIONS if each.slug == wish.company)]],
        "languages": wish.languages.split(),
        "start_window": {"earliest": earliest.isoformat(), "latest": latest.isoformat()},
        "delivery_modes": wish.modes.split(),
        "valid_until": (latest + VALID_AFTER_WINDOW).isoformat(),
        **wish.more,
    }
    if wish.needed_by is not None:
        data["needed_by"] = (today + timedelta(days=wish.needed_by)).isoformat()
    return data


def _skills(wish: Wish) -> list[Data]:
    if wish.skills.startswith("«"):
        words, _, rest = wish.skills[1:].partition("»")
        return [{"text": words, "language": wish.languages.split()[0], "weight": int(rest[1:]), "must": rest[0] == "m"}]
    return [
        {"uri": SKILLS[each[:-2]], "weight": int(each[-1]), "must": each[-2] == "m"} for each in wish.skills.split()
    ]


def broken(today: date) -> Data:
    """Return a need that nobody can meet: for no one, and with a field that does not exist."""
    return {**need(REPEATED, today), "need_id": "N-006", "headcount": 0, "colour": "cognac"}
