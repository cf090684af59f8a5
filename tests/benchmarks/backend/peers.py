"""Other libraries, each driven as its own documentation does; imported only where they are installed.

TransformerLens 4 through ``TransformerBridge`` and ``transformer_lens.patching``; nnsight 0.8 with one trace
per cell; pyvene 0.1.8 with one ``IntervenableModel`` per layer; captum 0.9 with ``LayerFeatureAblation``, for
which clean activations as baselines make an ablation a patch. All four make a whole forward pass per cell.
None need pull in another torch: ``pip install --no-deps`` and what their imports then ask for.
"""

from __future__ import annotations

import contextlib
import copy
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from tests.benchmarks.backend.contenders import Hooks
from tests.benchmarks.backend.task import Cell, Task


class TransformerLens:
    def __init__(self, task: Task) -> None:
        from transformer_lens import patching  # noqa: PLC0415
        from transformer_lens.model_bridge import TransformerBridge  # noqa: PLC0415

        patching.tqdm = lambda cells, **_: cells
        self.task, self.patching = task, patching
        self.model = TransformerBridge.boot_transformers(
            "gpt2",
            hf_model=copy.deepcopy(task.model),
            device="cpu",
            tokenizer=_tokenizer(task.shape.vocabulary),
        )
        self.model.eval()

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        return self._patched(self.patching.get_act_patch_resid_pre, cells, "pos")

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        return self._patched(self.patching.get_act_patch_attn_head_out_all_pos, cells, "head")

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        return self._ablated(cells, None)

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        with torch.no_grad():
            _, cache = self.model.run_with_cache(
                self.task.clean, names_filter=lambda name: name.endswith("attn.hook_z")
            )
        return self._ablated(cells, cache)

    def _patched(self, sweep: Any, cells: Sequence[Cell], column: str) -> Tensor:
        import pandas as pd  # noqa: PLC0415

        with torch.no_grad():
            _, cache = self.model.run_with_cache(self.task.clean)
            # The published sweeps run the whole grid; this is the function beneath them.
            return self.patching.generic_activation_patch(
                self.model,
                self.task.corrupted,
                cache,
                self.task.difference,
                patch_setter=sweep.keywords["patch_setter"],
                activation_name=sweep.keywords["activation_name"],
                index_df=pd.DataFrame(cells, columns=["layer", column]),
            )

    def _ablated(self, cells: Sequence[Cell], means: Any) -> Tensor:
        found = []
        for layer, head in cells:
            name = f"blocks.{layer}.attn.hook_z"

            def replace(z: Tensor, hook: Any, name: str = name, head: int = head) -> Tensor:
                z[:, :, head] = 0.0 if means is None else means[name].mean((0, 1))[head]
                return z

            with torch.no_grad():
                logits = self.model.run_with_hooks(self.task.clean, fwd_hooks=[(name, replace)])
            found.append(self.task.difference(logits))
        return torch.stack(found)


