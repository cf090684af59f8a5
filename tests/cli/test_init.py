"""``claimlint init``: a manifest to be filled in, a config and a workflow, and nothing overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from claimlint.cli.init import PARTS, WORKFLOW, command
from claimlint.config import Config, load_config
from claimlint.evidence import check_manifest, load_manifest
from claimlint.pipeline import lint
from claimlint.report.words import summary

ROOT = Path(__file__).parents[2]
PAPER = """# Number

## Probing

We train linear probes on layer 8 of GPT-2 small. The probes reach 95% accuracy on 1,200 sentences.

## Patching

We patch layer 15 with clean activations. Patching layer 15 restores agreement.
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.md"
    path.write_text(PAPER, encoding="utf-8")
    return path


def init(*args: str) -> str:
    done = CliRunner().invoke(command, list(args), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_every_described_experiment_is_planned_and_holds_no_result(paper: Path) -> None:
    assert "2 planned experiments" in init(str(paper))
    manifest = load_manifest(paper.parent / "manifest.json")
    probe, patch = manifest.experiments
    assert (probe.method, probe.target.layer) == ("linear_probe", (8,))
    assert (patch.method, patch.target.layer) == ("activation_patching", (15,))
    assert {(e.grade, e.status) for e in manifest.experiments} == {("declared", "planned")}
    assert all(e.effect is None for e in manifest.experiments)
    assert "We train linear probes" in probe.note


SETUPS = """# Gender

## Method

We train linear probes on the residual stream of layer 8 of GPT-2 small to predict the gender of the subject,
on 1,400 prompts from 8 templates, with a control task.
We denoise by activation patching: the residual stream before layer 15 is patched with seeds 0, 1 and 2.
We ablate head 9.6 with mean and zero ablation, on 20 prompts per template, and measure the logit difference.
We train linear probes on MLP 3 without a control task, for 3 seeds.
We ran activation patching on head 2.1 both by denoising and by noising.
"""


def test_the_number_of_a_part_is_no_number_of_prompts(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("# Gender\n\n## Method\n\nWe patch layer 1 from prompts of the other gender.\n")
    init(str(paper))
    (patch,) = load_manifest(tmp_path / "manifest.json").experiments
    assert (patch.target.layer, patch.prompts) == ((1,), None)


def test_what_the_sentences_say_of_the_setup_is_filled_in_and_the_rest_left_empty(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(SETUPS, encoding="utf-8")
    init(str(paper))
    assert check_manifest(tmp_path / "manifest.json") == ()
    manifest = load_manifest(tmp_path / "manifest.json")
    told = {e.id: e for e in manifest.experiments}
    probe, bare = told["linear-probe-1"], told["linear-probe-2"]
    assert (probe.behaviour, probe.target.site) == ("gender of the subject", "resid_post")
    assert probe.controls.control_task is True
    prompts = manifest.prompt_set(probe.prompts)
    assert prompts is not None
    assert (prompts.n, prompts.templates) == (1400, 8)
    assert (bare.controls.control_task, bare.behaviour, bare.prompts, bare.seeds) == (None, "", None, ())
    patch, both = told["activation-patching-1"], told["activation-patching-2"]
    assert (patch.target.site, patch.direction, patch.seeds) == ("resid_pre", "denoising", (0, 1, 2))
    assert both.direction is None
    ablation = told["ablation-1"]
    assert (ablation.replacement, ablation.metrics) == (("mean", "zero"), ("logit_difference",))
    assert ablation.prompts is None


FORMULAS = r"""\documentclass{article}
\begin{document}
\section{Probing}
We train linear probes as in \cite{lee2020} on $\sum_i h_i$ of layer 8 of GPT-2 small
(Figure~\ref{fig:probes}).
We compare them with \(\sum_j h_j\), from layer 0 of GPT-2 small, in a linear probe of the same size.
Linear probes are trained with SGD.
We report the linear probes of GPT-2 small that did best.
The linear probe on layer 3 of GPT-2 small reads 91\% of it.
\end{document}
"""


def test_nothing_is_left_to_clean_up_by_hand(tmp_path: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text(FORMULAS, encoding="utf-8")
    assert '"metric": "accuracy"' in init(str(paper))
    written = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert not re.search("MATH|REF|CITE|null,?\\n *}", written.replace('"effect": null', ""))
    manifest = load_manifest(tmp_path / "manifest.json")
    assert (manifest.version, manifest.paper) == (1, "paper.tex")
    (probe,) = manifest.experiments
    assert r"as in lee2020 on \sum_i h_i of layer 8 of GPT-2 small (Figure fig:probes)" in probe.note
    assert r"compare them with \sum_j h_j, from" in probe.note
    # The parts are those of the sentences that are quoted.
    assert probe.target.layer == (0, 8)
    assert "layer 3" not in probe.note


SECTIONS = """# Number

## Probing

We train linear probes on layer 8 of GPT-2 small and of Pythia-410M.
The probes on Pythia 410M reach 91% at layer 8.

## Results

The probes on layer 8 of GPT-2 small reach 95% accuracy.
Our probes say little about use.

## Ablation

We ablate head 9.6 and, in a second experiment, MLP 10.

## Appendix

Ablating head 9.6 with its mean lowers accuracy by 12 points.
"""


def test_an_experiment_is_planned_once_however_many_sections_tell_of_it(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(SECTIONS, encoding="utf-8")
    init(str(paper))
    entries = load_manifest(tmp_path / "manifest.json").experiments
    assert [(e.id, e.model, e.target.layer, e.target.head) for e in entries] == [
        ("linear-probe-1", "gpt-2-small", (8,), ()),
        ("ablation-1", "gpt-2-small", (), ("9.6",)),
        ("linear-probe-2", "pythia-410m", (8,), ()),
        ("ablation-2", "gpt-2-small", (10,), ()),
    ]
    assert "We ablate head 9.6" in entries[1].note
    assert "lowers accuracy by 12 points" in entries[1].note
    assert not any("say little about use" in e.note for e in entries)


def test_planned_experiments_leave_a_paper_to_what_it_describes_and_are_told_once(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(SECTIONS + "\nLayer 8 of GPT-2 small stores the number.\n", encoding="utf-8")
    before = lint(str(paper), Config(), tmp_path)
    init(str(paper), "--without", "config", "--without", "ci")
    outcome = lint(str(paper), Config(), tmp_path)
    told = {finding.name: finding.message for finding in outcome.findings}
    assert "holds 4 planned experiments and none that was run" in told.pop("only-plans")
    assert told.keys() == {finding.name for finding in before.findings} - {"no-manifest"}
    assert [j.verdict for j in outcome.claims] == [j.verdict for j in before.claims]
    assert outcome.manifest == ""


def test_a_link_to_an_experiment_that_is_only_planned_is_told_while_all_of_them_are(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    linked = "Head 9.6 copies the number. <!-- claimlint: evidence[{}] -->\n"
    paper.write_text(f"{SECTIONS}\n{linked.format('ablation-1')}", encoding="utf-8")
    init(str(paper), "--without", "config", "--without", "ci")
    told = {finding.name: finding.message for finding in lint(str(paper), Config(), tmp_path).findings}
    assert "ablation-1, whose status is planned" in told["dangling-evidence"]
    paper.write_text(f"{SECTIONS}\n{linked.format('ablation-9')}", encoding="utf-8")
    told = {finding.name: finding.message for finding in lint(str(paper), Config(), tmp_path).findings}
    assert "ablation-9, which the manifest does not hold" in told["dangling-evidence"]


def test_once_an_experiment_is_done_the_manifest_counts_and_the_rest_still_waits(paper: Path) -> None:
    init(str(paper))
    place = paper.parent / "manifest.json"
    place.write_text(place.read_text(encoding="utf-8").replace("planned", "done", 1), encoding="utf-8")
    outcome = lint(str(paper), Config(), paper.parent)
    assert outcome.manifest == str(place)
    assert "only-plans" not in {finding.name for finding in outcome.findings}
    assert "1 experiment only planned" in summary(outcome)


def test_without_described_experiments_plans_are_no_evidence_either(paper: Path) -> None:
    init(str(paper))
    outcome = lint(str(paper), Config(described=False), paper.parent)
    assert {judged.verdict for judged in outcome.claims} == {"not evaluated"}
    assert "only-plans" in {finding.name for finding in outcome.findings}


def test_a_planned_experiment_need_not_say_how_it_was_run(paper: Path) -> None:
    init(str(paper))
    assert check_manifest(paper.parent / "manifest.json") == ()


def test_no_heading_is_taken_for_a_behaviour(paper: Path) -> None:
    init(str(paper))
    assert '"behaviour": ""' in (paper.parent / "manifest.json").read_text(encoding="utf-8")
    assert {e.behaviour for e in load_manifest(paper.parent / "manifest.json").experiments} == {""}


@pytest.mark.parametrize(
    "there", ["manifest.json", "manifest.toml", "experiments/manifest.json", "claimlint.toml", str(WORKFLOW)]
)
def test_what_is_there_is_left_as_it_is_and_the_rest_written(paper: Path, there: str) -> None:
    kept = "# kept"
    place = paper.parent / there
    place.parent.mkdir(exist_ok=True, parents=True)
    place.write_text(kept, encoding="utf-8")
    told = init(str(paper)).splitlines()
    assert place.read_text(encoding="utf-8") == kept
    assert [line.partition(": ")[2] for line in told if there in line] == ["there already, left as it is."]
    assert sum("left as it is" in line for line in told) == 1
    assert {"claimlint.toml", ".github"} <= {path.name for path in paper.parent.iterdir()}


def test_a_second_init_changes_nothing(paper: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in paper.parent.rglob("*") if path.is_file()}

    init(str(paper))
    before = files()
    assert init(str(paper)).count("left as it is") == len(PARTS)
    assert files() == before


@pytest.mark.parametrize(
    ("part", "name"), [("manifest", "manifest.json"), ("config", "claimlint.toml"), ("ci", ".github")]
)
def test_a_part_can_be_left_out(paper: Path, part: str, name: str) -> None:
    told = init(str(paper), "--without", part)
    assert not (paper.parent / name).exists()
    assert name not in told
    assert len(told.splitlines()) == len(PARTS) - 1


def test_a_manifest_elsewhere_is_named_in_the_config(paper: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    init(str(paper), "--output", str(tmp_path / "runs" / "mine.json"))
    config, folder = load_config(paper)
    assert config.manifest == "runs/mine.json"
    assert lint(str(paper), config, folder).plans == str(tmp_path / "runs" / "mine.json")


def test_another_file_is_not_overwritten_either(paper: Path, tmp_path: Path) -> None:
    place = tmp_path / "mine.json"
    place.write_text("kept", encoding="utf-8")
    assert "mine.json: there already" in init(str(paper), "--output", str(place))
    assert place.read_text(encoding="utf-8") == "kept"


def test_a_paper_without_experiments_gets_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "essay.md"
    path.write_text("# Essay\n\nWe thank everybody who read this text.\n", encoding="utf-8")
    assert "manifest.json: not written" in init(str(path))
    assert not (tmp_path / "manifest.json").exists()


def test_the_config_changes_nothing_and_every_line_of_it_can_be_used(paper: Path) -> None:
    init(str(paper))
    assert load_config(paper)[0] == Config()
    path = paper.parent / "claimlint.toml"
    used = re.sub(r"(?m)^# (?=\[|\w+(-\w+)* = )", "", path.read_text(encoding="utf-8"))
    path.write_text(used, encoding="utf-8")
    given = load_config(paper)[0].model_fields_set
    assert given == set(Config.model_fields) - {"profiles"}


def test_the_workflow_stands_at_the_top_of_the_checkout_and_names_the_paper(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "the paper" / "paper.md"
    path.parent.mkdir()
    path.write_text(PAPER, encoding="utf-8")
    init(str(path))
    workflow = yaml.safe_load((tmp_path / WORKFLOW).read_text(encoding="utf-8"))
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    *_, step = workflow["jobs"]["claimlint"]["steps"]
    assert step["with"] == {"paper": "the paper/paper.md"}
    assert step["with"].keys() <= action["inputs"].keys()
    assert workflow["permissions"]["security-events"] == "write"
