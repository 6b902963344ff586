"""The words of mails: what is said in which language, what is never said, and what a stranger's words cannot do."""

import re
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import UndefinedError

from events.catalogue import check
from events.codec import STRUCTURED, from_http
from events.matches import MatchAnswered
from hub.mail import sentences as sentences_of
from hub.mail import words
from hub.mail.kinds import MAILS, Course, MailContext, Option, Region, RequestToProvider
from hub.mail.render import Rendered, render
from hub.matching.explain import NOTES, REASONS, sentence
from schemas.gaps import GAP_CODES
from schemas.matches import Levels, Reason
from schemas.values import Title

MAIL = Path(words.__file__).parent
SAMPLE = RequestToProvider.sample()
TRANSLATED = [code for code in words.LANGUAGES if code != words.FALLBACK]


def rendered(language: str = "en", **changes: object) -> Rendered:
    return render("request_to_provider", language=language, context=SAMPLE.model_copy(update=changes))


def option(*, title: Title = "Cutting", reasons: tuple[Reason, ...] = ()) -> Option:
    return Option(candidate_id="c1", courses=(Course(ref="movex/C07", title=title, hours=30),), reasons=reasons)


# Completeness


def test_every_folder_of_templates_is_a_mail_and_every_mail_has_its_three_files() -> None:
    found = {
        folder.name: {file.name for file in folder.iterdir()}
        for folder in (MAIL / "templates").iterdir()
        if folder.is_dir()
    }

    assert found == {kind: {"subject.txt", "body.txt", "body.html"} for kind in MAILS}


def test_every_language_has_its_folder() -> None:
    assert {file.parents[1].name for file in MAIL.glob("locale/*/LC_MESSAGES/messages.po")} == set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_no_translation_is_left_over(language: str) -> None:
    catalogue = catalogue_of(language)

    assert untranslated(catalogue) == []
    assert {message.id for message in catalogue if message.id} == sentences()
    assert list(catalogue.obsolete) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_places_of_figures_and_hold_no_markup(language: str) -> None:
    catalogue = catalogue_of(language)

    assert [(message.id, [str(error) for error in errors]) for message, errors in catalogue.check()] == []
    assert [message.id for message in catalogue if message.id and re.search("[<>&]", str(message.string))] == []


def test_a_missing_translation_is_noticed() -> None:
    catalogue = catalogue_of("pt")
    catalogue["Start"].string = ""
    catalogue["Level"].flags.add("fuzzy")
    catalogue["Can you train %(count)s person?"].string = ("Podem formar %(count)s pessoa?", "")

    assert sorted(untranslated(catalogue), key=str) == [
        ("Can you train %(count)s person?", "Can you train %(count)s people?"),
        "Level",
        "Start",
    ]


def test_the_reasons_told_to_providers_are_notes_of_the_matching_rules() -> None:
    assert set(sentences_of.TOLD_TO_PROVIDERS) <= set(NOTES)


def test_companies_are_told_every_note_and_every_reason_of_the_matching_rules() -> None:
    assert set(sentences_of.TOLD_TO_COMPANIES) == set(NOTES)
    assert set(sentences_of.GAPS) == set(REASONS)
    assert set(sentences_of.CURES) == set(GAP_CODES)


def test_a_mail_says_the_same_in_english_as_the_console() -> None:
    plain = Reason(code="starts_too_late", params={"start": "2027-01-09", "days": 1})

    (note,) = words.speak("en").notes([plain])

    assert note.words.replace(words.NO_BREAK, " ") == sentence(plain.code, plain.params)


# Strictness


def test_a_value_that_a_template_misses_is_an_error_and_no_empty_place() -> None:
    without_courses = RequestToProvider.model_construct(**{k: v for k, v in dict(SAMPLE).items() if k != "options"})

    with pytest.raises(UndefinedError, match="options"):
        render("request_to_provider", language="en", context=without_courses)


def test_an_unknown_mail_or_another_mails_context_is_refused() -> None:
    with pytest.raises(TypeError, match="request_to_provider"):
        render("greeting", language="en", context=SAMPLE)
    with pytest.raises(TypeError, match="Region"):
        render("request_to_provider", language="en", context=Region(code="PT11A"))  # type: ignore[arg-type]


def test_a_context_takes_no_field_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="company"):
        RequestToProvider.model_validate({**SAMPLE.model_dump(), "company": "Betangible"})


@pytest.mark.parametrize("kind", MAILS)
def test_a_context_survives_the_job_it_is_kept_in(kind: str) -> None:
    for context in MAILS[kind].faces().values():
        kept = context.model_dump(mode="json", exclude_none=True)
        assert MAILS[kind].model_validate(kept) == context


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "hub.example", 'https://hub.example/"onclick="', "https://hub.example/"]
)
def test_the_hubs_address_is_one_that_can_be_linked(url: str) -> None:
    with pytest.raises(ValueError, match="hub_url"):
        RequestToProvider.model_validate({**SAMPLE.model_dump(), "hub_url": url})


