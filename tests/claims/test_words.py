"""The words of the packs: how they bend, and the classes of those too rare to be learned one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claimlint import claims
from claimlint.claims.cues import load_packs, merged
from claimlint.claims.engine import engine
from claimlint.packs import rules_folder

LEXICON = engine().lexicon
PACKS = load_packs(rules_folder() / "cues", "en")
CLASSES = {name: words.split() for name, words in merged(PACKS, "classes").items()}
INFLECTION = next(pack.inflection for pack in PACKS.values() if pack.inflection)
PLAIN = INFLECTION.model_copy(update={"irregular": {}})


@pytest.mark.parametrize(
    ("entry", "forms"),
    [
        ("~jump", "jump jumps jumped jumping"),
        ("~plan", "plan plans planned planning"),
        ("~fine-tune", "fine-tune fine-tunes fine-tuned fine-tuning"),
        ("~vary", "vary varies varied varying"),
        ("~shrink", "shrink shrinks shrank shrunk shrinking"),
        ("~label", "label labels labelled labeled labelling labeling"),
        ("+gap", "gap gaps"),
        ("+theory", "theory theories"),
        ("+search", "search searches"),
    ],
)
def test_a_verb_stands_for_its_forms_and_a_noun_for_its_plural(entry: str, forms: str) -> None:
    assert LEXICON.speller.words(entry) == forms.split()


def test_a_noun_and_its_plural_fill_one_place_of_a_pattern() -> None:
    assert LEXICON.speller.spell("+circuit of").needs[0] == {"circuit", "circuits"}


def test_a_class_has_the_forms_of_its_words() -> None:
    for word in ("plummet", "plummets", "plummeted", "plummeting"):
        assert "lower_verb" in LEXICON.classes[word]
    assert "geometry" in LEXICON.classes["subspaces"]


def test_only_irregular_verbs_are_listed_as_irregular() -> None:
    assert [verb for verb, forms in INFLECTION.irregular.items() if PLAIN.forms(verb)[1:] == forms] == []


def test_a_verb_is_written_as_it_stands_in_a_dictionary() -> None:
    bent = {form for forms in INFLECTION.irregular.values() for form in forms} - set(INFLECTION.irregular)
    entries = [entry for words in CLASSES.values() for entry in words]
    verbs = {entry[1:] for entry in entries if entry[0] == "~"} | {*LEXICON.verbs()}
    assert [verb for verb in verbs if verb in bent - {"bound"} or re.search("[^e]ed$|ses$", verb)] == []


def test_a_form_in_a_class_is_one_that_its_word_has() -> None:
    """A word written beside another is none of the forms that the other only seems to have ("jumpped")."""
    wrong = []
    for name, words in CLASSES.items():
        alone = {word for word in words if word[0] not in "~+"}
        had = {form for word in alone for form in INFLECTION.forms(word)}
        for word in alone:
            stems = (word, word + word[-1], word.removesuffix("e"))
            seeming = {stem + ending for stem in stems for ending in ("s", "es", "ed", "ing")}
            wrong += [(name, form) for form in seeming & alone - had - {word}]
    assert wrong == []


def test_the_classes_hold_words_each_once() -> None:
    word = re.compile(r"[~+]?[a-z0-9]*[a-z][a-z0-9]*(?:[-'][a-z0-9]+)*'?")
    for name, words in CLASSES.items():
        assert [entry for entry in words if not word.fullmatch(entry)] == []
        assert len(words) == len(set(words)), name


def test_every_list_and_regular_expression_is_used() -> None:
    """Each is named by a cue, by another list, or by the code that reads sentences."""
    patterns = (str([*cue.match, *cue.overlapping, *cue.unless]) for cue in LEXICON.cues)
    named = " ".join([*patterns, *(entry for words in LEXICON.lists.values() for entry in words)])
    code = "".join(path.read_text(encoding="utf-8") for path in Path(claims.__file__).parent.glob("*.py"))
    quoted = set(re.findall(r"""["'](\w+)["']""", code))
    assert {name for name in LEXICON.lists if name not in quoted} <= set(re.findall(r"@(\w+)", named))
    groups = ("component_", "unit_")
    others = {name for name in LEXICON.regex if name not in quoted and not name.startswith(groups)}
    assert others <= set(re.findall(r"#(\w+)", named))


def test_a_verb_of_the_list_is_known_as_the_verb_of_its_sentence() -> None:
    main = engine().signs("We lesioned the head.").main
    assert (main.verb, main.form) == ("lesion", "past")
