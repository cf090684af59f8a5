"""What the engine says about whole sentences, after the codebook."""

from __future__ import annotations

import subprocess
import sys

import pytest

from claimlint.claims import read_sentence
from claimlint.claims.engine import engine
from claimlint.claims.profiles import levels
from claimlint.errors import ClaimlintError

RESULTS = "Results"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The norm of the residual stream correlates with the error (r = 0.7).", "association"),
        ("Tense is linearly decodable from layer 4.", "association"),
        ("Head 9.1 attends mostly to the subject.", "association"),
        ("Ablating head 9.6 lowers the logit difference by 2.3.", "effect"),
        ("The ablation of head 3.2 leads to a drop in recall.", "effect"),
        ("Patching layer 15 restores 80% of the logit difference.", "effect"),
        ("Layer 9 is responsible for the refusal.", "role"),
        ("We find that the late heads mediate the effect of gender.", "role"),
        ("We show that two heads suffice to restore the answer.", "sufficiency"),
        ("Head 9.6 is necessary for the copy.", "necessity"),
        ("Without head 9.6 the model can no longer copy the name.", "necessity"),
        ("We find that MLP 17 stores the capital of each country.", "mechanism"),
        ("We show that head 9.6 copies the name to the last position.", "mechanism"),
        ("Layer 8 is responsible for storing gender information.", "mechanism"),
        ("Head 7.1 is solely responsible for the copy.", "uniqueness"),
        ("We found the circuit for greater-than.", "uniqueness"),
        (
            "For this prompt, had layer 15 been restored, the model would have answered Paris.",
            "counterfactual",
        ),
        ("Our method outperforms the baseline on all benchmarks.", "performance"),
        ("Night work was a risk factor for poor sleep.", "association"),
        ("A short nap may improve the mood of nurses.", "effect"),
    ],
)
def test_kinds_of_own_sentences(text: str, kind: str) -> None:
    reading = read_sentence(text, section=RESULTS)
    assert (reading.stance, reading.kind) == ("own", kind)
    assert reading.level == levels("joshi2026")[kind]


@pytest.mark.parametrize(
    ("text", "section", "stance"),
    [
        ("We patch the residual stream at every layer.", "Methods", "method"),
        ("Probes are trained with Adam for ten epochs.", "Experimental setup", "method"),
        ("Whether layer 9 is needed remains unclear.", "Discussion", "open"),
        ("Does the model store facts in its MLPs?", "Introduction", "open"),
        ("Future work should test whether layer 9 causes the refusal.", "Conclusion", "open"),
        ("Olsson et al. argue that induction heads drive in-context learning.", "Introduction", "prior"),
        ("Prior work has shown that MLPs store facts [12, 13].", "Related work", "prior"),
        ("See Appendix B for all prompts.", RESULTS, "other"),
        ("We thank the reviewers for their comments.", "Acknowledgements", "other"),
        ("It follows that the sum is bounded by MATH for all admissible MATH.", "Proof", "method"),
    ],
)
def test_what_is_no_own_finding_has_no_level(text: str, section: str, stance: str) -> None:
    reading = read_sentence(text, section=section)
    assert (reading.stance, reading.level) == (stance, 0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Layer 8 stores gender.", "mechanism"),
        ("Layers 8-12 store facts.", "mechanism"),
        ("MLP 3 controls tense.", "role"),
        ("Head 5.1 causes agreement.", "role"),
    ],
)
def test_a_verb_behind_a_part_is_no_noun_however_short_the_sentence(text: str, kind: str) -> None:
    assert read_sentence(text).kind == kind


def test_a_contrast_takes_the_stronger_side() -> None:
    reading = read_sentence(
        "We find that the feature is not merely correlated with but causally responsible for the refusal.",
        section=RESULTS,
    )
    assert (reading.kind, reading.negated) == ("role", False)


def test_a_negated_claim_keeps_its_level() -> None:
    reading = read_sentence("We find that layer 9 is not responsible for the refusal.", section=RESULTS)
    assert (reading.kind, reading.level, reading.negated) == ("role", 2, True)


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("We find that layer 9, which copies the name, does not mediate the refusal.", True),
        ("Ablating MLP 7 has no effect on the logit difference.", True),
        ("No single head is responsible for the refusal, although all of them read the name.", True),
        ("While layer 9 drives the refusal, layer 4 does not affect it.", True),
        ("So layer 4 does not drive the refusal.", True),
        ("Our results rule out layer 4 as a driver of the refusal.", True),
        ("Layer 9 drives the refusal and does not affect the tone.", False),
        ("Layer 9 drives the refusal, whereas layer 4 has no effect on it.", False),
        ("Layer 9 drives the refusal of requests that the model does not follow.", False),
        ("Layer 9 does not copy the name but drives the refusal.", False),
        ("Ablating head 9.6 changes the score by no more than 2 points.", False),
        ("Without head 9.6 the model cannot name the indirect object.", False),
        ("Had head 9.6 not been ablated, the model would have answered correctly.", False),
    ],
)
def test_a_claim_is_negated_where_its_clause_denies_it(text: str, negated: bool) -> None:
    assert read_sentence(text, section=RESULTS).negated is negated