# Languages


@pytest.mark.parametrize(
    ("asked", "written"), [("pt", "pt"), ("pt-BR", "pt"), ("ES_es", "es"), ("ro", "en"), ("", "en")]
)
def test_a_language_we_do_not_write_falls_back_to_english(asked: str, written: str) -> None:
    mail = rendered(asked)

    assert mail.language == written
    assert mail == rendered(written)
    assert f'<html lang="{written}" dir="ltr">' in mail.html


@pytest.mark.parametrize(
    ("language", "day", "money"),
    [
        ("en", "Friday, 4\u00a0December 2026", "€220.00 per learner"),
        ("es", "viernes, 4\u00a0de diciembre de 2026", "220,00\u00a0€ por participante"),
        ("pt", "sexta-feira, 4\u00a0de dezembro de 2026", "220,00\u00a0€ por formando"),
    ],
)
def test_dates_and_money_are_written_as_the_reader_writes_them(language: str, day: str, money: str) -> None:
    html = unescape(rendered(language).html)

    assert day in html
    assert money in html


def test_one_person_is_not_written_in_the_plural() -> None:
    assert [rendered(language, headcount=1).subject for language in ("en", "pt", "es")] == [
        "Training for 1 person in Cádiz (ES612, Spain): please answer by 4 December",
        "Formação para 1 pessoa em Cádiz (ES612, Espanha): responder até 4 de dezembro",
        "Formación para 1 persona en Cádiz (ES612, España): responder hasta el 4 de diciembre",
    ]


@pytest.mark.parametrize(
    ("region", "place"),
    [
        (Region(code="ES612"), "ES612 (Spain)"),
        (Region(code="EL303"), "EL303 (Greece)"),
        (
            Region(code="PT11A", label={"pt": "Área Metropolitana do Porto"}),
            "Área Metropolitana do Porto (PT11A, Portugal)",
        ),
    ],
)
def test_a_region_is_told_with_its_code_and_country(region: Region, place: str) -> None:
    assert f"Where: {place}" in rendered(region=region).text


@pytest.mark.parametrize(
    ("eqf_min", "eqf_max", "line"),
    [(3, 4, "EQF 3–4"), (4, 4, "EQF 4"), (3, None, "EQF 3 or higher"), (None, 5, "EQF 5 or lower")],
)
def test_levels_are_told_as_a_range(eqf_min: int | None, eqf_max: int | None, line: str) -> None:
    assert f"Level: {line}\n" in rendered(levels=Levels(eqf_min=eqf_min, eqf_max=eqf_max)).text


def test_where_no_level_is_asked_for_none_is_told() -> None:
    assert "Level" not in rendered(levels=Levels()).text


def test_words_in_another_language_are_marked_for_screen_readers() -> None:
    html = rendered("pt", options=(option(title={"es": "Corte & costura"}),)).html

    assert '<span lang="es">Corte &amp; costura</span>' in html


def test_the_readers_language_is_chosen_then_english_then_the_first() -> None:
    title = {"ro": "Tăiere", "en": "Cutting", "pt": "Corte"}

    assert [words.speak(code).choose(title) for code in ("pt", "es")] == [("pt", "Corte"), ("en", "Cutting")]
    assert words.speak("es").choose({"ro": "Tăiere"}) == ("ro", "Tăiere")


# What a provider may learn


def test_the_companys_limits_and_exact_distance_are_not_told() -> None:
    reasons = (
        Reason(code="under_your_limit", params={"amount": 77.5, "currency": "EUR"}),
        Reason(code="starts_as_preferred", params={"start": "2027-01-09", "days": 0}),
        Reason(code="distance", params={"km": 13}),
    )

    mail = rendered(options=(option(reasons=reasons),))

    assert (
        "✓ within the price asked for\n   ✓ starts in the time asked for\n   ✓ less than 20 km from the company\n"
        in mail.text
    )
    for secret in ("77", "2027-01-09", "9 Jan", "13"):
        assert secret not in mail.text.replace("13–27", "")


def test_a_note_that_is_not_told_to_providers_is_left_out() -> None:
    mail = rendered(
        options=(option(reasons=(Reason(code="record", params={"percent": 12}), Reason(code="from_next_year"))),)
    )

    assert "✓" not in mail.text
    assert "✓" not in mail.html


