"""Tiny models (every parameter random, so that a wrong hook shows), prompts and a tokenizer for them."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import transformers as tr
from tokenizers import Tokenizer, models, pre_tokenizers

from claimlint.backend.prompts import Prompt, PromptSet, prompt_set

VOCABULARY, WIDTH, LAYERS, HEADS = 97, 32, 3, 4

_BASE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_GQA = {**_BASE, "num_key_value_heads": 2}
_GPT: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "n_embd": WIDTH,
    "n_layer": LAYERS,
    "n_head": HEADS,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ENCODERS = ("bert", "distilbert", "roberta")
"""They see later tokens, predict the masked one, and normalise the sums of the stream and its writes."""

MASKED = 4
"""Position that encoders predict in ``random_pairs``."""

_LOCAL_GLOBAL = ["sliding_attention", "sliding_attention", "full_attention"]
_EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}


def _config(architecture: str) -> Any:
    makers: dict[str, Any] = {
        "gpt2": lambda: tr.GPT2Config(**_GPT),
        "gpt_neo": lambda: tr.GPTNeoConfig(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_layers=LAYERS,
            num_heads=HEADS,
            attention_types=[[["global", "local"], 1], [["global"], 1]],
            max_position_embeddings=64,
            window_size=4,
            bos_token_id=1,
            eos_token_id=2,
        ),
        "gptj": lambda: tr.GPTJConfig(**_GPT, rotary_dim=4),
        "gpt_neox": lambda: tr.GPTNeoXConfig(**_BASE),
        "llama": lambda: tr.LlamaConfig(**_GQA),
        "mistral": lambda: tr.MistralConfig(**_GQA, sliding_window=4),
        "mixtral": lambda: tr.MixtralConfig(**_GQA, num_local_experts=4),
        "qwen2": lambda: tr.Qwen2Config(**_GQA),
        "qwen3": lambda: tr.Qwen3Config(**_GQA, head_dim=16),
        "qwen3_moe": lambda: tr.Qwen3MoeConfig(
            **_GQA, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32
        ),
        "gemma": lambda: tr.GemmaConfig(**_GQA, head_dim=16),
        "gemma2": lambda: tr.Gemma2Config(**_GQA, head_dim=16, sliding_window=4),
        "gemma3_text": lambda: tr.Gemma3TextConfig(
            **_GQA, head_dim=16, sliding_window=4, layer_types=_LOCAL_GLOBAL
        ),
        "olmo2": lambda: tr.Olmo2Config(**_GQA),
        "phi": lambda: tr.PhiConfig(**_BASE),
        "phi3": lambda: tr.Phi3Config(**_GQA),
        "cohere": lambda: tr.CohereConfig(**_GQA),
        "granite": lambda: tr.GraniteConfig(**_GQA),
        "gpt_oss": lambda: tr.GptOssConfig(**_GQA, **_EXPERTS, head_dim=8, sliding_window=4),
        "stablelm": lambda: tr.StableLmConfig(**_GQA),
        "starcoder2": lambda: tr.Starcoder2Config(**_GQA),
        "opt": lambda: tr.OPTConfig(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            ffn_dim=64,
            max_position_embeddings=64,
            word_embed_proj_dim=WIDTH,
        ),
        "bloom": lambda: tr.BloomConfig(
            vocab_size=VOCABULARY, hidden_size=WIDTH, n_layer=LAYERS, n_head=HEADS
        ),
        "falcon": lambda: tr.FalconConfig(
            vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS
        ),
        "bert": lambda: tr.BertConfig(**_BASE),
        "roberta": lambda: tr.RobertaConfig(**_BASE),
        "distilbert": lambda: tr.DistilBertConfig(
            vocab_size=VOCABULARY,
            dim=WIDTH,
            n_layers=LAYERS,
            n_heads=HEADS,
            hidden_dim=64,
            max_position_embeddings=64,
        ),
    }
    return makers[architecture]()


@cache
def tiny_model(architecture: str, dtype: torch.dtype = torch.float32) -> Any:
    """A random language model with 3 layers, 4 heads, width 32."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = tr.AutoModelForMaskedLM if architecture in ENCODERS else tr.AutoModelForCausalLM
    model = kind.from_config(_config(architecture)).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
        parameter.add_(torch.randn_like(parameter) * (0.1 if parameter.dim() == 1 else 0.15))
    if dtype == torch.float64:
        model.set_experts_implementation("eager")  # grouped kernels take no float64
    return model.to(dtype)


def tiny_tokenizer() -> Any:
    """Splits at spaces; a word with a hyphen splits once more, as rare words do in real vocabularies."""
    words = ["the", "key", "keys", "to", "doors", "is", "are", "near", "cat", "cats", "un-", "known"]
    vocabulary = {word: i + 3 for i, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="the"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("un-", "isolated")]
    )
    return tr.PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def random_pairs(n: int = 4, length: int = 9, changed: tuple[int, ...] = (2, 6), seed: int = 1) -> PromptSet:
    """Pairs of random token ids that differ at the changed positions, with random answers."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randint(3, VOCABULARY, shape, generator=generator)

    clean = draw(n, length)
    corrupted = clean.clone()
    for position in changed:
        corrupted[:, position] = (clean[:, position] - 3 + 1 + draw(n) % 90) % (VOCABULARY - 3) + 3
    right = draw(n)
    wrong = (right + 7) % VOCABULARY
    return prompt_set(
        Prompt(
            id=f"p{i}",
            clean=tuple(clean[i].tolist()),
            corrupted=tuple(corrupted[i].tolist()),
            answers=(int(right[i]), int(wrong[i])),
            positions={"changed": changed[0], "mask": MASKED},
        )
        for i in range(n)
    )
