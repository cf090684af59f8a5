"""Experiment specs: TOML files that say what to run on which models and prompts::

    [[model]]
    id = "tiny"
    path = "models/single-linear"

    [[prompts]]
    id = "number"
    path = "models/prompts/agreement-number.jsonl"

    [[experiment]]
    id = "patch-heads"
    method = "activation_patching"
    behaviour = "subject-verb agreement"
    kind = "z"
    heads = "each"
    seeds = [0]

A spec holds ``[[model]]``, ``[[prompts]]`` and ``[[experiment]]`` tables; every experiment runs for each of
its models, prompt sets and seeds. Paths are relative to the spec file.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from claimlint.backend.ablation import AblationKind, MeanOver
from claimlint.backend.grids import Component
from claimlint.backend.manifest_entries import LISTED
from claimlint.backend.metrics import metric_named
from claimlint.backend.robustness import THRESHOLDS
from claimlint.backend.sites import Kind, Site, parse_site
from claimlint.backend.steering import DOSES
from claimlint.errors import ClaimlintError, near_name
from claimlint.evidence.effects import Direction


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _site(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_site(value)
    except ClaimlintError as error:
        raise ValueError(f"{error.what}. {error.why}") from error


def _known_metric(name: str) -> str:
    try:
        return metric_named(name).name
    except ClaimlintError as error:
        raise ValueError(f"{error.what} {error.fix}") from error


def _written_as_json(path: str) -> str:
    if not path.endswith(".json"):
        raise ValueError("runs write .json manifests only; `claimlint manifest import` takes a .toml one in")
    return path


SiteText = Annotated[Site, BeforeValidator(_site)]
MetricName = Annotated[str, AfterValidator(_known_metric)]
Name = Annotated[str, Field(pattern=r"^[^\s,/\[\]{}]+$")]
NotEmpty = Field(min_length=1)
Sets = tuple[Annotated[tuple[SiteText, ...], NotEmpty], ...]
Layers = Annotated[tuple[int, ...], NotEmpty]


class ModelSpec(_Table):
    """A model: a folder beside the spec, or a name that transformers knows."""

    id: Name
    path: str
    name: str = ""
    """What the paper calls it."""
    revision: str | None = None
    dtype: Literal["float32", "float64", "float16", "bfloat16"] = "float32"


class PromptsSpec(_Table):
    """A prompt file."""

    id: Name
    path: str
    name: str = ""
    """What a reader would call the prompts."""
    heldout: bool | None = None
    """Whether sites and thresholds were chosen without them."""


class _Experiment(_Table):
    id: Name
    models: tuple[str, ...] = ()
    """Ids; all models of the spec by default. The same for prompts."""
    prompts: tuple[str, ...] = ()
    seeds: Annotated[tuple[int, ...], NotEmpty] = (0,)
    metrics: Annotated[tuple[MetricName, ...], NotEmpty] = ("logit_difference",)
    stage: Literal["exploratory", "confirmatory"] | None = None
    behaviour: str = ""
    supports: tuple[str, ...] = ()
    shown_in: tuple[str, ...] = ()
    corruption: str = ""
    batch_size: Annotated[int, Field(ge=1)] = 32
    pad: bool = False
    draws: Annotated[int, Field(ge=1)] = 2000
    kernels: Literal["plain", "fast"] = "plain"
    listed: Annotated[int, Field(ge=0)] = LISTED
    """Cells of a sweep, strongest first, whose prompts are listed one by one in a file of their own."""


class OnGrid(_Experiment):
    """Cells: joint ``sets`` where given, else layer x head x position of one ``kind``."""

    sets: Sets = ()
    kind: Kind = "resid_pre"
    layers: Layers | None = None
    heads: Literal["each"] | Annotated[tuple[int, ...], NotEmpty] | None = None
    positions: Literal["each"] | Annotated[tuple[int | str, ...], NotEmpty] | None = None
    window: Annotated[int, Field(ge=1)] = 1


class ActivationPatchingSpec(OnGrid):
    method: Literal["activation_patching"]
    direction: Direction = "denoising"


class AttributionPatchingSpec(OnGrid):
    method: Literal["attribution_patching"]
    direction: Direction = "denoising"
    verified_by: str = ""
    """Id of the activation patching of the same cells; an estimate alone is a ranking only."""


class CausalMediationSpec(OnGrid):
    method: Literal["causal_mediation"]


class AblationSpec(_Experiment):
    method: Literal["ablation"]
    components: Component = "heads"
    layers: Layers | None = None
    sets: Sets = ()
    replacements: Annotated[tuple[AblationKind, ...], NotEmpty] = ("mean",)
    mean_over: MeanOver = "prompts_and_positions"
    direct: bool = False


class PathPatchingSpec(_Experiment):
    method: Literal["path_patching"]
    senders: Annotated[tuple[SiteText, ...], NotEmpty]
    receivers: Annotated[tuple[SiteText | Literal["logits"], ...], NotEmpty] = ("logits",)
    through: tuple[SiteText, ...] = ()
    direction: Direction = "denoising"


class CircuitEvaluationSpec(_Experiment):
    method: Literal["circuit_evaluation"]
    circuit: Annotated[tuple[SiteText, ...], NotEmpty]
    replacement: AblationKind = "mean"
    with_mlps: bool = False
    subsets: Annotated[int, Field(ge=0)] = 10


class SteeringSpec(_Experiment):
    """Steers along the difference of means between clean and corrupted prompts, learned on one half of them
    and scored on the other."""

    method: Literal["steering"]
    site: SiteText
    doses: Annotated[tuple[float, ...], NotEmpty] = DOSES
    random_directions: Annotated[int, Field(ge=1)] = 8


class Rotation(_Table):
    dimensions: Annotated[int, Field(ge=1)] = 1
    steps: Annotated[int, Field(ge=1)] = 200
    learning_rate: Annotated[float, Field(gt=0)] = 0.02


class InterchangeSpec(_Experiment):
    """The high-level model of a spec: the answer is a function of one label. Others are written in Python."""

    method: Literal["interchange_intervention"]
    variable: str
    answers: dict[str, str]
    """Value of the variable -> the answer's token."""
    sites: Annotated[tuple[SiteText, ...], NotEmpty]
    pairs: Annotated[int, Field(ge=1)] = 128
    rotation: Rotation | None = None
    """Also learn a subspace of each site, on one half of the prompts, and test it on the other."""


