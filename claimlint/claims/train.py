"""Fit the second opinion on our own sentences: ``python -m claimlint.claims.train corpus/sentences``.

Needs scikit-learn; equal sentences and packs give an equal file.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimlint.claims.engine import engine
from claimlint.claims.opinion import SCALE, WEIGHTS

FEWEST = 4
STRENGTH = 0.3
SMALLEST = 6


def main() -> None:
    from sklearn.feature_extraction import DictVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "corpus/sentences")
    sentences = [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")
    ]
    seen, labels = [], []
    for sentence in sentences:
        for section in dict.fromkeys((sentence.get("section") or "", "")):
            seen.append(_features(sentence, section))
            labels.append(sentence["kind"] if sentence["stance"] == "own" else sentence["stance"])
    often = Counter(name for features in seen for name in features)
    seen = [{name: v for name, v in features.items() if often[name] >= FEWEST} for features in seen]
    vectorizer = DictVectorizer()
    fitted = LogisticRegression(C=STRENGTH, max_iter=300).fit(vectorizer.fit_transform(seen), labels)
    weights = {
        name: pairs
        for at, name in enumerate(vectorizer.get_feature_names_out())
        if (pairs := list(_pairs(fitted.coef_[:, at])))
    }
    raw = {
        "labels": list(fitted.classes_),
        "bias": [round(SCALE * value) for value in fitted.intercept_],
        "weights": weights,
    }
    WEIGHTS.write_text(_laid_out(raw), encoding="utf-8")
    print(f"{len(sentences)} sentences, {len(weights)} features -> {WEIGHTS}")


def _features(sentence: dict[str, Any], section: str) -> dict[str, float]:
    return engine().features(sentence["text"], section=section, previous=sentence.get("previous") or "")


def _pairs(values: Any) -> Iterator[int]:
    for at, value in enumerate(values):
        if abs(whole := round(SCALE * value)) >= SMALLEST:
            yield from (at, whole)


def _laid_out(raw: dict[str, Any]) -> str:
    """One feature a line, so that two versions can be compared."""
    lines = [
        f"{json.dumps(name)}:{json.dumps(pairs, separators=(',', ':'))}"
        for name, pairs in raw["weights"].items()
    ]
    head = f'{{"labels":{json.dumps(raw["labels"])},\n"bias":{json.dumps(raw["bias"])},\n"weights":{{\n'
    return head + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    main()
