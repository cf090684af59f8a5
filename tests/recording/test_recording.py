"""``claimlint.record``: one's own script leaves an entry that the linter reads, whole, and only if it ran."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import claimlint
from claimlint.errors import ClaimlintError
from claimlint.evidence import check_manifest, licence, licenses_instance, load_manifest, read_instances
from claimlint.evidence.result_files import read_arrays

BEFORE = np.array([0.5, -1.0, 2.0, 1.0])
AFTER = np.array([1.5, 1.0, 2.0, 0.5])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "manifest.json"


def patching(id: str = "patch-l8", **more: Any) -> Any:
    fields: dict[str, Any] = {
        "method": "activation_patching",
        "direction": "denoising",
        "replacement": "donor",
        "target": {"layer": 8, "site": "resid_post"},
        "model": "gpt2",
        "prompts": ["a", "b", "c", "d"],
        "prompt_set": "names",
        "seeds": [3],
    }
    return claimlint.record(id, **fields | more)


def test_importing_the_package_loads_nothing_for_it() -> None:
    code = "import sys, claimlint; print([m for m in ('numpy', 'pydantic', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_recording_loads_no_torch() -> None:
    code = (
        "import sys, claimlint; claimlint.record; print([m for m in ('torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_outcomes_become_an_effect_with_shares_and_every_prompts_own_pair(place: Path) -> None:
    with patching() as run:
        run.outcomes(
            "logit_difference", before=BEFORE, after=AFTER, reference=BEFORE + 2, donors=list("bcda")
        )
    manifest = load_manifest(place)
    entry = manifest.experiment("patch-l8")
    assert entry is not None
    assert (entry.grade, entry.status, entry.seeds) == ("recorded", "done", (3,))
    assert entry.effect is not None
    assert (entry.effect.metric, entry.effect.unit, entry.effect.n) == ("logit_difference", "logits", 4)
    assert entry.effect.value == pytest.approx(0.625)
    assert entry.effect.share == pytest.approx(0.3125)
    assert entry.effect.ci is not None
    assert entry.effect.ci[0] <= 0.625 <= entry.effect.ci[1]
    assert entry.effect.ci_unit == "prompt"
    assert entry.unit is not None
    assert (entry.unit.helped, entry.unit.harmed, entry.unit.unchanged) == (0.5, 0.25, 0.25)
    assert entry.unit.ps == 1.0, "the one wrong answer was turned around"
    pairs = read_instances(entry, place.parent)
    assert [(p.prompt_id, p.donor, p.before, p.after) for p in pairs][1] == ("1", "c", -1.0, 1.0)
    assert licenses_instance(entry, "1", pairs)
    assert {"effect", "role", "sufficiency", "counterfactual"} <= licence(entry, manifest).kinds
    kept = read_arrays(place.parent, entry.arrays["outcomes"])
    assert np.array_equal(kept["logit_difference/after"], AFTER)
    assert check_manifest(place) == ()


@pytest.mark.parametrize(
    ("how", "bounds"),
    [
        ({"direction": "denoising"}, (0.3, 0.6)),
        ({"direction": "noising"}, (0.0, 0.3)),
        ({"method": "ablation", "direction": None}, (0.0, 0.3)),
        ({"direction": None}, None),
    ],
)
def test_two_rates_without_pairs_bound_how_many_prompts_were_turned_around(
    place: Path, how: dict[str, Any], bounds: tuple[float, float] | None
) -> None:
    with patching(**how) as run:
        run.rates("accuracy", before=0.4, after=0.7, n=4)
    manifest = load_manifest(place)
    (entry,) = manifest.experiments
    assert entry.effect is not None
    assert (entry.effect.value, entry.effect.unit, entry.effect.n) == (pytest.approx(30), "points", 4)
    assert [(e.metric, e.value) for e in entry.further_effects] == [
        ("accuracy before", 40),
        ("accuracy after", 70),
    ]
    assert (entry.unit and entry.unit.bounds) == (bounds and pytest.approx(bounds))
    assert "counterfactual" not in licence(entry, manifest).kinds


def test_what_is_no_rate_is_refused(place: Path) -> None:
    with pytest.raises(ClaimlintError, match="accuracy after: 70 is no rate"), patching() as run:
        run.rates("accuracy", before=0.4, after=70)


def test_right_and_wrong_answers_are_counted_in_percent_and_points(place: Path) -> None:
    right = np.array([True, True, True, False])
    with patching(method="ablation", direction=None) as run:
        run.outcomes("accuracy", before=right, after=[True, False, False, False])
        run.score("control accuracy", right)
    entry = load_manifest(place).experiments[0]
    assert entry.effect is not None
    assert (entry.effect.value, entry.effect.unit) == (-50, "points")
    assert [(e.metric, e.value, e.unit) for e in entry.further_effects] == [
        ("control accuracy", 75, "percent"),
        ("accuracy before", 75, "percent"),
        ("accuracy after", 25, "percent"),
    ]
    assert entry.unit is not None
    assert entry.unit.pn == pytest.approx(2 / 3)


def test_a_metric_that_is_better_when_lower_helps_by_falling(place: Path) -> None:
    with patching() as run:
        run.outcomes("kl_divergence", before=BEFORE + 1, after=AFTER + 1, better="lower")
    unit = load_manifest(place).experiments[0].unit
    assert unit is not None
    assert (unit.helped, unit.harmed) == (0.25, 0.5)


def test_intervals_are_drawn_over_templates_where_prompts_have_them(place: Path) -> None:
    with patching(groups=["x", "x", "y", "y"]) as run:
        run.outcomes("logit_difference", before=BEFORE, after=AFTER)
    effect = load_manifest(place).experiments[0].effect
    assert effect is not None
    assert effect.ci_unit == "template"


def test_groups_of_prompts_that_are_not_given_are_counted_too(place: Path) -> None:
    lost = patching(prompts=None, prompt_set="", groups=["x", "y"])
    with pytest.raises(ClaimlintError, match="groups: 2 entries for 4 prompts"), lost as run:
        run.outcomes("logit_difference", before=BEFORE, after=AFTER)


def test_prompts_are_kept_with_their_digest(place: Path) -> None:
    with patching(prompt_set={"id": "names", "templates": 2}) as run:
        run.score("accuracy", 0.5)
    (prompts,) = load_manifest(place).prompt_sets
    assert (prompts.id, prompts.n, prompts.templates) == ("names", 4, 2)
    lines = (place.parent / prompts.path).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"id": "0", "text": "a"}
    assert check_manifest(place) == ()


def test_a_prompt_file_is_named_and_not_copied(place: Path) -> None:
    (place.parent / "mine.jsonl").write_text('{"id": "p", "text": "a"}\n{"id": "q", "text": "b"}\n')
    with patching(prompts="mine.jsonl") as run:
        run.outcomes("logit_difference", before=[0.0, 1.0], after=[1.0, 1.0])
    manifest = load_manifest(place)
    assert manifest.prompt_sets[0].path == "mine.jsonl"
    assert [p.prompt_id for p in read_instances(manifest.experiments[0], place.parent)] == ["p", "q"]


def test_a_prompt_set_of_the_manifest_may_be_named(place: Path) -> None:
    with patching("one") as run:
        run.score("accuracy", 0.5)
    with pytest.raises(ClaimlintError, match="3 entries for 4 prompts"), patching("two", prompts=None) as run:
        run.outcomes("logit_difference", before=BEFORE[:3], after=AFTER[:3])
    with patching("two", prompts=None) as run:
        run.outcomes("logit_difference", before=BEFORE, after=AFTER)
    assert [e.prompts for e in load_manifest(place).experiments] == ["names", "names"]


def test_a_decorated_function_gets_the_recording_and_gives_its_own_result(place: Path) -> None:
    @patching("probe", method="linear_probe", direction=None)
    def fit(run: Any, scale: float) -> float:
        """Fit it."""
        run.score("accuracy", scale * 100, unit="percent")
        run.set(controls={"control_task": np.float32(0.5)})
        return scale

    assert fit(0.95) == 0.95
    assert fit.__doc__ == "Fit it."
    entry = load_manifest(place).experiments[0]
    assert entry.effect is not None
    assert (entry.effect.value, entry.effect.unit, entry.controls.control_task) == (95, "percent", 0.5)
    fit(0.9)
    (entry,) = load_manifest(place).experiments
    assert entry.effect is not None
    assert entry.effect.value == 90


def test_a_recording_holds_one_run(place: Path) -> None:
    once = patching()
    with once as run:
        run.score("accuracy", 0.5)
    with pytest.raises(ClaimlintError, match="has been used already"), once:
        pytest.fail("nothing may be computed before that is told")


def test_an_exception_is_recorded_as_a_failure_and_goes_on(place: Path) -> None:
    def broken() -> None:
        with patching() as run:
            run.score("accuracy", 0.5)
            raise ValueError("out of memory")

    with pytest.raises(ValueError, match="out of memory"):
        broken()
    entry = load_manifest(place).experiments[0]
    assert (entry.status, entry.note) == ("failed", "ValueError: out of memory")
    assert licence(entry, load_manifest(place)).kinds == frozenset()


def test_a_failure_does_not_replace_what_was_finished(place: Path) -> None:
    with patching() as run:
        run.score("accuracy", 0.5)
    before = place.read_bytes()
    with pytest.raises(KeyboardInterrupt), patching():
        raise KeyboardInterrupt
    assert place.read_bytes() == before


def test_a_recording_takes_the_place_of_a_plan(place: Path) -> None:
    place.write_text('{"experiments": [{"id": "patch-l8", "method": "ablation", "status": "planned"}]}')
    with patching() as run:
        run.score("accuracy", 0.5)
    (entry,) = load_manifest(place).experiments
    assert (entry.grade, entry.status, entry.method) == ("recorded", "done", "activation_patching")


def test_an_executed_or_hand_written_entry_is_never_replaced(place: Path) -> None:
    place.write_text('{"experiments": [{"id": "patch-l8", "method": "ablation"}]}')
    with pytest.raises(ClaimlintError, match="is declared, and not recorded"), patching():
        pytest.fail("nothing may be computed before that is told")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"method": "activation_paching"}, "Did you mean 'activation_patching'"),
        ({"behavior": "gender"}, "Did you mean 'behaviour'"),
        ({"target": {"layer": -1}}, "target.layer"),
        ({"effect": {"metric": "accuracy", "value": 1}}, "cannot be given"),
        ({"verified_by": "nothing"}, "no experiment has the id 'nothing'"),
        ({"prompts": "gone.jsonl"}, "gone.jsonl: the prompts cannot be read"),
        ({"groups": ["x"]}, "1 entries for 4 prompts"),
        ({"prompts": [{"id": "a"}, {"id": "a"}]}, "the id 'a' is given to more than one prompt"),
        ({"model": "", "weights": {"w": BEFORE}}, "do not say what the model is called"),
        ({"weights": 3}, "has no state_dict"),
        ({"manifest": "none/manifest.json"}, "none/manifest.json: the manifest cannot be written"),
        ({"manifest": "manifest.toml"}, "only .json manifests are rewritten"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_computed(
    place: Path, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ClaimlintError, match=None) as error, patching(**more):
        pytest.fail("nothing may be computed before that is told")
    assert told in str(error.value)
    assert not place.exists()


@pytest.mark.parametrize(
    ("metric", "values", "told"),
    [
        ("accuracy", "many", "no array of numbers"),
        ("accuracy", [0.5, float("nan"), 1, 1], "1 of 4 values are NaN"),
        ("accuracy", [[0.5]], "has to be \\(prompts\\)"),
        ("accuracy", [0.5], "1 entries for 4 prompts"),
        ("cleverness", 3, "no unit"),
    ],
)
def test_what_is_no_result_is_refused(place: Path, metric: str, values: Any, told: str) -> None:
    with pytest.raises(ClaimlintError, match=told), patching() as run:
        run.score(metric, values)


def test_a_block_that_measures_nothing_is_no_experiment(place: Path) -> None:
    with pytest.raises(ClaimlintError, match="nothing was measured"), patching():
        pass
    assert not place.exists()


def test_a_model_of_the_same_name_with_other_weights_is_refused(place: Path) -> None:
    with patching("one", weights={"w": BEFORE}) as run:
        run.score("accuracy", 0.5)
    with patching("two", weights={"w": BEFORE}) as run:
        run.score("accuracy", 0.5)
    before = place.read_bytes()
    with pytest.raises(ClaimlintError, match="another digest"), patching("three", weights={"w": AFTER}):
        pytest.fail("nothing may be computed before that is told")
    assert place.read_bytes() == before


def test_other_prompts_under_the_same_id_are_refused(place: Path) -> None:
    with patching("one") as run:
        run.score("accuracy", 0.5)
    with pytest.raises(ClaimlintError, match="holds other prompts"), patching("two", prompts=["z"]):
        pytest.fail("nothing may be computed before that is told")


SCRIPT = """
import sys
import claimlint
name, count = sys.argv[1:]
for number in range(int(count)):
    with claimlint.record(f"{name}-{number}", method="ablation", prompts=["a", "b"], seeds=[0]) as run:
        run.outcomes("logit_difference", before=[1.0, 2.0], after=[0.0, float(number)])
