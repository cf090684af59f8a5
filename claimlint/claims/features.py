"""What the second opinion sees: words, cues, how the sentence is built, and what came before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from claimlint.claims.signs import Signs
from claimlint.claims.stance import Stance
from claimlint.claims.text import MASKS

# A formula is most often a number that was set as one.
WORD_OF_MASK = {mask: f"<{'num' if name == 'MATH' else name.lower()}>" for name, mask in MASKS.items()}
HEADING = re.compile(r"[^\W\d_]+")
LONGEST = 60
SHORT = 4

Classes = Mapping[str, tuple[str, ...]]


def features(signs: Signs, stance: Stance, section: str, classes: Classes) -> dict[str, float]:
    """Named values; what is absent is 0. ``classes`` are those of each word that has any."""
    words = [WORD_OF_MASK.get(text[0], text) for text in signs.words.texts]
    names = [*_words(signs, words), *_senses(words, classes), *_cues(signs), *stance.build, *_main(signs)]
    found = dict.fromkeys(names, 1.0)
    for hit in signs.hits:
        if hit.cue.kind and signs.counts(hit):
            name = f"kind {hit.cue.kind}"
            found[name] = max(found.get(name, 0.0), hit.cue.strength)
    for name, votes in stance.scores.items():
        found[f"votes {name}"] = votes / 3
    for word in HEADING.findall(section.lower()):
        found[f"heading {word}"] = 0.5
    found["length"] = min(len(signs.words.texts), LONGEST) / 30
    found["numbers"] = min(4, signs.masked.count(" " + MASKS["NUM"]) + len(signs.quantities)) / 4
    found["capitals"] = signs.capitals
    return found


def context(before: Signs | None, stance: Stance | None, classes: Classes) -> dict[str, float]:
    """What the sentence before says about this one."""
    if before is None or stance is None:
        return {"first": 1.0}
    main = before.main
    found = dict.fromkeys(
        (
            f"before subject {main.subject}",
            f"before form {main.form}",
            f"before verb {main.verb}",
            f"before {stance.name}",
        ),
        1.0,
    )
    found |= {f"before sense {name}": 1.0 for text in before.words.texts for name in classes.get(text, ())}
    found |= {f"before votes {name}": votes / 3 for name, votes in stance.scores.items()}
    found |= {f"before tag {tag}": 1.0 for tag in before.tags}
    found |= {f"before kind {hit.cue.kind}": 1.0 for hit in before.hits if hit.cue.kind}
    return found


def _words(signs: Signs, words: list[str]) -> list[str]:
    found = [f"word {word}" for word in words]
    found += [f"words {first} {second}" for first, second in pairwise(words)]
    found += [f"start{at} {word}" for at, word in enumerate(words[:3])]
    found.append(f"start {' '.join(words[:2])}")
    found.append(f"end {signs.text.rstrip()[-1:]}")
    return found


def _senses(words: list[str], classes: Classes) -> list[str]:
    """The classes of the words, and of neighbours; a short word, or a sign, stands for itself among them."""
    senses = [
        classes.get(word) or (word if len(word) <= SHORT or not word.isalpha() else "?",) for word in words
    ]
    found = [f"sense {name}" for several in senses for name in several]
    found += [f"senses {one} {other}" for a, b in pairwise(senses) for one in a for other in b]
    return found


def _cues(signs: Signs) -> list[str]:
    found = []
    for hit in signs.hits:
        found.append(f"{'cue' if signs.asserted(hit) else 'muted'} {hit.cue.id}")
        if hit.cue.subject:
            found.append(f"cue {hit.cue.id} of {signs.subject(hit)}")
            found.append(f"kind {hit.cue.kind} of {signs.subject(hit)}")
    if signs.components:
        found.append("component")
    return found


def _main(signs: Signs) -> list[str]:
    main = signs.main
    return [
        f"verb {main.verb} {main.form}",
        f"{main.subject} does {main.verb}",
        f"head {main.head}",
        f"role {signs.role}",
        f"role {signs.role} {main.form}",
        f"role {signs.role} {main.subject}",
    ]
