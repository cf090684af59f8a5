"""Which experiments speak to which claim, and why."""

from claimlint.linking.link import link
from claimlint.linking.model import Link

__all__ = ["Link", "link"]
