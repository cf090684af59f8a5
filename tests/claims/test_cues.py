"""Every cue keeps its own promises, and a pack that cannot work is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimlint.claims.cues import Lexicon, load_packs
from claimlint.claims.engine import Engine, engine
from claimlint.claims.packs import CueEntry
from claimlint.errors import ClaimlintError

CUES = engine().lexicon.cues
each_cue = pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.id)

PACK = """
language = "en"
[lists]
be = ["is"]
[[cue]]
id = "glows"
kind = "association"
match = [{match}]
{more}
must_fire = ["It glows."]
must_not_fire = ["It rests."]
"""


def fired(text: str) -> set[str]:
    return {hit.cue.id for hit in engine().signs(text).hits}


@each_cue
def test_a_cue_fires_where_it_says(cue: CueEntry) -> None:
    assert [text for text in cue.must_fire if cue.id not in fired(text)] == []


@each_cue
def test_a_cue_is_silent_where_it_says(cue: CueEntry) -> None:
    assert [text for text in cue.must_not_fire if cue.id in fired(text)] == []


def test_every_kind_and_every_stance_has_cues() -> None:
    assert {cue.kind for cue in CUES if cue.kind} == {
        "association",
        "effect",
        "role",
        "sufficiency",
        "necessity",
        "mechanism",
        "uniqueness",
        "counterfactual",
        "performance",
    }
    assert {stance for cue in CUES for stance, votes in cue.votes.items() if votes > 0} == {
        "own",
        "prior",
        "method",
        "open",
        "background",
        "other",
    }


def lexicon(folder: Path, match: str, more: str = "") -> Lexicon:
    (folder / "pack.toml").write_text(PACK.format(match=match, more=more), encoding="utf-8")
    return Lexicon(load_packs(folder, "en"), "en")


def test_all_forms_of_a_verb_are_spelt_out(tmp_path: Path) -> None:
    inflection = '\n[inflection]\nendings = [["e$", ["e", "es", "ed", "ing"]]]\n'
    (tmp_path / "language.toml").write_text(f'language = "en"\n{inflection}', encoding="utf-8")
    words = lexicon(tmp_path, '[{FORM = "encode"}], "~store it"')
    for text in ("It encoded this.", "It encodes this.", "While storing it"):
        assert [hit.cue.id for hit in words.find(text)] == ["glows"]


def test_words_and_regular_expressions_may_stand_for_one_token(tmp_path: Path) -> None:
    (tmp_path / "language.toml").write_text(
        "language = \"en\"\n[regex]\nparticiple = '[a-z]+ed'\n", encoding="utf-8"
    )
    words = lexicon(tmp_path, '"had been|#participle|@be"')
    for text in ("It had been", "It had glowed", "It had is"):
        assert [hit.cue.id for hit in words.find(text)] == ["glows"]
    assert words.find("It had many") == []


def test_a_pack_in_another_language_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "zh.toml").write_text('language = "zh"\n', encoding="utf-8")
    assert load_packs(tmp_path, "en") == {}


@pytest.mark.parametrize(
    ("match", "more", "told"),
    [
        ('[{LEMMA = "glow"}]', "", "LEMMA"),
        ('[{POS = "VERB"}, {LOWER = "glows"}]', "", "POS"),
        ('"@nothing glows"', "", "@nothing"),
        ('"_{0,3}"', "", "no word"),
        ('"glows|after-glows"', "", "after - glows"),
        ('"glows"', 'knd = "effect"', "Did you mean 'kind'?"),
        ('"glows"', "strength = 2.0", "strength"),
    ],
)
def test_a_pattern_that_could_never_match_is_an_error_that_names_file_and_cue(
    tmp_path: Path, match: str, more: str, told: str
) -> None:
    with pytest.raises(ClaimlintError) as caught:
        lexicon(tmp_path, match, more)
    assert "pack.toml" in caught.value.what
    assert "glows" in caught.value.what
    assert told in caught.value.what


def test_one_name_stands_for_one_cue(tmp_path: Path) -> None:
    lexicon(tmp_path, '"glows"')
    (tmp_path / "second.toml").write_text(
        (tmp_path / "pack.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises(ClaimlintError, match=r"pack\.toml"):
        Lexicon(load_packs(tmp_path, "en"), "en")


def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text("language = ", encoding="utf-8")
    with pytest.raises(ClaimlintError, match=r"pack\.toml"):
        Engine(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "GPT-2 is a causal language model.",
        "We control for length.",
        "Learning rate and memory usage are in the appendix.",
    ],
)
def test_words_that_merely_look_causal_are_no_claim(text: str) -> None:
    kinds = {hit.cue.kind for hit in engine().signs(text).hits} - {None, "performance", "association"}
    assert kinds == set()
