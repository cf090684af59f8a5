"""The report page as text: all words from outside are escaped, and its own policy allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as parser

from claimlint.checks.model import Outcome
from claimlint.evidence import Manifest
from claimlint.report import render
from claimlint.report.html.plots import plots
from claimlint.svg import number
from tests.checks.papers import lint, manifest_of
from tests.checks.test_described import PROBES, reviewed
from tests.report.fixed import outcome
from tests.report.outcomes import PROBE, paper

HOSTILE = (
    """<script>alert(1)</script></style></textarea>--><img src=x onerror=alert(2)>"'`]]> {{ 7 * 7 }} \\x3c"""
)


def page(found: Outcome) -> parser.HtmlElement:
    return parser.document_fromstring(render(found, "html"))


def hostile() -> Outcome:
    """Hostile words in every place that a manuscript or a manifest can fill."""
    text = f"Layer 8 is responsible for storing gender {HOSTILE}.\n\nLayer 8 drives {HOSTILE}.\n"
    probe = {
        **PROBE,
        "id": "x-<b>&\"'",
        "behaviour": HOSTILE,
        "note": HOSTILE,
        "shown_in": [HOSTILE],
        "metrics": [HOSTILE],
        "target": {"layer": [8], "name": HOSTILE},
        "effect": {"metric": HOSTILE, "value": 95, "unit": HOSTILE, "n": 10},
    }
    patch = {**probe, "id": "y</svg>", "method": "ablation"}
    found = lint(text, manifest_of([probe, patch]), path=f"{HOSTILE.replace('/', '')}.txt")
    return replace(found, manifest=HOSTILE, checklist=((HOSTILE, HOSTILE),))


def test_what_the_manuscript_says_is_text() -> None:
    tree = page(hostile())
    assert len(tree.xpath("//script")) == 1
    assert len(tree.xpath("//style")) == 1
    assert not tree.xpath("//img | //textarea | //@onerror | //@style | //b[text()='&']")
    assert HOSTILE.partition("`")[0] in tree.text_content()
    assert "{{ 7 * 7 }}" in tree.text_content()


def test_the_policy_names_the_page_s_own_script_and_style_and_nothing_else() -> None:
    tree = page(outcome())
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for kind, name in (("script", "script-src"), ("style", "style-src")):
        (element,) = tree.xpath(f"//{kind}")
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_the_page_asks_for_nothing_from_outside() -> None:
    tree = page(outcome())
    places = [*tree.xpath("//@src"), *tree.xpath("//@href")]
    assert all(place.startswith("#") or place == "data:," for place in places)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp", render(outcome(), "html"))


def test_claims_are_marked_by_level_with_their_cues_and_findings() -> None:
    tree = page(outcome())
    marked = tree.xpath("//article[@id='paper']//a[contains(@class, 'claim')]")
    assert [(a.get("data-level"), a.get("data-verdict"), a.get("data-rules")) for a in marked] == [
        ("1", "supported", "CL301"),
        ("3", "gap", "CL102"),
        ("2", "contradicted", "CL003"),
    ]
    assert [a.findtext("mark") for a in marked] == ["decodable from", "responsible for storing", "lowers"]
    detail = tree.get_element_by_id("d-c2").text_content()
    for words in (
        "mechanism",
        "gap",
        "an interchange intervention",
        "Gender is linearly decodable",
        "probe-8",
    ):
        assert words in detail


def test_the_manuscript_reads_as_it_stands() -> None:
    text = " ".join(page(outcome()).get_element_by_id("paper").text_content().split())
    assert "layer 8 is responsible for storing gender information <script>alert(1)</script> ]]>." in text
    assert "see who2020 and x1 < 2." in text
    assert page(outcome()).findtext(".//h1").strip() == "A <b>small</b> paper"


RUN_IN = """\\section{Results}
\\paragraph{Layer 8 stores gender.}
\\paragraph{Layer 9 drives the refusal.} Ablating layer 9 lowers refusal by 12 points.
\\subsubsection{Deep}
\\paragraph{Items.}
\\begin{itemize}\\item Layer 3 drives number.\\end{itemize}
\\paragraph{Last.}
"""


def test_run_in_headings_keep_their_place_and_their_claims() -> None:
    article = page(lint(RUN_IN)).get_element_by_id("paper")
    leads = [" ".join(lead.text_content().split()) for lead in article.xpath(".//strong[@class='lead']")]
    assert [lead.partition(" (")[0] for lead in leads] == [
        "Layer 8 stores gender.",
        "Layer 9 drives the refusal.",
        "Items.",
        "Last.",
    ]
    assert [h.tag for h in article.xpath(".//h2 | .//h3 | .//h4")] == ["h2", "h3"]


