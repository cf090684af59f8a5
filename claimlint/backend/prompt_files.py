"""Prompt files: JSON lines in, aligned token ids out.

One line of a prompt file::

    {"id": "p1", "clean": "The key to the doors", "corrupted": "The keys to the doors",
     "answers": [" is", " are"], "labels": {"number": "sg"}, "positions": {"subject": 1}, "template": "pp"}

``clean`` (and ``corrupted``) may also be a list of token ids. ``answers`` are the clean prompt's right answer
and the wrong one it is compared with, one token each. A prompt for a masked language model holds the mask
token where the answer belongs, and that position gets the name ``mask``. All but ``id`` and ``clean`` may be
left out where an experiment does not need it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claimlint.backend.prompts import MASK, Prompt, PromptSet
from claimlint.errors import ClaimlintError

LINES_NAMED = 8
"""Lines that one message lists."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str
    clean: str | list[int]
    corrupted: str | list[int] | None = None
    answers: tuple[str | int, str | int] | None = Field(default=None, strict=False)
    labels: dict[str, str | int | float] = {}
    positions: dict[str, int] = {}
    template: str | None = None


def read_prompts(path: Path | str, tokenizer: Any = None) -> PromptSet:
    """Reads a prompt file and checks that clean and corrupted prompts align token by token.

    ``tokenizer`` may be left out where every line gives token ids.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimlintError(
            f"{path}: {error.strerror if isinstance(error, OSError) else error}",
            "The experiment runs on these prompts.",
            "Give a JSON Lines file in UTF-8, one prompt a line.",
        ) from error
    prompts: list[Prompt] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        prompt = _prompt(_parse(line, place), place, tokenizer)
        if prompt.id in seen:
            raise ClaimlintError(
                f"{place}: the id {prompt.id!r} is already used in line {seen[prompt.id]}",
                "Per-prompt outcomes are filed by this id.",
                "Give every prompt its own id.",
            )
        seen[prompt.id] = number
        prompts.append(prompt)
    if not prompts:
        raise ClaimlintError(
            f"{path}: no prompts", "There is nothing to run.", "Add one JSON object a line, or drop the file."
        )
    remark = _same_pairs(path, prompts, seen, tokenizer)
    return PromptSet(path.stem, tuple(prompts), hashlib.sha256(data).hexdigest(), path, remark)


def _parse(line: str, place: str) -> _Line:
    try:
        return _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        wrong = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
        raise ClaimlintError(
            f"{place}: {where + ': ' if where else ''}{wrong}",
            "Each line of a prompt file is one JSON object with at least id and clean.",
            "Known keys: " + ", ".join(_Line.model_fields) + ".",
        ) from error


def _prompt(line: _Line, place: str, tokenizer: Any) -> Prompt:
    clean = _ids(line.clean, place, tokenizer)
    corrupted = None if line.corrupted is None else _ids(line.corrupted, place, tokenizer)
    if not clean:
        raise ClaimlintError(
            f"{place}: clean has no tokens", "There is nothing to run.", "Give a prompt text."
        )
    if corrupted is not None and len(corrupted) != len(clean):
        raise ClaimlintError(
            f"{place}: clean has {len(clean)} tokens and corrupted has {len(corrupted)}\n"
            f"    clean:     {_pieces(clean, tokenizer)}\n"
            f"    corrupted: {_pieces(corrupted, tokenizer)}",
            "Patching replaces position by position, so the two must have the same number of tokens.",
            "Change a word so that both split alike, or drop this pair.",
        )
    return Prompt(
        id=line.id,
        clean=clean,
        corrupted=corrupted,
        answers=None if line.answers is None else _answers(line.answers, place, tokenizer),
        labels=line.labels,
        positions={**_masked(clean, corrupted, place, tokenizer), **line.positions},
        template=line.template,
    )


def _same_pairs(path: Path, prompts: Sequence[Prompt], lines: Mapping[str, int], tokenizer: Any) -> str:
    """Tells the lines of pairs between which there is nothing to swap; '' where there are none.

    Raises:
        ClaimlintError: no pair has a difference.
    """
    pairs = [prompt for prompt in prompts if prompt.corrupted is not None]
    same = [prompt for prompt in pairs if prompt.corrupted == prompt.clean]
    if not same:
        return ""
    named = ", ".join(str(lines[prompt.id]) for prompt in same[:LINES_NAMED])
    others = f" and {len(same) - LINES_NAMED} more" if len(same) > LINES_NAMED else ""
    told = (
        f"{path}: clean and corrupted have the same tokens in {len(same)} of {len(pairs)} pairs "
        f"(lines {named}{others})"
    )
    if len(same) < len(pairs):
        return f"{told}; they count as pairs on which every part does nothing"
    raise ClaimlintError(
        f"{told}\n    first: {_pieces(same[0].clean, tokenizer)}",
        "Between two equal runs there is nothing to swap, and every part would seem to do nothing.",
        "Change in corrupted what the experiment is about; where the texts do differ, the tokenizer does not "
        "know the word that tells them apart.",
    )


def _masked(
    clean: tuple[int, ...], corrupted: tuple[int, ...] | None, place: str, tokenizer: Any
) -> dict[str, int]:
    """The position of the one mask token, by name; nothing where there is none, or there are several."""
    mask = getattr(tokenizer, "mask_token_id", None)
    if mask is None or clean.count(mask) != 1:
        return {}
    at = clean.index(mask)
    if corrupted is not None and corrupted[at] != mask:
        raise ClaimlintError(
            f"{place}: clean has the mask token at position {at}, and corrupted has not\n"
            f"    clean:     {_pieces(clean, tokenizer)}\n"
            f"    corrupted: {_pieces(corrupted, tokenizer)}",
            "Both runs are compared in what they predict for it.",
            "Mask the same token in both.",
        )
    return {MASK: at}


def _ids(text: str | list[int], place: str, tokenizer: Any, *, special: bool = True) -> tuple[int, ...]:
    if isinstance(text, list):
        return tuple(text)
    if tokenizer is None:
        raise ClaimlintError(
            f"{place}: {text!r} is text, and the model has no tokenizer",
            "Only token ids can be run.",
            "Put the tokenizer's files beside the model, or give lists of token ids.",
        )
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])


def _answers(answers: tuple[str | int, str | int], place: str, tokenizer: Any) -> tuple[int, int]:
    ids = [
        answer if isinstance(answer, int) else answer_token(answer, place, tokenizer) for answer in answers
    ]
    if ids[0] == ids[1]:
        raise ClaimlintError(
            f"{place}: both answers are the token {_pieces((ids[0],), tokenizer)}",
            "Their logit difference is zero whatever the model does.",
            "Give the right answer first and a different wrong one second.",
        )
    return ids[0], ids[1]


def answer_token(answer: str, place: str, tokenizer: Any) -> int:
    """The token id of an answer, which has to be one token that the tokenizer knows."""
    pieces = _ids(answer, place, tokenizer, special=False)
    if len(pieces) != 1:
        raise ClaimlintError(
            f"{place}: the answer {answer!r} has {len(pieces)} tokens: {_pieces(pieces, tokenizer)}",
            "The metric reads the next token's logits, so an answer is one token.",
            "Mind the leading space (' is'), or choose answers of one token.",
        )
    unknown = getattr(tokenizer, "unk_token_id", None)
    # Where one token ends texts and stands for unknown ones, as in GPT-2, an answer may be that token itself.
    if pieces[0] == unknown and answer != tokenizer.unk_token:
        raise ClaimlintError(
            f"{place}: the tokenizer does not know the answer {answer!r}",
            f"All that it does not know is the token {tokenizer.unk_token}, and so would this answer be.",
            "Choose an answer from the model's vocabulary.",
        )
    return pieces[0]


def _pieces(ids: Sequence[int], tokenizer: Any) -> str:
    """The tokenisation as a person reads it: ``The| key| to``."""
    if tokenizer is None:
        return " ".join(str(i) for i in ids)
    return "|".join(tokenizer.decode([i]) for i in ids)
