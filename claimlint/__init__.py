"""claimlint: the linter for interpretability papers."""

__version__ = "0.1.0"
