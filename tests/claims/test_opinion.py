"""The second opinion: probabilities over the labels, from plain numbers."""

from __future__ import annotations

import numpy as np
import pytest

from claimlint.claims import read_sentence
from claimlint.claims.engine import engine
from claimlint.claims.model import KINDS, STANCES
from claimlint.claims.opinion import Model, model


def test_its_labels_are_the_stances_and_the_kinds_of_own_sentences() -> None:
    assert set(model().labels) == (set(STANCES) - {"own"}) | set(KINDS)


def test_shares_add_up_and_follow_the_weights() -> None:
    small = Model(
        {
            "names": np.frombuffer(b"word ablating\nword train", np.uint8),
            "labels": np.frombuffer(b"method\neffect\nrole", np.uint8),
            "first": np.array([[100, 0], [0, 100], [0, 0]], np.int8),
            "step": np.array([0.01], np.float32),
            "bias": np.zeros(2, np.float32),
            "second": np.array([[0, 3, 0], [3, 0, 0]], np.float32),
            "offset": np.zeros(3, np.float32),
        }
    )
    effect = small.judge({"word ablating": 1.0})
    method = small.judge({"word train": 1.0, "word unheard": 1.0})
    assert sum(effect.stances.values()) == pytest.approx(1)
    assert sum(effect.kinds.values()) == pytest.approx(1)
    assert effect.stances["own"] > 0.8
    assert method.stances["own"] < 0.2
    assert effect.kinds["effect"] > effect.kinds["role"]


def test_an_unseen_sentence_has_an_opinion_too() -> None:
    assert sum(model().judge({}).stances.values()) == pytest.approx(1)


def test_confidence_is_lower_where_less_is_said() -> None:
    clear = read_sentence("Ablating head 9.6 lowers accuracy by 12 points.", section="Results")
    vague = read_sentence("It was otherwise there.", section="Results")
    assert 0 < vague.confidence < clear.confidence < 1


def test_a_rare_word_is_known_by_its_class() -> None:
    """One of these verbs occurs in the labelled sentences, the other does not."""
    common, rare = (engine().features(f"The score {verb} afterwards.") for verb in ("dwindles", "wanes"))
    assert {name for name in common if name.startswith("sense")} == {
        name for name in rare if name.startswith("sense")
    }
    assert "sense lower_verb" in rare