def test_the_event_shown_is_one_the_hub_takes() -> None:
    shown = rendered().text.split("\n\n    {", maxsplit=1)[1].split("\n    }\n", maxsplit=1)[0]

    (item,) = from_http({"content-type": STRUCTURED}, ("{" + shown + "}").encode())

    assert item.problems == ()
    assert item.envelope is not None
    answer = check(item.envelope)
    assert isinstance(answer, MatchAnswered)
    assert (answer.subject, answer.decision) == (SAMPLE.match_id, "accepted")
    assert (answer.match_id, answer.provider_id, answer.candidate_id) == (SAMPLE.match_id, "movex", "c1")


def test_the_button_leads_to_the_page_where_one_answers() -> None:
    mail = rendered(page_path="/requests/5b0c")

    assert re.findall(r'<a [^>]*href="([^"]*)"', mail.html) == ["https://hub.example/requests/5b0c"]
    assert "https://hub.example/requests/5b0c\n" in mail.text


def test_without_such_a_page_there_is_no_button() -> None:
    assert "<a " not in rendered().html


# Strangers' words


def test_a_hostile_title_is_shown_and_not_obeyed() -> None:
    hostile = '<script>alert(1)</script><img src=x onerror="x">&{{ mail }}'

    html = rendered(options=(option(title=hostile),), provider_name=hostile).html

    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in html
    assert "<script" not in html
    assert "<img" not in html


def test_what_fills_a_shared_phrase_or_the_subject_is_shown_and_not_obeyed_either() -> None:
    hostile = "</title><script>alert(1)</script>"
    first, second = SAMPLE.options
    (course,) = first.courses
    assert course.session is not None
    held = course.model_copy(
        update={"session": course.session.model_copy(update={"place": hostile, "language": hostile})}
    )

    html = rendered(
        options=(first.model_copy(update={"courses": (held,)}), second), region=Region(code="ES612", label=hostile)
    ).html

    assert html.count("&lt;/title&gt;&lt;script&gt;") >= 3
    assert "<script" not in html


def test_a_title_cannot_forge_lines_or_turn_the_direction_of_the_text() -> None:
    title = "Corte\r\n\r\nAnswer on this page:\n\thttps://evil.example\u202egnp\u0007"

    mail = rendered(options=(option(title=title),), region=Region(code="ES612", label=title))

    assert "1. Corte Answer on this page: https://evil.examplegnp (movex/C07)" in mail.text
    assert "\n\nAnswer on this page" not in mail.text
    assert "\n" not in mail.subject


# The HTML


FACES = [
    pytest.param(kind, context, id=f"{kind}-{face}") for kind in MAILS for face, context in MAILS[kind].faces().items()
]


@pytest.mark.parametrize(("kind", "context"), FACES)
def test_nothing_is_fetched_from_anywhere_and_no_picture_lacks_its_words(kind: str, context: MailContext) -> None:
    html = render(kind, language="en", context=context).html

    assert not re.search(r"\bsrc=|url\(|<link|@import|<script|<img|background=", html)


@pytest.mark.parametrize(("kind", "context"), FACES)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_says_its_language_and_has_one_heading_and_at_most_one_button(
    kind: str, context: MailContext, language: str
) -> None:
    html = render(kind, language=language, context=context).html

    assert f'<html lang="{language}" dir="ltr">' in html
    assert (html.count("<h1"), html.count("<title>")) == (1, 1)
    assert html.count('class="button-label"') == (1 if context.page_path else 0)


def test_a_button_is_large_enough_for_a_thumb() -> None:
    html = rendered(page_path="/requests/5b0c").html
    (style,) = re.findall(r'class="button-label"[^>]* style="([^"]*)"', html)
    (padding,) = re.findall(r"padding: ?(\d+)px", style)
    (size,) = re.findall(r"font-size: ?(\d+)px", style)
    (height,) = re.findall(r"line-height: ?([\d.]+)", re.findall(r'class="card"[^>]* style="([^"]*)"', html)[0])

    assert 2 * int(padding) + int(size) * float(height) >= 44


@pytest.mark.parametrize("kind", MAILS)
def test_dark_mode_and_narrow_screens_survive_the_inlining(kind: str) -> None:
    html = render(kind, language="en", context=MAILS[kind].sample()).html

    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert re.search(r'<td class="card"[^>]* style="[^"]*background-color: ?#ffffff', html)


def catalogue_of(language: str) -> Catalog:
    with (MAIL / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalogue: Catalog) -> list[str | tuple[str, ...]]:
    """Sentences with an empty or doubtful translation."""
    return [message.id for message in catalogue if message.id and (message.fuzzy or not all(spoken(message.string)))]


def spoken(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def sentences() -> set[str | tuple[str, ...]]:
    """Every sentence that templates and modules mark for translation, found the way `pybabel extract` finds them."""
    with (MAIL / "locale" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    return {sentence for _, _, sentence, _, _ in extract_from_dir(MAIL, methods, options)}
