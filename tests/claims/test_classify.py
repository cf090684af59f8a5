"""The JSON-lines interface: one answer a line, in order, and bad lines do not stop the rest."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from claimlint.claims.classify import LONGEST_LINE, classify

SENTENCE = "Ablating head 9.6 lowers accuracy by 12 points."


def answers(*lines: str | bytes | dict[str, Any], **options: Any) -> tuple[bool, list[dict[str, Any]]]:
    raw = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    out = io.StringIO()
    failed = classify(io.BytesIO(b"\n".join(raw) + b"\n"), out, **options)
    return failed, [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_answer_has_the_fields_of_the_interface() -> None:
    failed, (answer,) = answers({"id": "a", "text": SENTENCE, "section": "Results", "gold": 1})
    assert not failed
    assert list(answer) == [
        "id",
        "stance",
        "level",
        "kind",
        "hedged",
        "negated",
        "scope",
        "confidence",
        "components",
        "cues",
    ]
    assert (answer["id"], answer["stance"], answer["level"], answer["kind"]) == ("a", "own", 2, "effect")
    assert answer["components"] == [
        {"text": "head 9.6", "kind": "head", "layer": 9, "index": 6, "start": 9, "end": 17}
    ]
    assert set(answer["cues"][0]) == {"rule", "text", "start", "end"}


def test_cues_are_cut_out_of_the_text_at_code_points() -> None:
    text = "Für 𝛼-Prompts: " + SENTENCE
    _, (answer,) = answers({"id": 1, "text": text})
    assert answer["cues"]
    for cue in answer["cues"] + answer["components"]:
        assert text[cue["start"] : cue["end"]] == cue["text"]


def test_lines_are_named_as_they_name_themselves() -> None:
    _, found = answers({"id": 7, "text": SENTENCE}, {"n": 3, "text": SENTENCE}, {"text": SENTENCE})
    assert [(a.get("id"), a.get("n")) for a in found] == [(7, None), (3, 3), (None, None)]


def test_bad_lines_are_answered_in_place_and_the_others_classified() -> None:
    failed, found = answers(
        {"id": 1, "text": SENTENCE},
        "no json",
        {"id": 3},
        {"id": 4, "text": 4},
        "[]",
        b'{"id": 6, "text": "\xff"}',
        {"id": 7, "text": "x" * LONGEST_LINE},
        {"id": 8, "text": SENTENCE, "section": 5},
        "[" * 100_000,
        {"id": 10, "text": "Half a \ud83d character."},
        {"id": 11, "text": SENTENCE},
    )
    assert failed
    assert [answer.get("line") for answer in found] == [None, 2, 3, 4, 5, 6, 7, 8, 9, 10, None]
    assert all(answer["error"] for answer in found[1:-1])
    assert found[0]["level"] == found[-1]["level"] == 2


def test_empty_text_is_no_claim() -> None:
    failed, (answer,) = answers({"id": 1, "text": ""})
    assert not failed
    assert answer["level"] == 0


def test_a_known_claim_has_a_level() -> None:
    text = "Whether the head copies names remains unclear."
    _, (asked,) = answers({"id": 1, "text": text})
    _, (known,) = answers({"id": 1, "text": text}, assume_claim=True)
    assert (asked["stance"], asked["level"]) == ("open", 0)
    assert known["stance"] == "own"
    assert known["level"] >= 1


def test_a_known_claim_on_performance_stays_off_the_ladder() -> None:
    _, (system, part) = answers(
        {"id": 1, "text": "Our model outperforms BERT by 3 points."},
        {"id": 2, "text": "Ablating head 9.6 outperforms the baseline by 3 points."},
        assume_claim=True,
    )
    assert (system["kind"], system["level"]) == ("performance", 0)
    assert part["level"] == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Training takes 3 hours on one GPU.", "performance"),
        ("The probes on layer 8 train in under a minute.", "performance"),
        ("The sweep over heads was run on a single A100.", "performance"),
        ("Removing head 9.6 costs 12 points of accuracy.", "effect"),
        ("Removing head 9.6 lowers accuracy by 12 points, and takes 3 minutes on a laptop.", "effect"),
    ],
)
def test_what_a_run_takes_of_time_and_hardware_is_no_claim_about_insides(text: str, kind: str) -> None:
    _, (told,) = answers({"id": 1, "text": text}, assume_claim=True)
    assert (told["kind"], told["level"] == 0) == (kind, kind == "performance")


def test_the_profile_moves_the_level_and_nothing_else() -> None:
    line = {"id": 1, "text": "We find that head 9.6 is necessary for the copy."}
    _, (default,) = answers(line)
    _, (strict,) = answers(line, profile="pearl")
    assert (default.pop("level"), strict.pop("level")) == (3, 2)
    assert default == strict


def test_equal_input_gives_equal_output() -> None:
    lines = [{"id": n, "text": SENTENCE, "previous": "We ablate."} for n in range(3)]
    assert answers(*lines) == answers(*lines)


def test_more_fields_may_be_added_to_an_answer() -> None:
    _, (answer,) = answers(
        {"id": 1, "text": SENTENCE}, more=lambda line, reading: {"evidence_level": reading.level}
    )
    assert answer["evidence_level"] == 2
