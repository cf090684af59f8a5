"""Parts of sentences about a claim and an experiment: "heads 9.6 and 9.9", "improves accuracy by 30 points".

Whatever the manifest does not say is left out, so that a template that needs it cannot be filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from claimlint.checks.sentence import pattern
from claimlint.claims.model import Claim, Component, Reading
from claimlint.evidence import parts_of
from claimlint.evidence.metrics import says
from claimlint.evidence.model import Effect, Experiment, Target
from claimlint.linking.targets import named_parts
from claimlint.phrasing import listed

METHOD_NAMES = {
    "linear_probe": "linear probe",
    "logit_lens": "logit lens",
    "correlation": "correlation",
    "pca": "PCA",
    "attention_statistics": "attention statistics",
    "activation_statistics": "activation statistics",
    "sae_attribution": "SAE attribution",
    "weight_analysis": "weight analysis",
    "behavioural": "behavioural test",
    "attribution_patching": "attribution patching",
    "activation_patching": "activation patching",
    "ablation": "ablation",
    "path_patching": "path patching",
    "causal_mediation": "causal mediation",
    "steering": "steering",
    "weight_edit": "weight edit",
    "circuit_evaluation": "circuit evaluation",
    "interchange_intervention": "interchange intervention",
    "causal_scrubbing": "causal scrubbing",
    "identifiability": "identifiability analysis",
    "robustness": "robustness analysis",
    "distribution_shift": "distribution-shift analysis",
}
_EDITS = {
    "activation_patching": "patching",
    "ablation": "ablating",
    "steering": "steering at",
    "weight_edit": "editing the weights of",
    "interchange_intervention": "interchanging the state of",
}
_RECOVERED = {
    "recovered": "recovers",
    "restored": "restores",
    "kept": "keeps",
    "removed": "removes",
    "lost": "loses",
}
_LONG_LIST = 3
#: A noun with one number: "head 9.6", and "heads 9.6" of a list that gives each its own noun.
_SINGLE = re.compile(r"(\D+?)s? (\d[\d.]*)")
_SITES = {"mlp_out": "MLP", "mlp_hidden": "MLP", "attn_out": "attention layer"}


_RUNGS = ("no rung", "rung 1, association", "rung 2, intervention", "rung 3, counterfactual and mechanism")


def rung(level: int) -> str:
    """A level of Pearl's hierarchy by number and name."""
    return _RUNGS[level]


def shortened(words: str, room: int = 90) -> str:
    """As many of the words as fit."""
    return words if len(words) <= room else f"{words[:room].rsplit(' ', 1)[0]} …"


def target_words(target: Target) -> str:
    """The part that an experiment read or edited: "layer 8", "heads 9.6 and 9.9", "latent 12 at layer 3".

    Of many parts it is the name that the paper gives them.
    """
    if target.name and len(parts_of(target)) > _LONG_LIST:
        return f"the {target.name.removeprefix('the ')}"
    layers = _numbered("layer", map(str, target.layer))
    if target.head:
        heads = [str(head) for head in target.head]
        dotted = all("." in head for head in heads)
        return _numbered("head", heads) + ("" if dotted or not layers else f" of {layers}")
    for noun, numbers in (("neuron", target.neuron), ("feature", target.feature)):
        if numbers:
            return _numbered(noun, map(str, numbers)) + (f" of {layers}" if layers else "")
    if target.site in _SITES and target.layer:
        return _numbered(_SITES[target.site], map(str, target.layer))
    return layers or target.name


def component_words(reading: Reading, target: Target, subject: str = "") -> str:
    """The claim's own name for a part of the experiment; else the experiment's, else ``subject``."""
    inside = all(_within(component, target) for component in reading.components)
    return (named(reading) if inside else "") or target_words(target) or subject


def named(reading: Reading) -> str:
    """The parts as the claim names them, a noun once; "the residual stream at layer 6" is layer 6."""
    numbers: dict[str, list[str]] = {}
    for text in dict.fromkeys(_mid_sentence(part.text) for part in _parts(reading)):
        single = _SINGLE.fullmatch(text)
        noun, number = single.groups() if single else (text, "")
        numbers.setdefault(noun, []).append(number)
    return listed(_numbered(noun, every).rstrip() for noun, every in numbers.items())


def several(reading: Reading) -> bool:
    """Whether the claim speaks of several parts: "heads 7.1 and 8.4"."""
    return len(named_parts(reading.components)) > 1


def _parts(reading: Reading) -> Sequence[Component]:
    """The parts that the claim names, each once: "L16" behind "layer 16" is no other."""
    parts = [part for part in reading.components if part.kind != "residual"] or reading.components
    numbered: dict[object, Component] = {}
    for part in parts:
        unnumbered = part.layer is None and part.index is None
        numbered.setdefault(part.text if unnumbered else (part.kind, part.layer, part.index), part)
    return tuple(numbered.values())


def behaviour_words(experiment: Experiment, claim: Claim) -> str:
    """What the experiment was about, or else the claim itself, as the subject of a sentence."""
    words = re.split(r"[,;]", experiment.behaviour)[0].strip() or _about(claim)
    return f"the {words}" if pattern("bare_noun").match(words) else words


def be(noun: str) -> str:
    """ "is", or "are" behind a noun that stands for several."""
    head = pattern("attribute").split(noun)[0]
    return "are" if pattern("plural").search(head) else "is"


def _about(claim: Claim) -> str:
    """The object of the claim's verb, as far as it is a noun: "the gender of the subject"."""
    words = pattern("noun_ends").split(claim.reading.behaviour.strip(" .,;:"))[0].strip()
    plain = re.fullmatch(r"[\w’'-]+(?: [\w’'-]+){0,7}", words) is not None
    return words if plain and pattern("noun").match(words) else ""


