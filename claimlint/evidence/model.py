"""The manifest: what was really run, one frozen model per table.

The strings under the fields are their descriptions in the published schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictInt,
    Tag,
)
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

VERSION: Literal[1] = 1

Method = Literal[
    "linear_probe",
    "logit_lens",
    "correlation",
    "pca",
    "attention_statistics",
    "activation_statistics",
    "sae_attribution",
    "weight_analysis",
    "behavioural",
    "attribution_patching",
    "activation_patching",
    "ablation",
    "path_patching",
    "causal_mediation",
    "steering",
    "weight_edit",
    "circuit_evaluation",
    "interchange_intervention",
    "causal_scrubbing",
    "identifiability",
    "robustness",
    "distribution_shift",
]
Grade = Literal["executed", "recorded", "declared"]
Site = Literal[
    "embedding",
    "resid_pre",
    "resid_mid",
    "resid_post",
    "attn_norm",
    "mlp_norm",
    "q",
    "k",
    "v",
    "attention_pattern",
    "z",
    "attn_out",
    "mlp_hidden",
    "mlp_out",
    "sae_latent",
    "final_norm",
    "logits",
    "weights",
]
Replacement = Literal["zero", "mean", "resample", "donor", "noise", "bypass"]
Direction = Literal["denoising", "noising"]
Assumption = Literal[
    "linear_mixing",
    "independence",
    "at_most_one_gaussian",
    "sparsity",
    "labelled_interventions",
    "known_targets",
    "auxiliary_variable",
    "environments",
    "paired_counterfactuals",
]
METHODS: tuple[Method, ...] = get_args(Method)
#: Strongest first: this backend ran it; a script's own run was recorded; somebody wrote it down.
GRADES: tuple[Grade, ...] = get_args(Grade)


def _as_tuple(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, int | str) and not isinstance(value, bool) else value


class _OneOrMany:
    """A list that may be written as its only member; the published schema says so too."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(_as_tuple, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


Item = TypeVar("Item")
OneOrMany = Annotated[tuple[Item, ...], _OneOrMany()]
Id = Annotated[str, Field(pattern=r"^[^\s,\[\]{}]+$", examples=["probe-l8"])]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", examples=["sha256:0f3a..."])]
Interval = tuple[float, float]
Head = Annotated[StrictInt, Field(ge=0)] | Annotated[str, Field(pattern=r"^\d+\.\d+$", examples=["9.6"])]
Index = Annotated[int, Field(ge=0)]
#: How many there were of something that was there.
Size = Annotated[int, Field(ge=1)]
#: A check that was made: its number where it has one, else true.
Measured = bool | float


class Table(BaseModel):
    # Validators are built when they are asked for: a lint without a manifest asks for none.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Entry(Table):
    id: Id
    """Name by which other entries, the paper and the config refer to it."""


class Model(Entry):
    """A network that was studied."""

    name: str = ""
    """Name or path as the paper's readers know it, such as ``EleutherAI/pythia-1.4b``."""
    revision: str = ""
    """Commit, tag or training step of the weights."""
    digest: Digest | None = None
    """Digest of the weights."""


class PromptSet(Entry):
    """A set of inputs."""

    name: str = ""
    """What a reader would call the prompts, such as ``templated movie reviews``."""
    path: str = ""
    """JSON-lines file, relative to the manifest."""
    digest: Digest | None = None
    """Digest of that file."""
    n: Size | None = None
    """Number of prompts, or of prompt pairs."""
    templates: Size | None = None
    """Number of template families that the prompts come from."""
    heldout: bool | None = None
    """Whether sites, thresholds and hyperparameters were chosen without these prompts."""


class Identification(Table):
    """Why effects may be read causally: the paper's identification block."""

    strategy: str = ""
    """What identifies the effects, such as interchange between paired prompts."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for that."""
    stress_tests: tuple[str, ...] = ()
    """What was done to see whether it holds."""
    if_violated: str = ""
    """How the conclusions change where it does not."""


class Target(Table):
    """The part of the model that was read or edited; left empty, the model as a whole."""

    layer: OneOrMany[Index] = ()
    """Layers, counted from 0 as in the paper; one number or a list."""
    head: OneOrMany[Head] = ()
    """Heads: ``"9.6"`` is head 6 of layer 9; a bare number is that head of every layer listed."""
    neuron: OneOrMany[Index] = ()
    """Neurons of the MLPs of the layers listed."""
    feature: OneOrMany[Index] = ()
    """Latents of a dictionary (SAE, transcoder), or components of ICA or PCA, at the layers listed."""
    site: Site | None = None
    """Where in the block: the residual stream before, between or after (``resid_pre``, ``resid_mid``,
    ``resid_post``), the normalisation before the attention or the MLP (``attn_norm``, ``mlp_norm``), a head's
    output before the projection (``z``), the attention or MLP write (``attn_out``, ``mlp_out``), ..."""
    position: OneOrMany[int | str] = ()
    """Token positions: indices (-1 is the last) or names such as ``last``, ``subject``, ``all``."""
    window: Size | None = None
    """Number of adjacent layers that were edited at once around each layer listed."""
    joint: bool | None = None
    """Whether the parts listed were edited together (true) or one at a time (false)."""
    path: tuple[str, ...] = ()
    """The nodes of a patched path, sender first, such as ``["9.6", "mlp.10", "logits"]``."""
    name: str = ""
    """What the paper calls it, such as ``name mover heads`` or ``refusal direction``."""


