"""``python -m claimlint`` is the same program as ``claimlint``."""

from claimlint.cli import main

main()