class LinearProbeSpec(_Experiment):
    method: Literal["linear_probe"]
    label: str
    kind: Kind = "resid_post"
    layers: Layers | None = None
    position: int | str = -1
    folds: Annotated[int, Field(ge=2)] = 5
    permutations: Annotated[int, Field(ge=0)] = 20


class AttentionStatisticsSpec(_Experiment):
    """Entropy of every head, or with ``to`` its weight on that place; ``position`` is the query's."""

    method: Literal["attention_statistics"]
    to: int | str | None = None
    head: SiteText | None = None
    """The head that ``to`` is about, as the site ``L10H1.z``; by default the one that attends there most."""
    correlate: bool = True
    """Also with the main metric, over the prompts."""
    position: int | str | None = None
    permutations: Annotated[int, Field(ge=1)] = 1000


class ActivationStatisticsSpec(_Experiment):
    """What the units of one layer do on which tokens, at one position."""

    method: Literal["activation_statistics"]
    layer: int
    kind: Kind = "mlp_out"
    position: int | str = -1
    threshold: float = 0.0
    """Above it a unit counts as active."""


class IdentifiabilitySpec(_Experiment):
    method: Literal["identifiability"]
    site: SiteText
    components: Annotated[int, Field(ge=1)]
    algorithm: Literal["fastica", "pca"] = "fastica"
    factors: tuple[str, ...] = ()
    """Labels that the components are compared with."""
    runs: Annotated[int, Field(ge=2)] = 20
    max_iterations: Annotated[int, Field(ge=1)] = 1000
    """Of FastICA in each run."""


class DistributionShiftSpec(_Experiment):
    """How far a patched run lies, at one place, from runs that nobody patched."""

    method: Literal["distribution_shift"]
    patched: Annotated[tuple[SiteText, ...], NotEmpty]
    at: SiteText
    direction: Direction = "noising"
    neighbours: Annotated[int, Field(ge=1)] = 5


class RobustnessSpec(_Table):
    """Compares all units of one experiment of this file."""

    id: Name
    of: str
    thresholds: Annotated[tuple[float, ...], NotEmpty] = THRESHOLDS
    """Shares of the total effect, or for ablations of the clean outcome, from which a cell is important."""
    draws: Annotated[int, Field(ge=1)] = 1000
    seed: int = 0
    behaviour: str = ""


ReadoutSpec = (
    LinearProbeSpec
    | AttentionStatisticsSpec
    | ActivationStatisticsSpec
    | IdentifiabilitySpec
    | DistributionShiftSpec
)

ExperimentSpec = Annotated[
    ActivationPatchingSpec
    | AttributionPatchingSpec
    | CausalMediationSpec
    | AblationSpec
    | PathPatchingSpec
    | CircuitEvaluationSpec
    | SteeringSpec
    | InterchangeSpec
    | ReadoutSpec,
    Field(discriminator="method"),
]


class Spec(_Table):
    """One spec file."""

    manifest: Annotated[str, AfterValidator(_written_as_json)] = "manifest.json"
    model: Annotated[tuple[ModelSpec, ...], NotEmpty]
    prompts: Annotated[tuple[PromptsSpec, ...], NotEmpty]
    experiment: Annotated[tuple[ExperimentSpec, ...], NotEmpty]
    robustness: tuple[RobustnessSpec, ...] = ()