class Effect(Table):
    """One measured number with what makes it readable."""

    metric: str
    """What was measured: accuracy, logit_difference, probability, spearman, ..."""
    value: float
    """The number, as the paper would print it: 95 with unit percent, or 0.95 with unit fraction."""
    unit: str = ""
    """percent, points, fraction, count, times, logits, nats, bits, seconds, ...; empty only for a number
    that has none, such as a correlation."""
    ci: Interval | None = None
    """Lower and upper end of the interval, in the same unit."""
    ci_level: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Coverage of the interval, such as 0.95."""
    ci_unit: str = ""
    """What was resampled: prompt, seed, prompt and seed, template, token."""
    n: Size | None = None
    """Number of prompts behind the number."""
    share: float | None = None
    """The same as a share of the total effect, 0 to 1."""


class Decomposition(Table):
    """Total effect and natural effects of a mediation analysis."""

    te: float | None = None
    """Total effect."""
    pnde: float | None = None
    """Pure natural direct effect."""
    tnde: float | None = None
    """Total natural direct effect."""
    pnie: float | None = None
    """Pure natural indirect effect."""
    tnie: float | None = None
    """Total natural indirect effect."""


class Instance(Table):
    """The outcome of one prompt with and without the edit."""

    prompt_id: str
    """Which prompt, as its prompt set names it."""
    site: str = ""
    """Where this run edited; empty for the experiment's own target."""
    replacement: Replacement | None = None
    """What was put in its place; empty for the experiment's own replacement."""
    donor: str = ""
    """The prompt whose activation was put in."""
    before: bool | float | str
    """Outcome without the edit: an answer, whether it was right, or the metric."""
    after: bool | float | str
    """Outcome with the edit."""


class InstanceFile(Table):
    """Per-prompt outcomes kept in a file of JSON lines, each of them one instance."""

    path: str
    """The file, relative to the manifest."""
    n: Size
    """Number of prompts listed in it."""
    digest: Digest | None = None
    """Digest of the file."""


def _instances_form(value: Any) -> str:
    return "file" if isinstance(value, dict | InstanceFile) else "listed"


Instances = Annotated[
    Annotated[tuple[Instance, ...], Tag("listed")] | Annotated[InstanceFile, Tag("file")],
    Discriminator(_instances_form),
]


class UnitLevel(Table):
    """What happened prompt by prompt, as shares of all prompts."""

    helped: float | None = None
    """Share of prompts that the edit helped."""
    harmed: float | None = None
    """Share of prompts that it harmed, or moved the other way."""
    unchanged: float | None = None
    """Share of prompts that it left as they were."""
    pn: float | None = None
    """Probability of necessity: share of positive prompts that flip under removal, for this design."""
    ps: float | None = None
    """Probability of sufficiency: share of negative prompts that flip under insertion, for this design."""
    pns: float | None = None
    """Probability of necessity and sufficiency, within one background."""
    bounds: Interval | None = None
    """Tian-Pearl bounds on pns, where only rates are known."""


class Controls(Table):
    """Baselines and sanity checks: the control's number, or true where it was made without one."""

    control_task: Measured | None = None
    """Accuracy of the same probe on random labels by word type (Hewitt and Liang)."""
    selectivity: Measured | None = None
    """Task accuracy minus control-task accuracy."""
    mdl: Measured | None = None
    """Description length of the labels (online or variational code)."""
    label_permutation: Measured | None = None
    """Score under shuffled labels."""
    majority: Measured | None = None
    """Score of always giving the commonest answer."""
    random_init: Measured | None = None
    """Score on the same architecture with random weights."""
    random_features: Measured | None = None
    """Score on random features of the same size."""
    random_direction: Measured | None = None
    """Effect of random directions of the same norm."""
    nullspace: Measured | None = None
    """Effect of the part of the subspace that later layers cannot read."""
    full_component: Measured | None = None
    """Effect of patching the whole component that holds the subspace."""
    input_embedding: Measured | None = None
    """Score on the input embeddings."""
    control_tokens: Measured | None = None
    """Effect on tokens that the edit should leave alone."""


