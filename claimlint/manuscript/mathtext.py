"""Math as words: what reads like plain text stays, everything else becomes one token."""

from __future__ import annotations

import re

MATH = "MATH"
_SYMBOLS = {
    "times": "×", "cdot": "·", "pm": "±", "mp": "∓", "approx": "≈", "sim": "~", "simeq": "≈",
    "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "ll": "≪", "gg": "≫", "lt": "<", "gt": ">", "to": "→",
    "rightarrow": "→", "Rightarrow": "⇒", "longrightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔",
    "uparrow": "↑", "downarrow": "↓", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ",
    "epsilon": "ε", "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "ell": "ℓ", "infty": "∞", "circ": "°", "degree": "°", "ldots": "…", "dots": "…", "cdots": "…", "mid": "|",
    "vert": "|", "langle": "⟨", "rangle": "⟩", "in": "∈", "prime": "′", "star": "*", "ast": "*",
    "checkmark": "✓",
    "colon": ":", "quad": " ", "qquad": " ", "lvert": "|", "rvert": "|", "percent": "%", "div": "÷",
    "backslash": "\\",
    "left": "", "right": "", "big": "", "Big": "", "displaystyle": "", "limits": "", "nolimits": "",
}  # fmt: skip
_FONTS = re.compile(
    r"\\(?:mathrm|text|textrm|textit|textbf|textsc|texttt|textsf|mathbf|mathit|mathsf|mathtt|mathcal|operatorname\*?"
    r"|mbox|boldsymbol|bm|mathbb|hbox|ensuremath|rm|bf|it|mathnormal|textnormal|emph)(?![a-zA-Z])\s*"
)
COMMAND = re.compile(r"\\([a-zA-Z]+)")
_SPACES = re.compile(r"\\[,;:! ]|~|\\\s")
_NOISE = re.compile(r"\\(?:label|tag)\*?\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])|(?<!\\)%[^\n]*")
_NUMBERED = re.compile(r"_(\d+)\b|_\{(\d+)\}")
_RAISED = re.compile(r"\^\{([\w.+\-−*]*)\}|_\{(\w*)\}")
_STACKED = re.compile(r"[_^]\{")
# What may stand between the punctuation and the end of a formula.
_TAIL = re.compile(
    r"(?:[\s}$&]|\\(?:end\s*\{(?:aligned|alignedat|split|gathered|array|cases|[bpvBV]?matrix)\*?\}"
    r"|q?quad|right|[ \\]))+\Z"
)
_LONGEST_TAIL = 400
_LONGEST = 32
_READABLE = re.compile(r"[\w.,:;%±∓<>=≤≥≠≪≫≈~×·÷+\-–−/()\[\]|→←↔⇒↑↓°′*^∞…\s'#$&@∈!?]+")
_OPERATORS = re.compile(r"[\s<>=≤≥≠≪≫≈~×·±∓+\-→←↔⇒↑↓°*✓%|…]+")
_PROSE = re.compile(r"[A-Za-z][A-Za-z \-]{2,}")
_ONE_WORD = re.compile(
    r"\\(?:text|textrm|textit|textbf|textsc|texttt|textsf|mathrm|mathsf|mathtt|mbox)\s*\{([^{}$\\]{2,40})\}"
)


def inline(source: str, before_hyphen: bool = False) -> str:
    """The text of inline math, or ``MATH``.

    A number, a comparison, a layer's name or a lone operator can be read; a bare variable cannot, since ``a``
    or ``I`` would be taken for a word, except in a compound such as a *p*-value.
    """
    if len(source) > 6 * _LONGEST:
        return MATH
    word = _ONE_WORD.fullmatch(source.strip())
    if word:
        return word.group(1)
    text = _plain(source)
    if text is None or len(text) > _LONGEST:
        return MATH
    if before_hyphen and len(text) == 1 and text.isalpha():
        return text
    if any(c.isdigit() for c in text) and _READABLE.fullmatch(text):
        return text
    return text if text and _OPERATORS.fullmatch(text) else MATH


def display(source: str) -> str:
    """Displayed math as one word, with the punctuation that ends it."""
    body = _TAIL.sub("", _NOISE.sub("", source[-_LONGEST_TAIL:]))
    return MATH + (
        body[-1] if body and body[-1] in ".,;:" and not body.endswith(("\\,", "\\;", "\\:")) else ""
    )


def _plain(source: str) -> str | None:
    """The formula without its markup, or None where markup remains."""
    text = _NOISE.sub("", source)
    text = _SPACES.sub(" ", _FONTS.sub("", text)).replace("{,}", ",").replace("\\%", "%").replace("\\#", "#")
    text = COMMAND.sub(
        lambda m: _SYMBOLS.get(m.group(1), m.group()), text.replace("\\$", "$").replace("\\&", "&")
    )
    text = _NUMBERED.sub(lambda m: m.group(1) or m.group(2), text)
    text = _RAISED.sub(lambda m: f"^{m.group(1)}" if m.group(1) is not None else f"_{m.group(2)}", text)
    if _STACKED.search(text):
        return None
    text = " ".join(text.replace("{", "").replace("}", "").replace("^°", "°").replace("^′", "′").split())
    return None if "\\" in text else text
