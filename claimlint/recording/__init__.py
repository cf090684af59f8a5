"""``claimlint.record``: what people's own scripts ran becomes manifest entries, graded ``recorded``."""

from claimlint.recording.record import record

__all__ = ["record"]