def read_spec(path: Path) -> Spec:
    """Reads a spec file; all problems are listed at once, each with its place."""
    why = "Nothing was run: a misread spec would put wrong numbers into the manifest."
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimlintError(
            f"{path}: the spec cannot be read ({error.strerror})", why, "Check the path."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ClaimlintError(f"{path}: not valid TOML: {error}", why, "Mend the line.") from error
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        problems = "".join(f"\n    {problem}" for problem in _problems(error, data))
        raise ClaimlintError(f"{path}: not a spec:{problems}", why, "Correct these entries.") from error
    _check_references(path, spec)
    return spec


def _problems(error: ValidationError, data: dict[str, Any]) -> list[str]:
    """One line per problem: the experiment where it is one, the key, what is wrong."""
    lines = []
    places = [problem["loc"] for problem in error.errors()]
    for problem in error.errors():
        if problem["type"] == "too_short" and _inside(problem["loc"], places):
            continue  # members that are wrong, and told below, are not counted
        table, *inside = problem["loc"]
        place = str(table)
        if inside and isinstance(inside[0], int):
            entry = data[str(table)][inside[0]]
            place += f" {entry.get('id', inside[0])!r}" if isinstance(entry, dict) else f"[{inside[0]}]"
        # The second step into an experiment is its method, which is no key of the file.
        keys = [str(part) for part in inside[1:] if part not in _BY_METHOD]
        wrong = problem["msg"].removeprefix("Value error, ").replace("tuple", "list").replace("Tuple", "List")
        if problem["type"] == "extra_forbidden":
            model = _BY_METHOD.get(str(inside[1]), _TABLES.get(str(table), Spec)) if len(inside) > 1 else Spec
            wrong = f"no such key.{near_name(keys[-1] if keys else place, [*model.model_fields])}"
        elif problem["type"] == "missing":
            wrong = "missing"
        elif problem["type"] == "union_tag_invalid":
            method, known = problem["ctx"]["tag"], ", ".join(_BY_METHOD)
            wrong = f"no such method: {method!r}.{near_name(method, _BY_METHOD)} Use one of: {known}."
        elif problem["type"] == "union_tag_not_found":
            wrong = f"method: missing. Use one of: {', '.join(_BY_METHOD)}."
        lines.append(f"{place}: {'.'.join(keys)}: {wrong}" if keys else f"{place}: {wrong}")
    return lines


def _inside(place: tuple[int | str, ...], places: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether one of the places lies further in."""
    return any(other != place and other[: len(place)] == place for other in places)


_TABLES: dict[str, type[_Table]] = {"model": ModelSpec, "prompts": PromptsSpec, "robustness": RobustnessSpec}

_BY_METHOD: dict[str, type[_Experiment]] = {
    "activation_patching": ActivationPatchingSpec,
    "attribution_patching": AttributionPatchingSpec,
    "causal_mediation": CausalMediationSpec,
    "ablation": AblationSpec,
    "path_patching": PathPatchingSpec,
    "circuit_evaluation": CircuitEvaluationSpec,
    "steering": SteeringSpec,
    "interchange_intervention": InterchangeSpec,
    "linear_probe": LinearProbeSpec,
    "attention_statistics": AttentionStatisticsSpec,
    "activation_statistics": ActivationStatisticsSpec,
    "identifiability": IdentifiabilitySpec,
    "distribution_shift": DistributionShiftSpec,
}


def _check_references(path: Path, spec: Spec) -> None:
    known = {"model": [m.id for m in spec.model], "prompt set": [p.id for p in spec.prompts]}
    ids = [experiment.id for experiment in spec.experiment]
    given = {**known, "experiment": [*ids, *(comparison.id for comparison in spec.robustness)]}
    for what, names in given.items():
        twice = [id for id, times in Counter(names).items() if times > 1]
        if twice:
            raise ClaimlintError(
                f"{path}: {what} id {twice[0]!r} is given twice",
                "Entries of the manifest are found by their id.",
                "Give each its own id.",
            )
    for comparison in spec.robustness:
        if comparison.of not in ids:
            raise ClaimlintError(
                f"{path}: robustness {comparison.id!r}: no experiment has the id {comparison.of!r}",
                "There would be nothing to compare.",
                f"Use one of: {', '.join(ids)}.",
            )
    for experiment in spec.experiment:
        for what, wanted in (("model", experiment.models), ("prompt set", experiment.prompts)):
            for name in wanted:
                if name not in known[what]:
                    raise ClaimlintError(
                        f"{path}: experiment {experiment.id!r}: no {what} has the id {name!r}",
                        "The experiment would silently run on less than was asked for.",
                        f"Use one of: {', '.join(known[what])}.",
                    )