class Circuit(Table):
    """Tests of a circuit as a whole: the score, or true where the test was made without one."""

    alone: Measured | None = None
    """Score with everything outside the circuit ablated."""
    complement: Measured | None = None
    """Score with the circuit ablated and everything else left in."""
    parts: Measured | None = None
    """Score with the circuit's parts ablated one by one."""
    completeness: Measured | None = None
    """Result of a completeness test (circuit and model compared under the same removals)."""
    minimality: Measured | None = None
    """Result of a minimality test (every part is needed)."""
    alternatives_found: Index | None = None
    """How many other circuits a search found that do as well; left out where nobody searched."""


class Alignment(Table):
    """How a high-level variable was mapped onto activations (interchange, DAS)."""

    map: Literal["identity", "linear", "nonlinear"] | None = None
    """Class of maps that was searched."""
    cause: Measured | None = None
    """How often the edit changes what it should."""
    isolation: Measured | None = None
    """How often it leaves alone what it should leave alone."""
    random_model: Measured | None = None
    """The same score on a randomly initialised model."""


class RankTest(Table):
    """Whether a concept lives along one direction."""

    rank: Index | None = None
    """Number of directions needed."""
    cosine: float | None = None
    """Cosine between directions found from other seeds, probes or contrast sets."""
    alternatives: Measured | None = None
    """What is still decodable, or still works, once the direction is removed."""


class Identifiability(Table):
    """What a factorisation (ICA, SAE, PCA, disentanglement) assumes and how steady it is."""

    assumptions: tuple[Assumption, ...] = ()
    """Which assumptions are made, and so which claims they buy."""
    metric: str = ""
    """Which identifiability metric is reported (MCC, DCI, ...)."""
    n_runs: Size | None = None
    """Number of fits with other seeds or resamples."""
    stability: float | None = None
    """Agreement between the runs."""
    iq: float | None = None
    """Icasso's cluster quality index of the least stable component kept."""
    match_rate: float | None = None
    """Share of components that recur in the other runs."""
    converged: bool | None = None
    """Whether all fits converged."""
    non_gaussianity: Measured | None = None
    """Test or measure of non-Gaussian sources."""
    loss: float | None = None
    """Reconstruction loss or variance explained."""
    ground_truth: Measured | None = None
    """Agreement with known factors, where there are any."""


class Robustness(Table):
    """Agreement of the same result over prompt sets, seeds and models."""

    prompt_sets: tuple[Id, ...] = ()
    """Ids of the prompt sets compared."""
    seeds: tuple[int, ...] = ()
    """Seeds compared."""
    models: tuple[Id, ...] = ()
    """Ids of the models compared."""
    jaccard: float | None = None
    """Overlap of the sets of important components."""
    spearman: float | None = None
    """Rank correlation of component scores."""
    pearson: float | None = None
    """Linear correlation of component scores."""
    strength: Literal["strong", "moderate", "weak", "none"] | None = None
    """The agreement in a word; ``none`` where nothing was found to agree on."""


class ShiftTest(Table):
    """The result on inputs of another kind."""

    shift: str
    """What was changed: paraphrases, another language, longer prompts, ..."""
    prompts: Id | None = None
    """Prompt set of the shifted inputs."""
    effect: Effect | None = None
    """The effect there."""


class DistributionShift(Table):
    """How far the edited activations lie from those that the model produces by itself."""

    metric: str
    """Distance that was measured, such as a kNN percentile or Mahalanobis distance."""
    value: float
    """The distance of the edited activations."""
    reference: float | None = None
    """The distance up to which activations count as usual."""


class Array(Table):
    """A safetensors file with raw results."""

    path: str
    """The file, relative to the manifest."""
    digest: Digest | None = None
    """Digest of the file."""


