"""What a paper says that it did, and what of it speaks for a claim."""

from __future__ import annotations

import pytest

from claimlint.claims import claims, read_sentence
from claimlint.linking.described import Account, Lookup, account, evidence_of
from claimlint.manuscript import read

PROBES = """
# What layers know about number

## Related work
Others patched the residual stream and ablated heads of layer 3 in the same model [@other2023].

## Probing
We train linear probes on the residual stream of GPT-2 small to read the number of the subject.
The probes reach 95% at layer 8 on 1,200 sentences. A control task with random labels gives 53%.
Probing layer 4 gives 71%.

## Future work
One could ablate layer 8 and see whether agreement suffers. We did not patch any layer.
"""

BOTH = (
    PROBES
    + """
## Patching
We patch the residual stream of layer 15 with clean activations. Patching layer 15 restores 60% of the logit
difference on average. Restoring layer 15 at the last position gives the same.
"""
)


def described(text: str) -> Account:
    document = read("paper.md", text)
    return account(document, claims(document))


def evidence(paper: str, claim: str) -> tuple[list[str], int]:
    document = read("paper.md", paper)
    reading = read_sentence(claim, assume_claim=True)
    behind, level = evidence_of(Lookup(document, claims(document)).evidence(claim, reading.components))
    return [spoken.described.experiment.method for spoken in behind], level


def test_only_what_the_authors_did_is_described() -> None:
    assert {d.experiment.method for d in described(PROBES).experiments} == {"linear_probe"}


def test_a_description_tells_part_model_size_and_controls() -> None:
    (probe,) = described(PROBES).experiments
    assert set(probe.experiment.target.layer) == {4, 8}
    assert probe.section.title == "Probing"
    assert probe.experiment.controls.control_task is True
    paper = described(PROBES).manifest
    assert paper.model(probe.experiment.model).name == "GPT-2 small"
    assert paper.prompt_set(probe.experiment.prompts).n == 1200


def test_every_description_knows_its_sentences() -> None:
    (probe,) = described(PROBES).experiments
    spans = [claim.sentence.span for claim in probe.sentences]
    assert [PROBES[span.start : span.end] for span in spans][2] == "Probing layer 4 gives 71%."


@pytest.mark.parametrize(
    ("claim", "level"),
    [
        ("Layer 8 stores the number of the subject.", 1),
        ("Layer 15 stores the number of the subject.", 2),
        ("Patching layer 15 restores agreement.", 2),
        ("Number is decodable early on.", 2),
    ],
)
def test_the_level_is_that_of_the_strongest_method_on_the_claims_own_part(claim: str, level: int) -> None:
    assert evidence(BOTH, claim)[1] == level


def test_a_paper_that_describes_no_experiment_has_none_to_give() -> None:
    assert evidence("# Essay\n\nWe thank everybody who read this text.\n", "Layer 8 stores number.") == (
        [],
        0,
    )


def test_the_nearest_evidence_comes_first() -> None:
    assert evidence(BOTH, "Patching layer 15 restores agreement.")[0][0] == "activation_patching"


def test_a_method_that_only_approximates_patching_is_no_patching() -> None:
    paper = """
# Ranking edges

## Method
We use attribution patching to rank edges. Attribution patching agrees with activation patching on most edges.
Attribution patching is measured against the faithfulness of the circuit.
"""
    assert evidence(paper, "Head 3.1 causes the agreement.")[1] == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "An ablation of the learning rate schedule is in the appendix.",
        "We ablate the batch size and the optimiser.",
    ],
)
def test_leaving_out_a_design_choice_is_no_ablation_of_the_model(sentence: str) -> None:
    assert described(f"# Training\n\n## Results\n{sentence}\n").experiments == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "We zero the query bias of layer 8, and agreement suffers.",
        "Nullifying the query bias of layer 8 costs 12 points.",
        "Setting the outputs of heads 8.1 and 8.3 to zero costs 12 points.",
        "The rows of the key matrix were set to zero.",
    ],
)
def test_a_part_that_is_set_to_zero_is_ablated(sentence: str) -> None:
    (experiment,) = (d.experiment for d in described(f"# Number\n\n## Results\n{sentence}\n").experiments)
    assert (experiment.method, experiment.replacement) == ("ablation", ("zero",))


@pytest.mark.parametrize(
    "sentence",
    [
        "We set the temperature of the model to zero.",
        "The activation threshold of layer 8 was set to 0.5.",
        "Outputs of layer 8 were set to 0.5 of their norm.",
        "A wrong token nullifies the advantage of layer 8.",
    ],
)
def test_a_setting_or_a_score_that_is_zero_is_no_ablation(sentence: str) -> None:
    assert described(f"# Number\n\n## Results\n{sentence}\n").experiments == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "These findings are correlational: we do not claim that interventions on layer 8 change agreement.",
        "We make no claim about what patching layer 8 would do.",
        "Our analysis doesn't involve ablating heads of layer 8.",
    ],
)
def test_a_disclaimed_intervention_is_no_experiment(sentence: str) -> None:
    experiments = described(f"# Number\n\n## Results\n{sentence}\n").experiments
    assert {d.experiment.method for d in experiments} <= {"correlation"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Ablating layer 8 does not change agreement.",
        "We patch layer 8, but do not claim that patching explains every error.",
    ],
)
def test_an_experiment_with_a_null_result_or_a_caveat_is_one(sentence: str) -> None:
    assert described(f"# Number\n\n## Results\n{sentence}\n").experiments != ()