@pytest.mark.parametrize("found", [outcome, paper, hostile, lambda: lint(RUN_IN)])
def test_every_link_leads_somewhere(found: Callable[[], Outcome]) -> None:
    tree = page(found())
    ids = set(tree.xpath("//@id"))
    assert {href[1:] for href in tree.xpath("//a/@href")} <= ids
    assert set(tree.xpath("//tr/@data-claim")) == set(tree.xpath("//a[contains(@class, 'claim ')]/@id"))


def test_what_the_paper_describes_stands_in_for_a_manifest(tmp_path: Path) -> None:
    found = reviewed(PROBES.format(claim="Layer 8 stores the number of the subject."), tmp_path)
    pane = page(found).get_element_by_id("pane-experiments").text_content()
    assert "These are the ones that the paper itself describes" in pane
    assert "described" in pane
    assert "We train linear probes on the residual stream of GPT-2 small" in pane
    assert "not yet" not in pane


def test_lists_tables_and_headings_are_what_they_are() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    text = f"# Title\n\n## One\n\n### Two\n\nWords here.\n\n- first item\n- second item\n\n{table}\n"
    article = page(lint(text, path="p.md")).get_element_by_id("paper")
    assert [item.text_content().strip() for item in article.xpath(".//li")] == ["first item", "second item"]
    assert article.findtext(".//pre") == table
    assert [h.tag for h in article.xpath(".//h2 | .//h3")] == ["h2", "h3"]
    latex = "\\section{One}Words.\n\\begin{tabular}{ll}a & b \\\\ 1 & 2\\end{tabular}\n"
    cells = page(lint(latex)).get_element_by_id("paper").xpath(".//td")
    assert [cell.text_content() for cell in cells] == ["a", "b", "1", "2"]


def test_a_claim_leads_to_its_experiment_and_the_table_lists_them_all() -> None:
    tree = page(outcome())
    (link,) = tree.xpath("//article[@id='d-c2']//a[@class='experiment']")
    card = tree.get_element_by_id(link.get("href")[1:])
    assert "accuracy 95% [93, 97], n = 1,000" in card.text_content()
    rows = tree.xpath("//table[@class='against']/tbody/tr")
    assert [row.get("data-claim") for row in rows] == ["c1", "c2", "c3"]


def test_a_probe_below_its_control_says_on_the_page_why_it_licenses_nothing() -> None:
    below = manifest_of([{**PROBE, "controls": {"random_init": 0.97}}])
    tree = page(lint("Gender is linearly decodable from layer 8.", below))
    why = "nothing (association needs a score above that of an untrained model (0.97))"
    for place in ("d-c1", "x1"):
        assert tree.get_element_by_id(place).text_content().count(why) == 1


def test_without_a_manifest_the_page_says_so() -> None:
    text = page(lint("# Results\n\nLayer 8 stores gender.\n", path="p.md")).text_content()
    assert "No experiment is on record" in text
    assert "held against no experiment" in text


def test_findings_that_were_set_aside_are_listed_apart() -> None:
    one = replace(outcome().findings[0], text="A known sentence.")
    tree = page(replace(outcome(), baselined=(one,)))
    aside = {section.findtext("h2"): section.text_content() for section in tree.xpath("//main/section")}
    assert "prompt-scope" in aside["Answered by the authors"]
    assert "A known sentence." in aside["Known from the baseline"]
    assert "Known from the baseline" not in page(outcome()).text_content()


def test_the_same_words_twice_are_no_trouble_and_equal_input_gives_equal_bytes() -> None:
    assert render(paper(), "html") == render(paper(), "html")
    ids = page(paper()).xpath("//@id")
    assert len(ids) == len(set(ids))


def sweep(method: str = "activation_patching", layers: int = 4, heads: int = 5) -> Manifest:
    return manifest_of(
        [
            {
                "id": f"p/L{layer}H{head}",
                "method": method,
                "direction": "denoising",
                "model": "m",
                "target": {"head": [f"{layer}.{head}"]},
                "effect": {
                    "metric": "logit_difference",
                    "value": layer - head,
                    "unit": "logits",
                    "ci": [-5, 5],
                },
            }
            for layer in range(layers)
            for head in range(heads)
        ]
    )


def test_a_sweep_over_heads_is_a_heat_map_and_its_strongest_are_listed_with_intervals() -> None:
    grid, strongest = plots(sweep())
    assert grid.title == "Effect on logit difference, by layer and head"
    assert grid.svg.count("<title>") == 20
    assert "3, 1: 2" in grid.svg
    assert strongest.svg.count('class="point"') == 16
    assert strongest.svg.count('class="interval"') == 16
    assert "the 16 strongest of 20" in strongest.caption


