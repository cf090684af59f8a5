"""Parts of a model are found with the numbers that they carry, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.engine import engine
from claimlint.claims.model import Component

numbers = st.integers(min_value=0, max_value=99)


def parts(text: str) -> list[tuple[str, int | None, int | None]]:
    return [(c.kind, c.layer, c.index) for c in components(text)]


def components(text: str) -> tuple[Component, ...]:
    return engine().signs(text).components


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Head L9H6 copies.", [("head", 9, 6)]),
        ("We ablate L10H7.", [("head", 10, 7)]),
        ("Head 9.6 copies.", [("head", 9, 6)]),
        ("Heads 9.6, 9.9 and 10.0 copy.", [("head", 9, 6), ("head", 9, 9), ("head", 10, 0)]),
        ("Layers 8-10 matter.", [("layer", 8, None), ("layer", 9, None), ("layer", 10, None)]),
        ("Layers 8 to 10 matter.", [("layer", 8, None), ("layer", 9, None), ("layer", 10, None)]),
        ("Layers 3, 5, and 7 matter.", [("layer", 3, None), ("layer", 5, None), ("layer", 7, None)]),
        ("It peaks at layer~8.", [("layer", 8, None)]),
        ("It peaks at $L_{12}$.", [("layer", 12, None)]),
        ("It peaks in block 5.", [("layer", 5, None)]),
        ("MLP 3 stores it.", [("mlp", 3, None)]),
        ("MLPs 13-15 store it.", [("mlp", 13, None), ("mlp", 14, None), ("mlp", 15, None)]),
        ("Feature 1234 fires.", [("feature", None, 1234)]),
        ("SAE latent 812 fires.", [("feature", None, 812)]),
        ("Feature L4_F1265 fires.", [("feature", 4, 1265)]),
        ("L19F60022 fires.", [("feature", 19, 60022)]),
        ("Neuron 3.421 fires.", [("neuron", 3, 421)]),
        ("Neuron 421 of layer 3 fires.", [("neuron", 3, 421), ("layer", 3, None)]),
        ("Head 6 in layer 9 copies.", [("head", 9, 6), ("layer", 9, None)]),
        ("The residual stream at layer 4 holds it.", [("residual", 4, None), ("layer", 4, None)]),
        ("Attention layer 5 moves it.", [("attention", 5, None)]),
    ],
)
def test_mentions_lists_and_ranges(text: str, expected: list[tuple[str, int | None, int | None]]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The mean L2 norm grows.",
        "Probes are fitted with an L1 penalty.",
        "We use $L_2$-regularised regression.",
        "A 12-layer decoder with 8 heads per layer.",
        "The layer norm is kept.",
        "Accuracy is 9.6 points higher.",
        "Table 3 lists 12 heads.",
        "It drops in layers by 40%.",
        "GPT-2 XL and Llama 3.1 8B.",
    ],
)
def test_sizes_counts_and_names_are_no_components(text: str) -> None:
    assert parts(text) == []


@given(first=numbers, gap=st.integers(min_value=1, max_value=20))
def test_a_range_names_each_of_its_layers(first: int, gap: int) -> None:
    assert parts(f"Layers {first}--{first + gap} matter.") == [
        ("layer", layer, None) for layer in range(first, first + gap + 1)
    ]


@given(before=st.text(alphabet="abc ü漢", max_size=8), layer=numbers, head=numbers)
def test_offsets_cut_the_mention_out_of_the_sentence(before: str, layer: int, head: int) -> None:
    text = f"{before} head {layer}.{head} copies the name."
    (component,) = components(text)
    assert text[component.start : component.end] == component.text == f"head {layer}.{head}"
