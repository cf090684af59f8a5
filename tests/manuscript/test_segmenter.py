"""Where sentences end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.manuscript.segmenter import split


@pytest.mark.parametrize(
    "text",
    [
        "We show it.| It holds.",
        "Olsson et al. CITE show it.| We agree.",
        "It was shown by Li et al. (2021) and others.",
        "It was shown by Li et al. We agree with cf. CITE fully.".replace(" We", "| We"),
        "See Fig. 3 and Figs. REF and Eq. (2), Sec. REF, Tab. 4.| Then stop.",
        "Use a probe, e.g. a linear one, i.e., a matrix, vs. GPT-2, resp. Llama, approx. Ten.",
        "Dr. Smith and J. K. Lee measured it w.r.t. Layer 8.| It fell.",
        "Accuracy is 41.3% at v2.1.| Layer 9. The end.".replace("9. The", "9.| The"),
        "Is it causal?| Yes!| We think so.",
        "They say “it works.”| We doubt (see above.)| It fails.",
        "It works (CITE).| It fails.",
        "It fell... and rose again.| We stop...| The end.",
        "The loss is MATH.| p denotes the rate.",
        "The loss is MATH. where it ends.",
        "Effect of heads.| (a) All heads.| (b) Some heads.",
        "We probe GPT-2, Llama etc.| The rest is left.",
        "It is the state of the art.| Heads matter.",
        "See REF.| Heads matter.",
        "1. Heads copy names.| 2. They do.".replace("| 2.", "| 2."),
        "We use Appendix B.| The rest follows.",
        "See Appx. A.2 and App. B.| The rest follows.",
        "The U.S. Census data are i.i.d. samples.",
        "这是一个句子。|这是另一个！",
        "It takes 5 ms.| That is fast.",
        "Pages pp. 3 and No. 7 and vol. 2 matter.| No.| Yes.",
    ],
)
def test_boundaries(text: str) -> None:
    plain = text.replace("|", "")
    assert [plain[a:b] for a, b in split(plain)] == [part.strip() for part in text.split("|")]


@pytest.mark.parametrize("text", ["", "   ", "MATH", "MATH, MATH.", "(REF, CITE).", "...", "12", "4.1 (3)"])
def test_no_sentence_without_words(text: str) -> None:
    assert split(text) == ()


@given(st.text(alphabet='aB1 .!?()"”\t', max_size=80))
def test_sentences_are_trimmed_ordered_and_lose_no_word(text: str) -> None:
    found = split(text)
    assert all(text[a:b] == text[a:b].strip() and a < b for a, b in found)
    assert all(left[1] <= right[0] for left, right in pairwise(found))
    kept = "".join(text[a:b] for a, b in found)
    assert [c for c in kept if c.isalpha()] == [c for c in text if c.isalpha()]


def test_what_no_stop_divides_is_divided_at_a_space() -> None:
    text = "the gate opens and " * 2_000
    found = split(text)
    assert all(end - start <= 2_000 for start, end in found)
    assert " ".join(text[start:end] for start, end in found) == text.strip()
