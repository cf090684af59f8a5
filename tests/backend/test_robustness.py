"""Agreement of component rankings over configurations, and the word it earns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr

from claimlint.backend.robustness import Configuration, RobustnessResult, robustness
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment

NAMES = [f"L0H{i}" for i in range(6)]
BASE = np.array([0.9, 0.4, 0.15, 0.02, 0.0, -0.3])


def config(prompt_set: str = "a", seed: int = 0, model: str = "m") -> Configuration:
    return Configuration(prompt_set, seed, model)


def prompts(mean: Any, n: int = 40, spread: float = 0.05, seed: int = 0) -> Any:
    """Per-prompt effects around ``mean``, whose average is exactly ``mean``."""
    noise = spread * np.random.default_rng(seed).standard_normal((n, len(mean)))
    return np.asarray(mean) + noise - noise.mean(axis=0)


def compare(*means: Any, **options: Any) -> RobustnessResult:
    effects = {config(f"set{i}"): prompts(mean, seed=i) for i, mean in enumerate(means)}
    return robustness(effects, NAMES, bootstrap=200, **options)


def test_correlations_equal_scipy() -> None:
    other = np.array([0.7, 0.5, 0.5, 0.1, -0.1, 0.05])
    pair = compare(BASE, other).pairs[0]
    assert pair.spearman == pytest.approx(spearmanr(BASE, other).statistic, abs=1e-9)
    assert pair.pearson == pytest.approx(pearsonr(BASE, other).statistic, abs=1e-4)


def test_jaccard_by_threshold() -> None:
    other = np.array([0.9, 0.1, 0.25, 0.0, 0.0, -0.3])
    pair = compare(BASE, other, thresholds=(0.1, 0.2, 0.35, 0.95)).pairs[0]
    # 0.1: {0, 1, 2, 5} in both; 0.2: {0, 1, 5} and {0, 2, 5}; 0.35: {0, 1} and {0}; 0.95: nothing in either.
    assert pair.jaccard == (1.0, 2 / 4, 1 / 2, None)
    assert pair.jaccard_mean == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_equal_effects_agree_strongly_and_the_interval_holds_the_value() -> None:
    result = compare(BASE, BASE)
    assert result.strength == "strong"
    interval = result.pairs[0].spearman_interval
    assert interval is not None
    assert interval.low <= 1.0 <= interval.high
    assert interval.unit == "prompt"


def test_a_component_with_the_opposite_sign_is_not_shared() -> None:
    pair = compare([0.5, 0, 0, 0, 0, 0.1], [-0.5, 0, 0, 0, 0, 0.1], thresholds=(0.3,)).pairs[0]
    assert pair.jaccard == (0.0,)


def test_negative_rank_correlation_is_weak_whatever_the_overlap() -> None:
    # All six pass every threshold in both, so the sets agree perfectly; the order is reversed.
    rising = np.linspace(0.6, 1.1, 6)
    pair = compare(rising, rising[::-1]).pairs[0]
    assert pair.jaccard_mean == 1
    assert pair.spearman == pytest.approx(-1)
    assert pair.strength == "weak"


def test_nothing_found_is_not_weak_agreement() -> None:
    result = compare(BASE / 100, BASE[::-1] / 100)
    assert result.pairs[0].jaccard_mean is None
    assert result.strength == "nothing found"
    assert result.manifest_fields()["robustness"].strength == "none"


def test_found_in_one_configuration_only_is_weak() -> None:
    assert compare(BASE, BASE / 100).strength == "weak"


def test_all_pairs_are_compared_and_the_weakest_decides() -> None:
    result = compare(BASE, BASE, BASE[::-1])
    assert [(p.first.prompt_set, p.second.prompt_set) for p in result.pairs] == [
        ("set0", "set1"),
        ("set0", "set2"),
        ("set1", "set2"),
    ]
    assert [p.strength for p in result.pairs] == ["strong", "weak", "weak"]
    assert result.strength == "weak"
    assert "weakest pair" in result.rule


def test_constant_effects_have_no_ranking() -> None:
    same = np.full(6, 0.5)
    effects = {config("a"): np.tile(same, (5, 1)), config("b"): prompts(BASE)}
    pair = robustness(effects, NAMES, bootstrap=50).pairs[0]
    assert pair.spearman is None
    assert pair.pearson is None
    assert pair.spearman_interval is None
    assert pair.strength == "undefined"


def test_rounding_errors_do_not_rank() -> None:
    rng = np.random.default_rng(0)
    tiny = 1e-8 * rng.standard_normal((2, 4))
    a, b = (np.concatenate([[0.9, 0.4], t])[None] for t in tiny)
    result = robustness({config("a"): a, config("b"): b}, NAMES, bootstrap=10)
    assert result.pairs[0].spearman == pytest.approx(1)


def test_seeds_on_one_prompt_set_are_resampled_together() -> None:
    # Both seeds saw the same effects: however the prompts are drawn, the two agree.
    values = prompts(BASE, spread=2.0)
    same = robustness({config(seed=0): values, config(seed=1): values}, NAMES, bootstrap=100)
    interval = same.pairs[0].pearson_interval
    assert interval is not None
    assert interval.low == pytest.approx(1)


def test_interval_covers_the_scatter_of_prompts() -> None:
    noisy = robustness({config("a"): prompts(BASE, 10, 1.0), config("b"): prompts(BASE, 10, 1.0, 1)}, NAMES)
    steady = robustness({config("a"): prompts(BASE), config("b"): prompts(BASE, seed=1)}, NAMES)
    wide, narrow = noisy.pairs[0].pearson_interval, steady.pairs[0].pearson_interval
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_names_of_important_components_and_manifest_entry() -> None:
    result = compare(BASE, BASE)
    assert result.important(config("set0"), 0.3) == ("L0H0", "L0H1", "L0H5")
    experiment = Experiment(id="agreement", **result.manifest_fields())
    assert experiment.robustness is not None
    assert experiment.robustness.prompt_sets == ("set0", "set1")
    assert experiment.robustness.strength == "strong"
    assert experiment.robustness.spearman == pytest.approx(1)
    assert set(result.arrays()) == {"set0/m/seed 0", "set1/m/seed 0"}


EFFECTS = arrays(np.float64, (4, 6), elements=st.sampled_from([0.0, 0.05, 0.3, -0.3, 0.5, 1e-9, 1e6]))


@given(EFFECTS, EFFECTS)
@settings(max_examples=40, deadline=None)
def test_agreement_is_symmetric_and_never_a_nan(a: Any, b: Any) -> None:
    def pair(x: Any, y: Any) -> Any:
        return robustness({config("x"): x, config("y"): y}, NAMES, bootstrap=5).pairs[0]

    one, two = pair(a, b), pair(b, a)
    assert one.jaccard == two.jaccard
    assert one.spearman == (None if two.spearman is None else pytest.approx(two.spearman))
    assert one.strength == two.strength
    for value in (*one.jaccard, one.jaccard_mean, one.spearman, one.pearson):
        assert value is None or -1 <= value <= 1


@pytest.mark.parametrize(
    ("effects", "options", "what"),
    [
        ({config(): prompts(BASE)}, {}, "1 configuration"),
        ({config(): prompts(BASE), config("b"): prompts(BASE[:5])}, {}, "5 components, not 6"),
        ({config(): prompts(BASE), config("b"): prompts(BASE * np.nan)}, {}, "NaN or infinite"),
        ({config(): prompts(BASE), config("b"): prompts(BASE)}, {"thresholds": (0.0,)}, "thresholds [0.0]"),
        ({config(): prompts(BASE), config("b"): prompts(BASE)}, {"bootstrap": 0}, "bootstrap = 0"),
    ],
)
def test_bad_input_is_told_apart(effects: Any, options: Any, what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        robustness(effects, NAMES, **options)
    assert what in error.value.what