class NNsight:
    def __init__(self, task: Task) -> None:
        import nnsight  # noqa: PLC0415

        self.task, self.size = task, task.shape.width // task.shape.heads
        make = getattr(nnsight, "TransformersModel", nnsight.LanguageModel)
        extra = {"task": "text-generation"} if make is not nnsight.LanguageModel else {}
        tokenizer = _tokenizer(task.shape.vocabulary)
        self.model = make(copy.deepcopy(task.model), tokenizer=tokenizer, **extra)

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        model, task = self.model, self.task
        with torch.no_grad():
            with model.trace(task.clean):
                kept = list().save()  # noqa: C408
                for layer in range(task.shape.layers):
                    kept.append(model.transformer.h[layer].input)
            found = []
            for layer, position in cells:
                with model.trace(task.corrupted):
                    model.transformer.h[layer].input[:, position] = kept[layer][:, position]
                    outcome = task.difference(model.output.logits).save()
                found.append(outcome)
        return torch.stack(found)

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        return self._replaced(cells, self._z(), self.task.corrupted)

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        nothing = torch.zeros(1, 1, self.task.shape.width)
        return self._replaced(cells, [nothing] * self.task.shape.layers, self.task.clean)

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        return self._replaced(cells, [z.mean((0, 1)) for z in self._z()], self.task.clean)

    def _z(self) -> Any:
        model = self.model
        with torch.no_grad(), model.trace(self.task.clean):
            kept = list().save()  # noqa: C408
            for layer in range(self.task.shape.layers):
                kept.append(model.transformer.h[layer].attn.c_proj.input)
        return kept

    def _replaced(self, cells: Sequence[Cell], values: Any, ids: Tensor) -> Tensor:
        model, task, size = self.model, self.task, self.size
        found = []
        with torch.no_grad():
            for layer, head in cells:
                start, stop = head * size, (head + 1) * size
                with model.trace(ids):
                    model.transformer.h[layer].attn.c_proj.input[:, :, start:stop] = values[layer][
                        ..., start:stop
                    ]
                    outcome = task.difference(model.output.logits).save()
                found.append(outcome)
        return torch.stack(found)


class Pyvene:
    def __init__(self, task: Task) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            import pyvene  # noqa: PLC0415

        self.task, self.pyvene, self.model = task, pyvene, copy.deepcopy(task.model)

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        found = []
        for position, model in self._models(cells, "block_input", "pos", self.pyvene.VanillaIntervention):
            found.append(self._outcome(model, self._pair(), {"sources->base": position}))
        return torch.stack(found)

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        found = []
        for head, model in self._head_models(cells, self.pyvene.VanillaIntervention):
            where = self._where(head)
            found.append(self._outcome(model, self._pair(), {"sources->base": (where, where)}))
        return torch.stack(found)

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        found = []
        for head, model in self._head_models(cells, self.pyvene.ZeroIntervention):
            found.append(self._outcome(model, self._clean(), {"base": self._where(head)}))
        return torch.stack(found)

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        # pyvene has no hook for z beside its own; the means are taken with plain ones.
        means = {layer: z.mean((0, 1)) for layer, z in Hooks(self.task).z(cells).items()}
        pairs, positions = self.task.clean.shape
        size = self.task.shape.width // self.task.shape.heads
        found = []
        models = self._head_models(cells, self.pyvene.VanillaIntervention)
        for (layer, _), (head, model) in zip(cells, models, strict=True):
            where = self._where(head)
            value = means[layer][head * size : (head + 1) * size].expand(pairs, 1, positions, size)
            _, output = model(
                self._clean()[0],
                unit_locations={"sources->base": (where, where)},
                source_representations={next(iter(model.interventions)): value},
            )
            found.append(self.task.difference(output.logits))
        return torch.stack(found)

    def _pair(self) -> tuple[Any, ...]:
        return {"input_ids": self.task.corrupted}, [{"input_ids": self.task.clean}]

    def _clean(self) -> tuple[Any, ...]:
        return ({"input_ids": self.task.clean},)

    def _outcome(self, model: Any, inputs: tuple[Any, ...], where: Any) -> Tensor:
        with torch.no_grad():
            _, output = model(*inputs, unit_locations=where)
        return self.task.difference(output.logits)

    def _where(self, head: int) -> Any:
        pairs, positions = self.task.clean.shape
        return [[[[head]] * pairs, [list(range(positions))] * pairs]]

    def _head_models(self, cells: Sequence[Cell], kind: Any) -> Iterator[tuple[int, Any]]:
        return self._models(cells, "head_attention_value_output", "h.pos", kind)

    def _models(
        self, cells: Sequence[Cell], component: str, unit: str, kind: Any
    ) -> Iterator[tuple[int, Any]]:
        made: dict[int, Any] = {}
        for layer, index in cells:
            if layer not in made:
                representation = self.pyvene.RepresentationConfig(layer, component, unit, 1)
                config = self.pyvene.IntervenableConfig(
                    model_type=type(self.model), representations=[representation], intervention_types=kind
                )
                made = {layer: self.pyvene.IntervenableModel(config, self.model)}
                made[layer].set_device("cpu")
                made[layer].disable_model_gradients()
            yield index, made[layer]


