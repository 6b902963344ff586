"""The document itself: its text as it is read aloud, the same bytes always, and strangers' words as they were written.

Golden files are what pypdf reads out of the pages; `VET_HUB_REWRITE_GOLDEN=1` writes them anew, to be reviewed.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from hub.agreements.draft import Body, Checked, Draft, Signature
from hub.agreements.pictures import pages, picture
from hub.agreements.render import is_printable, render
from hub.agreements.templates import Template, in_language, templates
from hub.agreements.words import LANGUAGES
from hub.agreements.writer import Unfilled, breakable, clean
from tests.rules.agreement_papers import AT, PEOPLE, Human, a_course, a_draft

GOLDEN = Path(__file__).parent / "golden" / "agreements"
ROOT = Path(__file__).parents[2]
REWRITE = bool(os.environ.get("VET_HUB_REWRITE_GOLDEN"))  # read before the fixture clears the settings


def text_of(draft: Draft, people: Mapping[str, Human] = PEOPLE) -> str:
    """Return the document's text in reading order, on one line."""
    return " ".join(read(render(draft, people).pdf).split())


def read(pdf: bytes) -> str:
    return "\n\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def with_person(ref: str, name: str) -> dict[str, Human]:
    return {**PEOPLE, ref: replace(PEOPLE[ref], name=name)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_is_complete_and_in_reading_order(language: str) -> None:
    text = "\n".join(line.rstrip() for line in read(render(a_draft(language), PEOPLE).pdf).splitlines()) + "\n"

    golden = GOLDEN / f"{language}.txt"
    if REWRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_the_same_draft_has_the_same_bytes_here_and_in_another_process() -> None:
    program = (
        "from hub.agreements.render import render; from tests.rules.agreement_papers import *; "
        "print(render(a_draft('es'), PEOPLE).sha256)"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    first, second = render(a_draft("es"), PEOPLE), render(a_draft("es"), PEOPLE)
    assert first == second
    assert first.sha256 == sha256(first.pdf).hexdigest() == elsewhere.stdout.strip()


def test_another_time_or_name_makes_other_bytes() -> None:
    first = render(a_draft("en"), PEOPLE).sha256

    assert render(a_draft("en", at=AT + timedelta(seconds=1)), PEOPLE).sha256 != first
    assert render(a_draft("en"), with_person("ctcp/learner", "Rita Araújo")).sha256 != first


def test_the_file_says_what_it_is_and_when_and_ends_with_a_line_feed() -> None:
    rendered = render(a_draft("pt"), PEOPLE)

    reader = PdfReader(BytesIO(rendered.pdf))
    assert rendered.pdf.endswith(b"%%EOF\n")
    assert reader.metadata is not None
    assert reader.metadata.title == "Acordo de formação em contexto de trabalho 3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b11"
    assert reader.metadata.creation_date == AT
    assert reader.root_object["/Lang"] == "pt-PT"
    assert reader.root_object["/MarkInfo"]["/Marked"]


def test_a_person_erased_meanwhile_is_said_to_be_erased_and_the_rest_goes_on() -> None:
    people = {ref: person for ref, person in PEOPLE.items() if ref not in ("ctcp/learner", "ctcp/guardian")}

    rendered = render(a_draft("pt"), people)

    text = " ".join(read(rendered.pdf).split())
    assert rendered.unfilled == (Unfilled("learner.name", "erased"), Unfilled("guardian.1.name", "erased"))
    assert "Formando já não consta: apagado a pedido da pessoa Aluno" in text
    assert "2010" not in text
    assert "Ana Vasconcelos" in text


def test_who_is_not_named_yet_has_a_box_all_the_same() -> None:
    signers = tuple(Signature(role=role) for role in ("learner", "guardian", "company", "provider", "current_employer"))
    draft = a_draft(
        "en",
        tutor_ref=None,
        signers=signers,
        current_employer=Body(id="betangible", legal_name="Betangible S.L."),
    )

    rendered = render(draft, PEOPLE)

    assert [each.field for each in rendered.unfilled] == [
        "company.signatory.name",
        "provider.signatory.name",
        "guardian.1.name",
        "tutor.name",
        "current_employer.signatory.name",
        "learner.name",
    ]
    assert {each.reason for each in rendered.unfilled} == {"missing"}
    assert "For the current employer to be named before signing Betangible S.L." in " ".join(read(rendered.pdf).split())


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć",
        "Ștefania Brânză",
        "Ελένη Παπαδοπούλου",
        "Олена Шевченко",
        "Նարե Սարգսյան",
        "ნინო ბერიძე",
        "Nguyễn Thị Ánh",
        "Ġanna Għawdxija",
        "Ağça Çığlık",
        "Őrsi Ödön",
    ],
)
def test_names_of_europe_and_beyond_are_printed_as_they_are(name: str) -> None:
    rendered = render(a_draft("en"), with_person("ctcp/learner", name))

    assert rendered.unfilled == ()
    assert name in " ".join(read(rendered.pdf).split())


