"""From words to ESCO concepts: what answers for certain, what is only shown, and what is none."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.skills.cleaning import LONGEST, cleaned
from hub.skills.folding import folded
from hub.skills.lookup import MOST, Lookup, shipped
from hub.skills.pack import SECTORS, SKILL, Alias, Entry, aliases, entries, label, labels

NINE = {"pt", "es", "ro", "pl", "it", "fr", "de", "nl", "en"}
BAGS, TEACH = f"{SKILL}bags", f"{SKILL}teach"
SMALL = Lookup(
    [
        Entry(BAGS, ("leather",), "en", "sew bags", ("bag sewing", "finishing")),
        Entry(BAGS, ("leather",), "fr", "coudre des sacs", ()),
        Entry(TEACH, ("digital",), "en", "teach", ("finishing",)),
    ],
    [Alias(BAGS, "pt", "ponto de seleiro", "")],
)


@pytest.mark.parametrize(
    ("statement", "language", "method"),
    [
        ("Bag  SEWING.", "en", "exact"),
        ("coudre des sacs", "fr", "exact"),
        ("bag sewing", "ro", "exact"),  # English words stand in needs of any language
        ("Ponto de Seleiro", "pt", "alias"),
        (BAGS, "en", "uri"),
    ],
)
def test_names_and_words_of_the_trade_answer_for_certain(statement: str, language: str, method: str) -> None:
    found = SMALL.find(statement, language)

    assert (found.method, found.abstained, [each.uri for each in found.candidates]) == (method, False, [BAGS])


def test_what_is_only_spelled_alike_is_shown_and_not_decided() -> None:
    found = SMALL.find("sewing of bags", "en")

    assert (found.method, found.abstained) == ("spelling", True)
    assert found.candidates[0].uri == BAGS
    assert 0 < found.candidates[0].score < 1


def test_a_name_of_several_concepts_gives_the_own_sectors_first() -> None:
    assert [each.uri for each in SMALL.find("finishing", "en", "leather").candidates] == [BAGS, TEACH]


@pytest.mark.parametrize("statement", ["", "   ", "\0\u200b\u202e", "🙂🙂", "…", "<b></b>"])
def test_nothing_means_nothing(statement: str) -> None:
    found = shipped().find(statement, "en", "leather")

    assert (found.normalised.strip("🙂"), found.method, found.candidates) == ("", "none", ())


@given(st.text(max_size=300), st.sampled_from([*sorted(NINE), "xx", ""]), st.sampled_from(["", *SECTORS]))
def test_any_words_have_an_answer_of_the_right_shape(statement: str, language: str, sector: str) -> None:
    found = SMALL.find(statement, language, sector)

    assert found == SMALL.find(statement, language, sector)
    assert len(found.candidates) <= MOST
    assert all(0 <= each.score <= 1 for each in found.candidates)
    assert [each.score for each in found.candidates] == sorted((each.score for each in found.candidates), reverse=True)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  • sewing of bags;\n", "sewing of bags"),
        ("SEWING OF BAGS", "sewing of bags"),
        ("CAD/CAM", "CAD/CAM"),
        ("costureira/o de malas", "costureira de malas"),
        ("cutting and/or sewing", "cutting and/or sewing"),
        ("operador(a) de corte", "operador de corte"),
        ("<script>sew</script> bags", "sew bags"),
        ("sew\u202e\u200bbags", "sew bags"),
        ("a" * 5_000, "a" * LONGEST),
    ],
)
def test_statements_are_cleaned(written: str, read: str) -> None:
    assert cleaned(written) == read


def test_every_word_of_the_trade_stands_for_one_concept_of_the_pack_that_has_a_label() -> None:
    meant = defaultdict(set)
    for alias in aliases():
        meant[alias.language, folded(alias.words)].add(alias.uri)
        assert label(alias.uri) is not None, alias
        assert alias.words == alias.words.strip()
        assert not alias.source or alias.source.startswith("https://")
    assert {language for language, _ in meant} == NINE
    assert [words for words, uris in meant.items() if len(uris) > 1] == []


def test_the_pack_holds_what_leather_and_footwear_ask_for_and_what_is_green_and_digital() -> None:
    why = {entry.uri: set(entry.why) for entry in entries()}

    assert set(why) == set(labels())
    assert len([uri for uri, found in why.items() if "leather" in found]) > 300
    assert len([uri for uri, found in why.items() if "green" in found]) > 500
    assert len([uri for uri, found in why.items() if "digital" in found]) > 1_000
    assert {entry.language for entry in entries()} == {"en", "es", "fr", "nl", "pl"}
    assert all(entry.preferred for entry in entries())


@pytest.mark.parametrize(
    ("statement", "language", "concept"),
    [
        ("saddle stitching", "en", "use manual sewing techniques"),
        ("SCHÄRFEN", "de", "apply pre-stitching techniques"),
        ("tăbăcire", "ro", "tanning process"),
        ("tabacire", "ro", "tanning process"),
        ("aparado", "es", "apply stitching techniques"),
        ("garbowanie", "pl", "tanning process"),
        ("tranciatura", "it", "apply machine cutting techniques for footwear and leather goods"),
    ],
)
def test_the_trade_is_understood(statement: str, language: str, concept: str) -> None:
    found = shipped().find(statement, language, "leather")

    assert (found.method, found.candidates[0].label, found.candidates[0].score) == ("alias", concept, 1.0)