class Captum:
    """Features of one layer are ablated together: the cells of a layer, and the rest as one more."""

    def __init__(self, task: Task) -> None:
        from captum.attr import LayerFeatureAblation  # noqa: PLC0415

        self.task, self.ablation, self.transformer = task, LayerFeatureAblation, task.model.transformer

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        # captum clones all positional arguments, which a block's are not fit for: the module before it is.
        modules = [self.transformer.drop, *self.transformer.h[:-1]]
        kept = self._outputs(modules)
        mask = torch.arange(self.task.positions).view(1, -1, 1).expand(1, -1, self.task.shape.width)
        return self._sweep(cells, modules, kept, mask, self.task.corrupted, to_input=False)

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        return self._heads(cells, Hooks(self.task).z(cells), self.task.corrupted)

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        return self._heads(cells, dict.fromkeys((layer for layer, _ in cells), 0.0), self.task.clean)

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        z = Hooks(self.task).z(cells)
        means = {layer: x.mean((0, 1), keepdim=True).expand_as(x).contiguous() for layer, x in z.items()}
        return self._heads(cells, means, self.task.clean)

    def _heads(self, cells: Sequence[Cell], baselines: Any, ids: Tensor) -> Tensor:
        size = self.task.shape.width // self.task.shape.heads
        mask = torch.arange(self.task.shape.heads).repeat_interleave(size).view(1, 1, -1)
        mask = mask.expand(1, self.task.positions, -1)
        modules = [block.attn.c_proj for block in self.transformer.h]
        return self._sweep(cells, modules, baselines, mask, ids, to_input=True)

    def _sweep(
        self,
        cells: Sequence[Cell],
        modules: Sequence[Any],
        baselines: Any,
        mask: Tensor,
        ids: Tensor,
        *,
        to_input: bool,
    ) -> Tensor:
        def outcome(tokens: Tensor) -> Tensor:
            return self.task.differences(self.task.model(tokens).logits[:, -1])

        found = torch.zeros(len(cells))
        with torch.no_grad():
            plain = outcome(ids)
            for layer in dict.fromkeys(layer for layer, _ in cells):
                wanted = [index for at, index in cells if at == layer]
                features = torch.full_like(mask, len(wanted))
                for number, index in enumerate(wanted):
                    features[mask == index] = number
                change = self.ablation(outcome, modules[layer]).attribute(
                    ids,
                    layer_baselines=baselines[layer],
                    layer_mask=features,
                    attribute_to_layer_input=to_input,
                )
                change = change[0] if isinstance(change, tuple) else change
                for number, index in enumerate(wanted):
                    at = (features[0] == number).nonzero()[0]
                    # captum reports the plain outcome minus the ablated one.
                    found[cells.index((layer, index))] = (plain - change[:, at[0], at[1]]).mean()
        return found

    def _outputs(self, modules: Sequence[Any]) -> list[Tensor]:
        kept: list[Tensor] = []
        handles = [
            module.register_forward_hook(
                lambda _module, _args, out: kept.append((out[0] if isinstance(out, tuple) else out).clone())
            )
            for module in modules
        ]
        with torch.no_grad():
            self.task.model(self.task.clean)
        for handle in handles:
            handle.remove()
        return kept


PEERS: dict[str, Callable[[Task], Any]] = {
    "TransformerLens": TransformerLens,
    "nnsight": NNsight,
    "pyvene": Pyvene,
    "captum": Captum,
}


def _tokenizer(vocabulary: int) -> Any:
    """Some insist on one, on disk."""
    from tokenizers import Tokenizer, models  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(vocabulary)}, unk_token="w0"))
    made = PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="w0", eos_token="w0", pad_token="w0", unk_token="w0"
    )
    folder = tempfile.mkdtemp()
    made.save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)
