"""A quick probe from before the study, as one writes it in an afternoon: no control, no groups.

    python -m experiments.demo.first_probe            records it in corpus/demo/manifest.json

It is there to be found: the demo paper quotes its score, and nothing stands beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from sklearn.linear_model import LogisticRegression
from transformers import AutoModelForCausalLM, AutoTokenizer

import claimlint
from experiments.demo.stories import SLOTS

HERE = Path(__file__).parent
LAYER = 4


def main() -> None:
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(HERE / "narrow-18", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(HERE / "narrow-18")
    lines = (HERE / "prompts" / "pronouns.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["clean"] for line in lines]
    states = []
    with torch.inference_mode():
        for text in texts:
            found = model(torch.tensor([tokenizer(text)["input_ids"]]), output_hidden_states=True)
            states.append(found.hidden_states[LAYER + 1][0, -1])
    features = torch.stack(states).numpy()
    days = [any(day in text.split() for day in SLOTS["day"]) for text in texts]
    half = len(texts) // 2
    probe = LogisticRegression(max_iter=1000).fit(features[:half], days[:half])
    right = probe.predict(features[half:]) == days[half:]
    with claimlint.record(
        "probe-day-l4",
        method="linear_probe",
        manifest=HERE.parents[1] / "corpus" / "demo" / "manifest.json",
        model="narrow-18",
        prompt_set="pronouns",
        seeds=[0],
        target={"layer": [LAYER], "site": "resid_post", "position": -1},
        behaviour="whether the sentence names a day",
        shown_in=["tab:probes"],
    ) as run:
        run.score("accuracy", float(right.mean()), unit="fraction")


if __name__ == "__main__":
    main()