@pytest.mark.parametrize("name", ["王小明", "김민준", "สมชาย", "ひらがな", "\ue001\ue002", "😀😀"])
def test_a_name_in_letters_no_font_has_is_named_and_the_rest_goes_on(name: str) -> None:
    rendered = render(a_draft("en"), with_person("ctcp/guardian", name))

    text = " ".join(read(rendered.pdf).split())
    assert rendered.unfilled == (Unfilled("guardian.1.name", "unprintable"),)
    assert "Guardian written in letters this document cannot print (see guardian.1.name in the hub)" in text
    assert "Inês Conceição Araújo" in text
    assert rendered == render(a_draft("en"), with_person("ctcp/guardian", name))


def test_of_words_that_can_be_read_only_the_missing_letters_are_replaced() -> None:
    rendered = render(a_draft("en", courses=(a_course("Corte 裁 y costura ✂\ufe0f"),)), PEOPLE)

    assert rendered.unfilled == (Unfilled("courses.1", "unprintable"),)
    assert "Corte ▯ y costura" in " ".join(read(rendered.pdf).split())


HOSTILE = [
    '#eval("1+1") #read("/etc/passwd") #pagebreak()',
    "*bold* _slanted_ `code` $x^2$ = heading",
    "<script>alert(1)</script> &amp; <b>",
    '@ref <label> \\ // /* */ "quoted" [content] {code}',
    "{weekly} {0} {name!r} %(x)s %s",
    "../../etc/passwd @preview/x:0.1.0",
    "-- --- ... ~ 'single'",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_strangers_words_stay_as_they_were_written_in_every_field(words: str) -> None:
    fields = ("programme", "occupation", "shift_pattern", "place", "learner_status", "scheme", "cefr")
    lists = ("outcomes", "tasks", "ppe", "hazardous")
    draft = a_draft(
        "en",
        company=Body(id="belcinto", legal_name=words, vat_id=words),
        checks=(Checked(code="tutor", status="ok", rule=words, detail=words),),
        courses=(a_course(words),),
        **dict.fromkeys(fields, words),
        **dict.fromkeys(lists, (words,)),
    )
    people = {ref: Human(words, words) for ref in PEOPLE}

    told = without_spaces(text_of(draft, people))

    # Beside these fields: the course, also under the title; five names, four of them again in a box; the tutor's address;
    # the company's name, twice, and number; the rule and its figures.
    expected = len(fields) + 2 + len(lists) + 9 + 1 + 2 + 1 + 2
    assert told.count(without_spaces(words)) == expected


@pytest.mark.parametrize(
    "words",
    [
        "Mary\r\nBcc: everybody@example.org",
        "line\nline\u2028line\u2029line",
        "bell\x07 nul\x00 escape\x1b[31m",
        "over\u202eride \u2066isolate\u2069 mark\u200f",
        "zero\u200bwidth\ufeff",
        "half \ud800 a pair",
    ],
)
def test_what_cannot_be_seen_does_not_reach_the_page(words: str) -> None:
    rendered = render(a_draft("en"), with_person("ctcp/learner", words))

    assert rendered.unfilled == ()
    assert clean(words) in " ".join(read(rendered.pdf).split())
    assert clean(words).isprintable()


def test_words_from_right_to_left_do_not_move_what_stands_around_them() -> None:
    text = text_of(a_draft("en", courses=(a_course("דרך החרש"),)))

    assert "דרך (ctcp/C09)" in text


def test_very_long_words_do_not_run_off_the_paper() -> None:
    rendered = render(a_draft("en", courses=(a_course("W" * 200),)), with_person("ctcp/learner", "x" * 300))

    assert "W" * 200 in without_spaces(read(rendered.pdf))
    for page in PdfReader(BytesIO(rendered.pdf)).pages:
        page.extract_text(visitor_text=lambda text, _cm, tm, _font, size: on_paper(text, tm[4]))


def on_paper(text: str, left: float) -> None:
    assert left < 595 - 62, text  # the right margin of A4, in points


def test_a_break_is_offered_only_in_words_that_need_one() -> None:
    assert breakable("3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b11") == "3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b11"
    assert breakable("a" * 30) == "a" * 26 + "\u200b" + "a" * 4


def test_forty_outcomes_take_as_many_pages_as_they_need() -> None:
    rendered = render(a_draft("en", outcomes=tuple(f"outcome number {n}" for n in range(1, 41))), PEOPLE)

    text = " ".join(read(rendered.pdf).split())
    assert all(f"{n}. outcome number {n}" in text for n in range(1, 41))
    assert f"Page 1 of {pages(rendered.pdf)}" in text


@pytest.mark.parametrize(
    ("days", "told"), [(1, "One day"), (7, "7 days"), (14, "2 weeks"), (15, "15 days"), (84, "12 weeks")]
)
def test_a_length_is_told_in_whole_weeks_or_in_days(days: int, told: str) -> None:
    start = a_draft("en").start

    assert f"Length {told} Hours" in text_of(a_draft("en", end=start + timedelta(days=days - 1)))


def test_what_nobody_stated_is_left_out() -> None:
    text = text_of(a_draft("en", learners=None, scheme=None, ppe=(), hazardous=(), medical_required=False))

    for label in ("Learners at the workplace", "Scheme", "Protective equipment", "Hazards", "Medical"):
        assert f"{label} " not in text.partition("What was checked")[0]


def test_a_template_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.typ").write_text("#paper.nothing")
    broken = templates()["eu-generic"].model_copy(update={"code": "broken"})
    monkeypatch.setattr("hub.agreements.render.templates", lambda: {"broken": broken})
    words = in_language(broken.model_copy(update={"code": "eu-generic"}), ["en"]).words
    monkeypatch.setattr("hub.agreements.templates._words", lambda code, language: words)
    monkeypatch.setattr(Template, "file", tmp_path / "broken.typ")

    with pytest.raises(typst.TypstError, match="unknown variable: paper"):
        render(a_draft("en", template="broken"), with_person("ctcp/learner", "Inês"))


def test_a_template_that_is_gone_is_named() -> None:
    with pytest.raises(LookupError, match=r"'pt-old'.*eu-generic"):
        render(a_draft("en", template="pt-old"), PEOPLE)


def test_letters_of_a_font_are_told_from_those_of_none() -> None:
    assert is_printable("Inês Ελένη ქ")
    assert not is_printable("Inês 王")


def test_a_page_is_a_picture_made_from_the_stored_bytes() -> None:
    pdf = render(a_draft("en"), PEOPLE).pdf

    assert pages(pdf) == len(PdfReader(BytesIO(pdf)).pages) == 3
    assert picture(pdf, 3, ppi=40).startswith(b"\x89PNG")
    with pytest.raises(LookupError, match="page 4"):
        picture(pdf, 4)
    with pytest.raises(ValueError, match="not a document of the hub"):
        pages(b"%PDF-1.7")


def without_spaces(text: str) -> str:
    return "".join(text.split())
