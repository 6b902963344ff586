"""Every folder of templates is whole: it renders in each of its languages, and its languages say the same."""

import string
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from hub.agreements.fields import FIELDS
from hub.agreements.paper import paper
from hub.agreements.render import render
from hub.agreements.sections import SECTIONS
from hub.agreements.templates import FOLDER, Template, in_language, template_for, templates
from hub.agreements.writer import Writer
from tests.rules.agreement_cases import day
from tests.rules.agreement_papers import PEOPLE, a_draft

EVERY = [(code, language) for code, template in templates().items() for language in template.languages]


def test_every_folder_holds_a_template_of_its_name() -> None:
    folders = {folder.name for folder in FOLDER.iterdir() if folder.is_dir() and not folder.name.startswith("_")}

    assert folders == set(templates())


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_every_template_renders_in_each_of_its_languages(code: str, language: str) -> None:
    rendered = render(a_draft(language, template=code), PEOPLE)

    assert rendered.language == language
    assert rendered.unfilled == ()
    words = in_language(templates()[code], [language]).words
    text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(rendered.pdf)).pages)
    assert words["not_legal_advice"] in text


@pytest.mark.parametrize("template", templates().values(), ids=lambda template: template.code)
def test_every_section_and_field_of_a_template_can_be_printed(template: Template) -> None:
    assert {section.kind for section in template.sections} <= set(SECTIONS)
    assert {name for section in template.sections for name in section.fields} <= set(FIELDS)
    for language in template.languages:
        words = in_language(template, [language]).words
        assert {section.name for section in template.sections} <= set(words["headings"])
        assert {name for section in template.sections for name in section.fields} <= set(words["fields"])
        assert {name for section in template.sections for name in section.clauses} <= set(words["clauses"])
        assert template.legal_basis[language]


def test_every_field_that_can_be_printed_is_printed_by_a_template() -> None:
    used = {name for each in templates().values() for section in each.sections for name in section.fields}

    assert used == set(FIELDS)


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_the_languages_of_a_template_say_the_same_with_the_same_figures(code: str, language: str) -> None:
    english, other = (dict(leaves(in_language(templates()[code], [each]).words)) for each in ("en", language))

    assert {path: figures(words) for path, words in english.items()} == {
        path: figures(words) for path, words in other.items()
    }


@pytest.mark.parametrize(("code", "language"), EVERY)
def test_no_sentence_is_left_with_an_open_place(code: str, language: str) -> None:
    draft = a_draft(language, template=code)

    made = paper(Writer(draft, PEOPLE, in_language(templates()[code], [language])))

    assert [words for path, words in leaves(made) if "{" in words and path != ("page",)] == []


def test_the_first_language_of_the_offer_is_the_documents() -> None:
    chosen = in_language(templates()["eu-generic"], ["pt", "en"])

    assert (chosen.speech.code, chosen.asked) == ("pt", None)


@pytest.mark.parametrize("languages", [("ro", "pt"), ("pl",)])
def test_a_language_that_the_template_lacks_becomes_english_and_the_document_says_so(
    languages: tuple[str, ...],
) -> None:
    rendered = render(a_draft("en", languages=languages), PEOPLE)

    text = " ".join(PdfReader(BytesIO(rendered.pdf)).pages[-1].extract_text().split())
    asked = {"ro": "Romanian", "pl": "Polish"}[languages[0]]
    assert rendered.language == "en"
    assert f"this template is not available in the language asked for ({asked})" in text


def test_the_template_of_a_country_goes_before_the_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    general = templates()["eu-generic"]
    own = general.model_copy(update={"code": "pt-fct", "countries": ("PT",), "schemes": ("fct",)})
    newer = own.model_copy(update={"code": "pt-fct-2027", "valid_from": date(2027, 9, 1)})
    monkeypatch.setattr(
        "hub.agreements.templates.templates", lambda: {each.code: each for each in (own, newer, general)}
    )

    assert template_for(country="PT", scheme="fct", day=day(0)).code == "pt-fct"
    assert template_for(country="PT", scheme="fct", day=date(2027, 9, 1)).code == "pt-fct-2027"
    assert template_for(country="PT", scheme="dual", day=day(0)).code == "eu-generic"
    assert template_for(country="ES", scheme="fct", day=day(0)).code == "eu-generic"


def test_without_a_template_in_force_the_reason_names_what_was_asked() -> None:
    with pytest.raises(LookupError, match=r"PT.*fct.*1999-01-01"):
        template_for(country="PT", scheme="fct", day=date(1999, 1, 1))


def figures(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, list):
        for number, branch in enumerate(tree):
            yield from leaves(branch, (*path, str(number)))
    else:
        for name, branch in tree.items():
            yield from leaves(branch, (*path, name))
