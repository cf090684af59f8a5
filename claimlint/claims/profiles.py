"""Which rung each kind of claim stands on."""

from __future__ import annotations

from collections.abc import Mapping

from claimlint.errors import ClaimlintError, near_name

JOSHI2026 = {
    "association": 1,
    "effect": 2,
    "role": 2,
    "sufficiency": 2,
    "necessity": 3,
    "mechanism": 3,
    "uniqueness": 3,
    "counterfactual": 3,
    "performance": 0,
    "none": 0,
}
# Strictly by Pearl, only a statement about one case is counterfactual.
PEARL = JOSHI2026 | {"necessity": 2, "mechanism": 2, "uniqueness": 2}
PROFILES: Mapping[str, Mapping[str, int]] = {"joshi2026": JOSHI2026, "pearl": PEARL}


def levels(profile: str, own: Mapping[str, Mapping[str, int]] | None = None) -> Mapping[str, int]:
    """The level of each kind; a user's profile names only what differs from the default.

    Raises:
        ClaimlintError: no profile has that name.
    """
    if own and profile in own:
        return JOSHI2026 | dict(own[profile])
    if profile in PROFILES:
        return PROFILES[profile]
    known = [*PROFILES, *(own or {})]
    raise ClaimlintError(
        f"profile {profile!r} is not known.{near_name(profile, known)}",
        "The level of every claim comes from the profile.",
        f"Use one of {', '.join(known)}, or define it in the config under [profiles.{profile}].",
    )