def activations(experiment: Experiment, component: str) -> str:
    """Where a probe reads: "layer 8 activations", "the output of head 9.6"."""
    if not component or experiment.method not in ("linear_probe", "logit_lens"):
        return ""
    return (
        f"{component} activations"
        if re.match(r"layers? \d|L\d+$", component)
        else f"the output of {component}"
    )


def attended(behaviour: str) -> str:
    """The tokens of "attention to the first name"."""
    found = pattern("attention").match(behaviour)
    return found["attended"] if found else ""


def edit(experiment: Experiment, component: str) -> str:
    """What was done, as the subject of a sentence: "patching layer 15"."""
    if experiment.method == "path_patching":
        return (
            f"patching the path {' → '.join(map(_node, experiment.target.path))}"
            if experiment.target.path
            else component and f"patching the paths through {component}"
        )
    return f"{_EDITS[experiment.method]} {component}" if component and experiment.method in _EDITS else ""


def change(effect: Effect | None) -> str:
    """What an edit did: "improves accuracy by 30 points", "recovers 82% of the logit difference"."""
    if effect is None:
        return ""
    if not effect.value:
        return f"leaves {metric_words(effect)} as it is"
    if effect.unit in ("percent", "fraction") and effect.value > 0:
        return _share(effect)
    rises = "improves" if says(effect.metric, "improves") and "error" not in effect.metric else "raises"
    size = _rounded(abs(effect.value)) if effect.unit == "fraction" else value(effect)
    return f"{rises if effect.value > 0 else 'lowers'} {metric_words(effect)} by {size}"


def _share(effect: Effect) -> str:
    """A share as what it is a share of; of another, whether it is a level or a change is not recorded."""
    metric, _, ending = effect.metric.rpartition("_")
    if ending in _RECOVERED:
        return f"{_RECOVERED[ending]} {value(effect)} of the {_plain(metric)}"
    if effect.metric == "answer_changed":
        return f"changes the answer in {value(effect)} of the cases"
    name = _plain(effect.metric)
    if says(name, "level"):
        return f"gives {_article(name)} of {value(effect)}"
    return f"changes the output ({name}: {value(effect)})"


def outcome(effect: Effect | None) -> str:
    """The same, said to be an average where it is one."""
    told = change(effect)
    return told if not told or "of the cases" in told else f"{told} on average"


def value(effect: Effect) -> str:
    """The effect's size: "82%", "30 points", "1.2 logits"."""
    size = abs(effect.value)
    if effect.unit == "percent":
        return f"{_rounded(size)}%"
    if effect.unit == "fraction":
        return f"{_rounded(100 * size)}%"
    return f"{_rounded(size)} {effect.unit}".rstrip()


def measure(experiment: Experiment, reading: Reading) -> str:
    """A score with its name: "95% probe accuracy", "spearman -0.41"; else the claim's own share."""
    effect = experiment.effect
    if effect is None:
        shares = [quantity.text for quantity in reading.quantities if quantity.unit == "percent"]
        return shares[0] if len(shares) == 1 else ""
    if effect.unit == "fraction" and says(effect.metric, "acronym"):
        return f"{_plain(effect.metric)} {_rounded(effect.value)}"
    if effect.unit in ("percent", "fraction"):
        probe = "probe " if experiment.method == "linear_probe" else ""
        return f"{value(effect)} {probe}{_plain(effect.metric)}"
    return f"{_plain(effect.metric)} {_rounded(effect.value)}"


def _rounded(number: float) -> str:
    """As a paper would print it: no more than three figures that count."""
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def prompts_tried(experiment: Experiment) -> str:
    return f"{experiment.effect.n:,}" if experiment.effect and experiment.effect.n else ""


def sample(experiment: Experiment) -> str:
    """The number of prompts in brackets, or "" where it is not recorded: a wording can do without it."""
    n = prompts_tried(experiment)
    return f" (n = {n})" if n else ""


def metric_words(effect: Effect) -> str:
    """ "accuracy", "the logit difference"."""
    metric = _plain(effect.metric)
    return metric if says(metric, "bare") else f"the {metric}"


def _plain(metric: str) -> str:
    words = re.sub(r"\s*\(.*\)", "", metric).replace("_", " ").strip()
    return words.upper() if says(words, "acronym") else words


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _numbered(noun: str, numbers: Iterable[str]) -> str:
    every = list(numbers)
    if len(every) > _LONG_LIST and all(n.isdigit() for n in every):
        first, last = int(every[0]), int(every[-1])
        if [str(n) for n in range(first, last + 1)] == every:
            return f"{noun}s {first} to {last}"
    return f"{noun}{'s' * (len(every) > 1)} {listed(every)}" if every else ""


def _mid_sentence(text: str) -> str:
    """ "Layer 8" as it is written within a sentence; "MLP 3" and "L9H6" stay."""
    if text.lower().startswith("residual"):
        return f"the {text.lower()}"
    return text[0].lower() + text[1:] if re.match(r"[A-Z][a-z]", text) else text


def _within(component: Component, target: Target) -> bool:
    """Whether the experiment read or edited a named part; "the residual stream" alone names none."""
    kind = "layer" if component.kind == "residual" else component.kind
    return any(
        (part.kind, part.index) == (kind, component.index)
        and (part.layer == component.layer or (component.layer is None and component.index is not None))
        for part in parts_of(target)
    )


def _node(name: str) -> str:
    """A node of a path: ``9.6`` is head 9.6, ``mlp.14`` is MLP 14."""
    if re.fullmatch(r"\d+\.\d+", name):
        return f"head {name}"
    return re.sub(r"(?i)^mlp[._ ]?(?=\d)", "MLP ", name)
