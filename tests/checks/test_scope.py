"""Words that reach further than what was tried, on claims made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from claimlint.checks import check, load_rules
from claimlint.config import Config
from claimlint.manuscript import read
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import manifest_of

RULES = load_rules()
PATCH = {
    "method": "activation_patching",
    "direction": "denoising",
    "model": "gpt2",
    "prompts": "names",
    "seeds": [0],
}


def found(text: str, *experiments: dict[str, Any], sets: list[dict[str, Any]] | None = None) -> list[str]:
    """Names of the findings on a claim about an effect, linked to all experiments."""
    named = [{"id": f"e{number}", **experiment} for number, experiment in enumerate(experiments)]
    document = document_of(text)
    (claim,) = claims_of(document, kind="effect")
    manifest = manifest_of(named, sets or ())
    outcome = check(document, (claim,), [link_of(claim, e["id"]) for e in named], manifest, RULES, Config())
    return [finding.name for finding in outcome.findings]


GENERAL = "Language models change their answer when this layer is patched."


def test_models_at_large_need_more_than_one_model() -> None:
    assert found(GENERAL, PATCH) == ["model-scope"]
    assert found(GENERAL, PATCH, {**PATCH, "model": "pythia"}) == []
    robust = {**PATCH, "method": "robustness", "robustness": {"models": ["gpt2", "pythia"]}}
    assert found(GENERAL, PATCH, robust) == []


def test_a_failed_run_on_another_model_does_not_count() -> None:
    assert found(GENERAL, PATCH, {**PATCH, "model": "pythia", "status": "failed"}) == [
        "dangling-evidence",
        "model-scope",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The three language models we study change their answer when this layer is patched.",
        "In these language models, patching the layer changes the answer.",
        "Patching the layer changes what the language models say.",
    ],
)
def test_models_that_the_paper_names_are_no_models_at_large(text: str) -> None:
    assert found(text, PATCH) == []


EVERYWHERE = "In general, patching this layer restores the answer."


def test_inputs_at_large_need_several_prompt_sets_or_a_wide_one() -> None:
    assert found(EVERYWHERE, PATCH) == ["prompt-scope"]
    assert found(EVERYWHERE, PATCH, {**PATCH, "prompts": "stories"}) == []
    narrow, wide = (
        {"id": "names", "templates": 1, "heldout": True},
        {"id": "names", "templates": 9, "heldout": True},
    )
    assert found(EVERYWHERE, PATCH, sets=[narrow]) == ["prompt-scope"]
    assert found(EVERYWHERE, PATCH, sets=[wide]) == []
    assert found(EVERYWHERE, PATCH, sets=[{**wide, "heldout": False}]) == ["prompt-scope"]


STEADY = "Patching this layer consistently restores the answer."


@pytest.mark.parametrize("of", ["specific architectural choices", "the model", "the random seed"])
def test_what_is_said_of_all_models_or_seeds_is_not_said_of_all_inputs(of: str) -> None:
    assert "prompt-scope" in found("The effect arises regardless of topic.", PATCH)
    assert "prompt-scope" not in found(f"The effect arises regardless of {of}.", PATCH)


def test_steadiness_needs_several_seeds_and_several_prompt_sets() -> None:
    other = {**PATCH, "prompts": "stories", "seeds": [1]}
    assert found(STEADY, PATCH) == ["single-configuration"]
    assert found(STEADY, PATCH, {**other, "seeds": [0]}) == ["single-configuration"]
    assert found(STEADY, PATCH, {**other, "prompts": "names"}) == ["single-configuration"]
    assert found(STEADY, PATCH, other) == []


def test_a_sentence_that_names_its_one_configuration_claims_no_more() -> None:
    assert found("Layer 12 ranks first on this prompt set with one seed.", PATCH) == []


def test_without_a_manifest_an_introduction_may_speak_of_models_at_large() -> None:
    def names(section: str) -> list[str]:
        document = read("paper.md", f"# Paper\n\n## {section}\n\nLanguage models use this layer to answer.")
        claims = [
            c for c in claims_of(document, kind="mechanism", level=3) if c.sentence.block.kind != "heading"
        ]
        return [f.name for f in check(document, claims, (), None, RULES, Config()).findings]

    assert names("Results") == ["no-manifest", "model-scope"]
    assert names("Introduction") == ["no-manifest"]
