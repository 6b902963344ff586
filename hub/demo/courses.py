"""What is taught: thirty short curricula and their sessions. Four titles are real, everything else is synthetic."""

from datetime import date, timedelta
from typing import Any

from hub.demo.organisations import ORGANISATIONS, PLACES
from hub.demo.skills import SKILLS, title

Data = dict[str, Any]

MODES = {"P": "presential", "O": "online", "B": "blended", "W": "workplace"}
KINDS = {"i": "ivet", "c": "cvet", "both": "both"}

# id  EQF hours mode for  G/D skills        provider  languages seats EUR  title; title in the provider's own language
CURRICULA = """
C01 | 5 | 50 | B | c    | G | S1 S36 S17 S6 | ctcp      | pt en | 14 | 320 | Leather goods design for circularity | pt Design de marroquinaria para a circularidade
C02 | 5 | 40 | B | c    | D | S11 S8 S4     | tuiasi    | ro en | 16 | 280 | AI supporting design and pattern making | ro IA în sprijinul designului și al tiparelor
C03 | 5 | 35 | B | both | D | S10 S2 S8     | movex     | es en | 10 | 350 | 3D printing for prototyping and industrialisation tools | es Impresión 3D para prototipos y utillaje
C04 | 5 | 50 | B | c    | D | S31 S32 S33   | ctcp      | pt en | 15 | 400 | Digital transformation of manufacturing operations | pt Transformação digital das operações de fabrico
C05 | 4 | 25 | P | both | D | S8 S4         | ctcp      | pt    | 12 | 150 | CAD basics for bag patterns | pt CAD básico para moldes de malas
C06 | 4 | 25 | P | c    | D | S8 S9 S12     | movex     | es    | 12 | 180 | CAD grading and nesting | es Escalado y marcada en CAD
C07 | 4 | 30 | W | both | D | S12 S13 S35   | movex     | es    |  8 | 220 | Automatic cutting operator | es Operador de corte automático
C08 | 3 | 25 | P | i    | - | S14 S13 S17   | movex     | es    | 15 |  90 | Hand and die cutting of hides | es Corte a mano y con troquel
C09 | 3 | 25 | P | both | - | S15 S45       | ctcp      | pt    | 12 | 110 | Pre-stitching: skiving, folding, gluing | pt Preparação da costura: facear, dobrar, colar
C10 | 3 | 50 | P | i    | - | S16 S47       | movex     | es    | 15 | 160 | Flat and post-bed stitching | es Costura en plana y en columna
C11 | 4 | 40 | P | both | - | S16 S18       | movex     | es    | 10 | 240 | Hand stitching for luxury goods | es Costura a mano para el lujo
C12 | 3 | 14 | O | both | G | S17 S18       | tuiasi    | ro en | 40 |  60 | Leather and alternative materials | ro Piele și materiale alternative
C13 | 4 | 21 | W | c    | - | S20 S21       | ctcp      | pt en | 12 | 140 | Quality control on the line | pt Controlo de qualidade na linha
C14 | 4 | 21 | P | c    | - | S22 S23       | ctcp      | pt    |  8 | 190 | Physical testing of leather | pt Ensaios físicos de couro
C15 | 3 | 25 | P | both | G | S24 S25       | ctcp      | pt    | 12 | 120 | Repair and care services | pt Serviços de reparação e cuidado
C16 | 4 | 14 | W | c    | G | S38 S37 S13   | ctcp      | pt en | 12 | 110 | Waste-free cutting and material reuse | pt Corte sem desperdício e reutilização
C17 | 3 |  7 | O | both | G | S37 S36       | globalnet | pl en | 60 |  30 | Sustainable production basics | pl Podstawy zrównoważonej produkcji
C18 | 5 | 20 | B | c    | G | S37 S38 S45   | tuiasi    | ro en | 20 | 150 | Environmental management for small workshops | ro Managementul mediului în ateliere mici
C19 | 5 | 30 | B | c    | - | S26 S27 S28   | tuiasi    | ro en | 18 | 220 | Production planning in leather goods | ro Planificarea producției de marochinărie
C20 | 5 | 14 | P | c    | - | S28 S29       | ctcp      | pt    | 14 | 130 | Time study and productivity | pt Estudo de tempos e produtividade
C21 | 4 | 14 | W | c    | - | S30 S31       | ctcp      | pt en | 15 | 130 | Lean on the leather line | pt Lean na linha de marroquinaria
C22 | 4 | 20 | O | c    | D | S32 S39       | globalnet | pl en | 25 |  90 | ERP for order tracking | pl ERP w śledzeniu zamówień
C23 | 5 | 25 | B | c    | D | S33 S34       | tuiasi    | ro en | 16 | 200 | Sensors and data on the shop floor | ro Senzori și date în atelier
C24 | 3 | 14 | W | both | - | S35 S34       | movex     | es    | 10 |  90 | Machine upkeep for operators | es Mantenimiento de máquinas para operarios
C25 | 4 | 14 | P | both | D | S48 S9        | movex     | es    |  8 | 160 | Laser marking and decoration | es Marcado y decoración por láser
C26 | 5 | 30 | B | both | - | S1 S5 S3      | tuiasi    | ro en | 18 | 180 | Collection development and trends | ro Dezvoltarea colecției și tendințe
C27 | 4 | 20 | O | c    | D | S42 S41       | globalnet | pl en | 30 |  80 | Online sales and content for leather brands | pl Sprzedaż online i treści dla marek
C28 | 4 | 10 | O | c    | G | S39 S40       | globalnet | pl en | 40 |  45 | Logistics and packing with less material | pl Logistyka i pakowanie z mniejszą ilością materiału
C29 | 5 | 16 | B | c    | - | S43 S44       | ctcp      | pt en | 20 | 100 | In-company tutor training | pt Formação de tutores na empresa
C30 | 3 | 20 | O | both | - | S46           | globalnet | pl en | 30 |  60 | Technical English for leather goods | pl Angielski techniczny w kaletnictwie
"""

