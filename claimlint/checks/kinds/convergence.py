"""A layer is said to do what earlier layers may have done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Experiment
from claimlint.linking.targets import named_parts

_STREAM = ("embedding", "resid_pre", "resid_mid", "resid_post")
_WRITES = ("attn_out", "mlp_out", "mlp_hidden", "z", "attention_pattern")


class Convergence(RuleKind):
    """A layer's own work claimed from edits of the residual stream, which carries what earlier layers wrote.

    Args:
        claim_kinds: the kinds of claim that name a layer's work.
        words: of the claims of other kinds, those that have one of these words.
        unless: words that speak of the stream itself.
    """

    kind: Literal["convergence"]
    claim_kinds: tuple[str, ...]
    words: Words
    unless: Words

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            named = case.claim.reading.kind in self.claim_kinds or find_words(self.words, text)
            if case.asserts and named and not find_words(self.unless, text):
                layers = {part.layer for part in named_parts(case.claim.reading.components)}
                whole = {p.kind for p in case.claim.reading.components} == {"layer"}
                edits = [e for e in case.speaking if e.method in ("activation_patching", "ablation")]
                streams = [e for e in edits if e.target.site in _STREAM]
                if whole and streams == edits and edits and not _write_tested(layers, study, case):
                    yield hit_at(case, experiments=tuple(edits))


def _write_tested(layers: set[int | None], study: Study, case: Case) -> bool:
    """Whether the attention or the MLP of one of the layers was edited by itself, on the same behaviour."""

    def of_layer(experiment: Experiment) -> bool:
        heads = {int(str(head).partition(".")[0]) for head in experiment.target.head if "." in str(head)}
        return bool(layers & (heads | set(experiment.target.layer)))

    behaviours = {experiment.behaviour for experiment in case.experiments}
    return any(
        experiment.status == "done"
        and experiment.target.site in _WRITES
        and experiment.method
        in ("activation_patching", "ablation", "path_patching", "interchange_intervention")
        and experiment.behaviour in behaviours
        and of_layer(experiment)
        for experiment in (study.manifest.experiments if study.manifest else ())
    )
