"""Which cells share a forward pass: all of them once, none from too late a position, within the bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claimlint.backend.passes import Pass, shared_passes, spare_tokens
from claimlint.backend.shared_forward import Cell


def cells(*firsts: int) -> list[Cell]:
    return [Cell(index, index % 3, first, ()) for index, first in enumerate(firsts)]


def plan(firsts: list[int], spare: int, tokens: int = 64) -> list[Pass]:
    return shared_passes(cells(*firsts), rows=2, length=8, tokens_per_forward=tokens, spare=spare)


def test_positions_stay_apart_where_running_them_in_vain_costs_more_than_a_pass() -> None:
    assert [(p.first, len(p.cells)) for p in plan([5, 6, 6], spare=3)] == [(5, 1), (6, 2)]
    assert [(p.first, len(p.cells)) for p in plan([5, 6, 6], spare=4)] == [(5, 3)]


def test_nothing_is_merged_that_spares_no_pass() -> None:
    """Two cells from position 0 fill a pass of 32 tokens: a third one needs its own, wherever it starts."""
    assert [(p.first, len(p.cells)) for p in plan([0, 0, 1], spare=1000, tokens=32)] == [(0, 2), (1, 1)]


def test_a_wide_model_has_few_tokens_to_spare_and_an_accelerator_more() -> None:
    assert spare_tokens("cpu", 64) > spare_tokens("cpu", 768) > 0
    assert spare_tokens("cuda", 768) > spare_tokens("cpu", 768)


@given(st.lists(st.integers(0, 7), max_size=40), st.integers(0, 200), st.integers(1, 100))
def test_every_cell_runs_once_from_its_first_position_or_before(
    firsts: list[int], spare: int, tokens: int
) -> None:
    found = plan(firsts, spare, tokens)
    assert sorted(cell.index for p in found for cell in p.cells) == list(range(len(firsts)))
    for p in found:
        assert all(p.first <= cell.first for cell in p.cells)
        assert [cell.entry for cell in p.cells] == sorted(cell.entry for cell in p.cells)
        assert len(p.cells) == 1 or len(p.cells) * 2 * (8 - p.first) <= tokens
    assert len(found) <= len(plan(firsts, 0, tokens))