# curriculum, days from today, free/total seats, language; the second row of a curriculum is its second session
SESSIONS = """
C01 +35..+70  14/14 pt    C01 +120..+155 14/14 en   C02 +28..+56  16/16 ro    C02 +60..+88   16/16 en
C03 +30..+51  10/10 es    C04 +40..+80   15/15 pt   C05 +21..+28  12/12 pt    C06 +25..+32   12/12 es
C07 +20..+34  8/8   es    C08 +18..+25   15/15 es   C09 +22..+29  12/12 pt    C10 +14..+40   4/15  es
C10 +90..+116 15/15 es    C11 +30..+50   10/10 es   C12 +15..+29  40/40 en    C13 +25..+39   12/12 pt
C14 +33..+40  8/8   pt    C15 +45..+52   12/12 pt   C16 +75..+82  12/12 pt    C17 +10..+17   60/60 en
C18 +32..+60  20/20 ro    C19 +30..+60   18/18 en   C20 +24..+31  14/14 pt    C21 +26..+40   15/15 pt
C22 +20..+45  25/25 en    C23 +30..+65   16/16 ro   C24 +16..+30  10/10 es    C25 +28..+35   8/8   es
C26 +42..+72  18/18 en    C27 +20..+45   30/30 en   C28 +18..+28  40/40 en    C29 +50..+60   20/20 pt
C30 +15..+60  30/30 en
"""


def curricula() -> list[Data]:
    """Return the data of each `curriculum.published`."""
    return [_curriculum(*(cell.strip() for cell in line.split("|"))) for line in CURRICULA.strip().splitlines()]


def _curriculum(
    curriculum_id: str,
    eqf: str,
    hours: str,
    mode: str,
    kind: str,
    mark: str,
    skills: str,
    provider: str,
    languages: str,
    seats: str,
    price: str,
    english: str,
    own: str,
) -> Data:
    language, _, own_title = own.partition(" ")
    return {
        "curriculum_id": curriculum_id,
        "provider_id": provider,
        "title": {"en": english, language: own_title},
        "languages": languages.split(),
        "hours": int(hours),
        "modes": [MODES[mode]],
        "kind": KINDS[kind],
        "learning_outcomes": [{"title": title(name), "skills": [{"uri": SKILLS[name]}]} for name in skills.split()],
        "eqf": int(eqf),
        "isced_f": ["0723"],
        "price": {"amount": f"{price}.00", "currency": "EUR", "per": "learner"},
        "green": mark == "G",
        "digital": mark == "D",
        "max_class": int(seats),
        "wbl_hours": int(hours) if mode == "W" else 0,
    }


def sessions(today: date) -> list[tuple[str, Data]]:
    """Return (provider, data) of each `session.scheduled`."""
    taught = {each["curriculum_id"]: each for each in curricula()}
    words = SESSIONS.split()
    rows = zip(words[::4], words[1::4], words[2::4], words[3::4], strict=True)
    counted: dict[str, int] = {}
    found = []
    for curriculum_id, days, seats, language in rows:
        counted[curriculum_id] = counted.get(curriculum_id, 0) + 1
        session_id = f"{curriculum_id}-{counted[curriculum_id]}"
        course = taught[curriculum_id]
        found.append((course["provider_id"], _session(session_id, course, today, days, seats, language)))
    return found


def _session(session_id: str, course: Data, today: date, days: str, seats: str, language: str) -> Data:
    start, end = (today + timedelta(days=int(offset)) for offset in days.split(".."))
    free, total = seats.split("/")
    mode = course["modes"][0]
    data = {
        "session_id": session_id,
        "curriculum_id": course["curriculum_id"],
        "start": start.isoformat(),
        "end": end.isoformat(),
        "seats_total": int(total),
        "seats_free": int(free),
        "mode": mode,
        "language": language,
    }
    if mode in ("presential", "blended"):
        data["location"] = _rooms(course["provider_id"])
    return data


def _rooms(provider: str) -> Data:
    return PLACES[next(each.place for each in ORGANISATIONS if each.slug == provider)]