def test_a_hedge_keeps_stance_and_level() -> None:
    plain = read_sentence("Our results show that layer 9 mediates the refusal.", section=RESULTS)
    hedged = read_sentence("Our results suggest that layer 9 may mediate the refusal.", section=RESULTS)
    assert (plain.hedged, hedged.hedged) == (False, True)
    assert (plain.stance, plain.level) == (hedged.stance, hedged.level) == ("own", 2)


def test_decodable_encoding_is_association() -> None:
    assert read_sentence("We find that layer 8 encodes gender.", section=RESULTS).level == 3
    decodable = "We find that layer 8 encodes gender linearly, i.e., a probe reads it at 94%."
    assert read_sentence(decodable, section=RESULTS).level == 1


def test_what_is_produced_is_an_effect_and_a_reason_in_passing_is_none() -> None:
    produced = read_sentence("Steering along this direction produces refusals.", section=RESULTS)
    assert (produced.kind, [cue.rule for cue in produced.cues if cue.rule == "produces"]) == (
        "effect",
        ["produces"],
    )
    passing = read_sentence("We centre the vectors because the norms differ.", section="Method")
    assert passing.level == 0


def test_an_effect_without_effect_stays_an_effect() -> None:
    reading = read_sentence(
        "Ablating head 9.6 breaks the copy, whereas ablating MLP 7 has no effect.", section=RESULTS
    )
    assert (reading.kind, [c.kind for c in reading.components]) == ("effect", ["head", "mlp"])


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("On average, patching layer 15 restores 80% of the score.", "average"),
        ("LLMs store facts in their MLPs.", "general"),
        ("Models copy the wrong name by default.", "general"),
        ("Our models copy the wrong name by default.", ""),
        ("Vaswani et al. (2017) train transformers on translation.", ""),
        ("On prompt 12, head 9.6 copies the wrong name.", "instance"),
        ("Subtracting the mean lowers the score by 12 points.", ""),
        ("For this prompt, head 9.6 copies the name.", "instance"),
        ("Head 9.6 copies the name.", ""),
        ("We average the attention of each head over all prompts.", ""),
    ],
)
def test_scope(text: str, scope: str) -> None:
    assert read_sentence(text, section=RESULTS).scope == scope


def test_target_behaviour_and_model_are_read() -> None:
    reading = read_sentence("In GPT-2 small, layer 8 is responsible for storing gender information.")
    assert reading.model == "GPT-2 small"
    assert "gender information" in reading.behaviour


@pytest.mark.parametrize(
    "text",
    [
        "The number of the subject is stored in layer 8.",
        "We find that the number of the subject is encoded by head 9.1.",
        "Layer 8 stores the number of the subject.",
    ],
)
def test_the_behaviour_is_what_is_held_whichever_way_it_is_said(text: str) -> None:
    assert read_sentence(text).behaviour == "the number of the subject"


def test_every_own_claim_with_a_strong_cue_names_it() -> None:
    text = "We find that head 9.6 copies the name."
    cues = read_sentence(text, section=RESULTS).cues
    assert {"moves", "we-find"} <= {cue.rule for cue in cues}
    assert all(text[cue.start : cue.end] == cue.text for cue in cues)


def test_profiles_map_kinds_to_levels() -> None:
    text = "Head 9.6 is necessary for the copy."
    own = {"strict": {"necessity": 1}}
    assert read_sentence(text, section=RESULTS).level == 3
    assert read_sentence(text, section=RESULTS, profile="pearl").level == 2
    assert read_sentence(text, section=RESULTS, profile="strict", profiles=own).level == 1


def test_a_strict_counterfactual_stays_on_top_by_pearl() -> None:
    text = "Had layer 15 been restored, the model would have answered Paris."
    assert read_sentence(text, section=RESULTS, profile="pearl").level == 3


def test_an_unknown_profile_suggests_the_near_name() -> None:
    with pytest.raises(ClaimlintError, match="joshi2026"):
        read_sentence("Head 9.6 copies.", profile="joshi")


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import claimlint.claims", "spacy"),
        ("import claimlint.claims", "pydantic"),
        ("from claimlint.claims import read_sentence; read_sentence('Layer 8 encodes gender.')", "torch"),
        ("from claimlint.claims import read_sentence; read_sentence('Layer 8 encodes gender.')", "sklearn"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_wanted(statement: str, loaded: str) -> None:
    code = f"import sys; {statement}; sys.exit({loaded!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_torch_can_still_be_imported_after_the_engine_ran() -> None:
    code = (
        "from claimlint.claims import read_sentence; read_sentence('Layer 8 encodes gender.');"
        "import importlib.util, sys; assert 'torch' not in sys.modules; importlib.util.find_spec('torch')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("heading", ["Late heads copy the name", "Refusal is mediated by two layers"])
def test_a_heading_that_states_something_heads_results(heading: str) -> None:
    assert engine().role(heading) == "results"


@pytest.mark.parametrize(
    "heading",
    [
        "Late heads and names",
        "Do late heads copy the name?",
        "How late heads copy the name",
        "We contribute three tools:",
        "0.41",
    ],
)
def test_a_heading_that_states_no_finding_tells_nothing_of_its_section(heading: str) -> None:
    assert engine().role(heading) == "body"