"""


def test_two_scripts_at_once_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    scripts = [
        subprocess.Popen([sys.executable, "script.py", name, "12"], cwd=tmp_path) for name in ("one", "two")
    ]
    assert [script.wait() for script in scripts] == [0, 0]
    manifest = load_manifest(tmp_path / "manifest.json")
    assert {e.id for e in manifest.experiments} == {f"{n}-{i}" for n in ("one", "two") for i in range(12)}
    assert check_manifest(tmp_path / "manifest.json") == ()


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_state_of_the_code_is_kept(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    git(tmp_path, "init", "-q")

    def recorded() -> Any:
        subprocess.run([sys.executable, "script.py", "one", "1"], cwd=tmp_path, check=True)
        return load_manifest(tmp_path / "manifest.json").experiments[0]

    assert "commit" not in recorded().versions
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")
    entry = recorded()
    assert entry.versions["commit"] == git(tmp_path, "rev-parse", "HEAD")
    assert entry.settings["script"] == "script.py"
    assert entry.settings["uncommitted_changes"] is False, "the manifest's own change is none"
    (tmp_path / "script.py").write_text(SCRIPT + "\n# more\n")
    later = recorded()
    assert later.settings["uncommitted_changes"] is True
    assert later.digests["script"] != entry.digests["script"]
