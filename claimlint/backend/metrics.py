"""What is measured on a run: one number per prompt, from the logits at the last position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from claimlint.errors import ClaimlintError, near_name

Score = Callable[[Tensor, Tensor, Tensor], Tensor]
"""``(logits [rows, columns], answers [rows, 2], reference logits [rows, columns]) -> [rows]``; ``answers``
are column indices of the right and the wrong answer."""


@dataclass(frozen=True)
class Metric:
    """One number per prompt.

    Args:
        says: in words, as it stands beside the number.
        columns: whether the answers' logits are enough or the whole vocabulary is needed; the first spares
            the unembedding of all other tokens.
        better: which way helps a prompt.
        unit: of an effect on it as a manifest writes it; ``points`` are hundred to the whole.
    """

    name: str
    says: str
    columns: Literal["answers", "vocabulary"]
    score: Score
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""

    @property
    def scale(self) -> float:
        return 100.0 if self.unit == "points" else 1.0


def _column(logits: Tensor, answers: Tensor, which: int) -> Tensor:
    return logits.gather(1, answers[:, which : which + 1])[:, 0]


def _logit_difference(logits: Tensor, answers: Tensor, _reference: Tensor) -> Tensor:
    return _column(logits, answers, 0) - _column(logits, answers, 1)


def _probability(logits: Tensor, answers: Tensor, _reference: Tensor) -> Tensor:
    return _column(logits.softmax(-1), answers, 0)


def _kl_divergence(logits: Tensor, _answers: Tensor, reference: Tensor) -> Tensor:
    expected = reference.log_softmax(-1)
    return (expected.exp() * (expected - logits.log_softmax(-1))).sum(-1)


def _accuracy(logits: Tensor, answers: Tensor, _reference: Tensor) -> Tensor:
    return (logits.argmax(-1) == answers[:, 0]).to(logits.dtype)


def _choice_accuracy(logits: Tensor, answers: Tensor, reference: Tensor) -> Tensor:
    return (_logit_difference(logits, answers, reference) > 0).to(logits.dtype)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "logit_difference",
            "logits (right minus wrong answer)",
            "answers",
            _logit_difference,
            unit="logits",
        ),
        Metric(
            "probability",
            "probability of the right answer",
            "vocabulary",
            _probability,
            unit="fraction",
        ),
        Metric(
            "kl_divergence",
            "nats (unpatched reference run to this run)",
            "vocabulary",
            _kl_divergence,
            better="lower",
            unit="nats",
        ),
        Metric(
            "accuracy",
            "share of prompts whose top token is the right answer",
            "vocabulary",
            _accuracy,
            unit="points",
        ),
        Metric(
            "choice_accuracy",
            "share of prompts with right above wrong",
            "answers",
            _choice_accuracy,
            unit="points",
        ),
    )
}

DEFAULT_METRICS = (METRICS["logit_difference"],)


def metric_named(name: str) -> Metric:
    """The metric of this name."""
    if name not in METRICS:
        raise ClaimlintError(
            f"unknown metric {name!r}.{near_name(name, list(METRICS))}",
            "Every outcome is a number of one of the metrics.",
            "Use one of: " + ", ".join(METRICS) + "; or give a Metric of your own from Python.",
        )
    return METRICS[name]


@dataclass(frozen=True, eq=False)
class Scorer:
    """The metrics bound to a batch's answers.

    Args:
        answers: token ids ``[batch, 2]``.
    """

    metrics: tuple[Metric, ...]
    answers: Tensor

    @property
    def columns(self) -> Tensor | None:
        """Token ids whose logits are needed, ``[batch, 2]``; ``None`` for the vocabulary."""
        whole = any(metric.columns == "vocabulary" for metric in self.metrics)
        return None if whole else self.answers

    def score(self, logits: Tensor, reference: Tensor, *, narrowed: bool) -> dict[str, Tensor]:
        """Each metric over rows that repeat the batch.

        Args:
            logits: ``[repeats * batch, tokens]``.
            reference: ``[batch, tokens]``.
            narrowed: the tokens are ``columns`` and not the vocabulary.
        """
        repeats = len(logits) // len(self.answers)
        indices = torch.tensor([[0, 1]], device=logits.device).expand_as(self.answers)
        answers = (indices if narrowed else self.answers).repeat(repeats, 1)
        # Half-precision logits are compared in float32: their own steps are larger than many effects.
        wide = torch.promote_types(logits.dtype, torch.float32)
        expected = reference.to(wide).repeat(repeats, 1)
        return {m.name: m.score(logits.to(wide), answers, expected) for m in self.metrics}


def require_finite(values: Tensor, metric: str, prompt_ids: Sequence[str]) -> None:
    """Raises when a metric is not a number somewhere.

    Args:
        values: ``[..., prompts]``.
    """
    bad = ~torch.isfinite(values).reshape(-1, len(prompt_ids)).all(0)
    if bool(bad.any()):
        names = [name for name, is_bad in zip(prompt_ids, bad.tolist(), strict=True) if is_bad]
        raise ClaimlintError(
            f"{metric}: not a finite number for {len(names)} prompts (first: {names[0]!r})",
            "A mean over such values would be no result.",
            "Check the model's weights and its precision (half precision overflows), and the prompt.",
        )