def test_sweeps_of_one_kind_over_two_prompt_sets_are_two_heat_maps() -> None:
    entries = [
        {**e.model_dump(mode="json", exclude_unset=True), "id": f"{name}/{e.id}", "prompts": name}
        for name in ("names", "verbs")
        for e in sweep().experiments
    ]
    grids = [plot.svg for plot in plots(manifest_of(entries)) if "by layer and head" in plot.title]
    assert [">names/p<" in grids[0], ">verbs/p<" in grids[1], len(grids)] == [True, True, 2]


def test_steering_is_drawn_by_strength() -> None:
    effects = [
        {"metric": f"accuracy (dose {dose})", "value": 10 * dose, "unit": "points"} for dose in (2, -1)
    ]
    entry = {"id": "s", "method": "steering", "target": {"layer": [9]}, "effect": effects[0]}
    (plot,) = plots(manifest_of([{**entry, "further_effects": effects[1:]}]))
    assert plot.title == "Steering layer 9: accuracy by strength"
    assert plot.svg.index("strength \u22121") < plot.svg.index("strength 2")


def test_the_cells_of_a_sweep_are_listed_together() -> None:
    found = replace(paper(), evidence=sweep())
    tree = page(found)
    (group,) = tree.xpath("//details[@class='sweep']")
    assert "p 20 experiments" in " ".join(group.find("summary").text_content().split())
    assert len(group.xpath("details")) == 20
    assert not page(paper()).xpath("//details[@class='sweep']")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.631145, "0.631"), (-22.0, "\u221222"), (33.9, "33.9"), (1234.5, "1234"), (0.0, "0"), (95.0, "95")],
)
def test_numbers_are_said_to_three_figures(value: float, said: str) -> None:
    assert number(value) == said


def test_effects_of_unlike_units_or_models_are_not_drawn_on_one_axis() -> None:
    points = {"metric": "accuracy", "value": 30, "unit": "points"}
    share = {"metric": "accuracy", "value": 0.3, "unit": "fraction"}
    entries = [
        {"id": "a", "method": "ablation", "model": "m", "effect": points},
        {"id": "b", "method": "ablation", "model": "m", "effect": share},
        {"id": "c", "method": "ablation", "model": "n", "effect": points},
        {"id": "d", "method": "ablation", "model": "m", "effect": points, "status": "planned"},
    ]
    assert [plot.svg.count('class="point"') for plot in plots(manifest_of(entries))] == [1, 1, 1]


def test_probes_stand_beside_their_controls_on_one_scale() -> None:
    fraction = {**PROBE, "id": "f", "effect": {"metric": "accuracy", "value": 0.95, "unit": "fraction"}}
    bare = {**PROBE, "id": "g", "controls": {}}
    (plot,) = plots(manifest_of([PROBE, fraction, bare]))
    assert plot.title == "Probe accuracy against controls"
    assert plot.svg.count('class="mark"') == 3
    assert plot.svg.count(">95%<") == 3
    assert "control task 55%" in plot.svg
    assert ">no control<" in plot.svg


def test_agreement_between_prompt_sets_is_drawn() -> None:
    found = {"prompt_sets": ["p", "q"], "spearman": 0.5, "jaccard": -0.0, "strength": "moderate"}
    (plot,) = plots(manifest_of([{"id": "r", "method": "robustness", "robustness": found}]))
    assert plot.title.startswith("Agreement between prompt sets")
    assert plot.svg.count('class="point"') == 2


@pytest.mark.parametrize("value", [0.0, 1e-9, -3e12])
def test_a_plot_stands_for_any_number(value: float) -> None:
    entry = {"id": "a", "method": "ablation", "effect": {"metric": "x", "value": value}}
    (plot,) = plots(manifest_of([entry]))
    assert "nan" not in plot.svg
    assert plot.svg.count('class="point"') == 1


def test_pictures_of_a_run_are_on_the_page_and_not_drawn_twice(tmp_path: Path) -> None:
    """As images, in which a browser runs nothing; those of other experiments stay where they are."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("x-seed0", "stray"):
        (folder / f"{name}.svg").write_text(
            f'<svg aria-label="{name} &lt; 1"><script>alert(1)</script></svg>'
        )
    found = replace(hostile(), manifest=str(tmp_path / "manifest.json"))
    entries = [{**PROBE, "id": f"x/seed0/L0H{head}.z"} for head in range(2)]
    (image,) = page(replace(found, evidence=manifest_of(entries))).xpath("//figure/img")
    assert image.get("alt") == "x-seed0 < 1"
    kind, data = image.get("src").split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == (folder / "x-seed0.svg").read_bytes()
    assert len(plots(sweep())) == len(plots(sweep(), {"p"})) + 1