class Experiment(Entry):
    """One experiment on one target. What it licenses is derived from these fields and never written down."""

    grade: Grade = "declared"
    """Who vouches for it: claimlint's backend (executed), a script's recorded run, or whoever typed it."""
    status: Literal["done", "planned", "failed"] = "done"
    """Only experiments that are done license anything."""
    stage: Literal["exploratory", "confirmatory"] | None = None
    """Whether it was chosen in the light of its own data."""
    method: Method
    """What was done."""
    model: Id | None = None
    """Id of the model."""
    prompts: Id | None = None
    """Id of the prompt set."""
    target: Target = Target()
    """What was read or edited."""
    behaviour: str = ""
    """The behaviour or concept under study, in the paper's words; several wordings help the matching."""
    supports: tuple[str, ...] = ()
    """Words of the sentences that the experiment was run for, quoted from the paper."""
    shown_in: tuple[str, ...] = ()
    """Labels of the tables and figures that show its results, such as ``tab:probes``."""
    seeds: tuple[int, ...] = ()
    """Seeds that were run."""
    dim: Size | None = None
    """Width of the activations, for the number of samples that a probe needs."""
    direction: Direction | None = None
    """Of patching: clean activations into a corrupted run (denoising), or the other way round (noising)."""
    replacement: OneOrMany[Replacement] = ()
    """What activations were replaced by; every type that was run. ``bypass``: the part was left out, and its
    input passed on."""
    corruption: str = ""
    """How the corrupted prompts differ: token replacement, gaussian noise, ..."""
    metrics: tuple[str, ...] = ()
    """Every metric that was computed."""
    effect: Effect | None = None
    """The main result."""
    further_effects: tuple[Effect, ...] = ()
    """Other numbers of the same experiment that the paper quotes."""
    decomposition: Decomposition | None = None
    """Direct and indirect effects."""
    instances: Instances = ()
    """Paired outcomes of single prompts: a list, or a file."""
    unit: UnitLevel | None = None
    """Shares over the single prompts."""
    controls: Controls = Controls()
    """Baselines and sanity checks."""
    circuit: Circuit | None = None
    """Tests of a circuit as a whole."""
    joint_ablation: bool | None = None
    """Whether the parts were also ablated together with their possible backups."""
    backup_check: bool | None = None
    """Whether self-repair was looked for (direct effect beside total effect)."""
    joint_effect: Effect | None = None
    """Effect of several edits applied at once."""
    alignment: Alignment | None = None
    """The map between a high-level variable and activations."""
    dose: tuple[float, ...] = ()
    """Strengths that were tried."""
    natural_range: Measured | None = None
    """Whether the edit stays within values that occur by themselves, or the share that does."""
    cross_prompt_transfer: Measured | None = None
    """How often the state, pasted into other prompts, carries the behaviour over."""
    rank_test: RankTest | None = None
    """Whether one direction is enough."""
    identifiability: Identifiability | None = None
    """Assumptions and stability of a factorisation."""
    contrast_sets: tuple[str, ...] = ()
    """The contrasts under which a feature got its name."""
    label_eval: Measured | None = None
    """How well the label of a feature predicts it on fresh inputs."""
    robustness: Robustness | None = None
    """Agreement over prompt sets, seeds and models."""
    shift_tests: tuple[ShiftTest, ...] = ()
    """Results on inputs of another kind."""
    distribution_shift: DistributionShift | None = None
    """How unusual the edited activations are."""
    verified_by: OneOrMany[Id] = ()
    """Ids of the exact-patching experiments that confirm a ranking by attribution."""
    versions: dict[str, str] = {}
    """Versions of the software, and the commit of the code."""
    settings: dict[str, bool | int | float | str] = {}
    """What else the numbers depend on: kernels, threads, chunk size, dtype."""
    peak_memory_mb: Index | None = None
    """Most megabytes that the process (on an accelerator, its tensors) had taken up by the end of the run."""
    digests: dict[str, Digest] = {}
    """Digests of inputs and results, by name."""
    arrays: dict[str, Array] = {}
    """Raw results, by name."""
    pictures: tuple[str, ...] = ()
    """Drawings of the results, relative to the manifest."""
    note: str = ""
    """Anything a reader should know."""


class Manifest(Table):
    """All experiments of one paper."""

    version: Literal[1] = VERSION
    """Version of this format."""
    paper: str = ""
    """The paper's root file or title."""
    models: tuple[Model, ...] = ()
    """The networks that were studied."""
    prompt_sets: tuple[PromptSet, ...] = ()
    """The inputs that were used."""
    identification: Identification | None = None
    """Why effects may be read causally."""
    experiments: tuple[Experiment, ...] = ()
    """What was run."""

    @property
    def done(self) -> tuple[Experiment, ...]:
        """The experiments that were carried out."""
        return tuple(experiment for experiment in self.experiments if experiment.status == "done")

    @property
    def planned(self) -> tuple[Experiment, ...]:
        """The experiments that are still to be carried out, or written down."""
        return tuple(experiment for experiment in self.experiments if experiment.status == "planned")

    @property
    def only_plans(self) -> bool:
        """Whether there is nothing in it yet that a claim could be held against."""
        return len(self.planned) == len(self.experiments) > 0

    def experiment(self, id: str) -> Experiment | None:
        return next((experiment for experiment in self.experiments if experiment.id == id), None)

    def model(self, id: str | None) -> Model | None:
        return next((model for model in self.models if model.id == id), None)

    def prompt_set(self, id: str | None) -> PromptSet | None:
        return next((prompts for prompts in self.prompt_sets if prompts.id == id), None)
