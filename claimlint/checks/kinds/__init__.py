"""The rule kinds. A new rule is a file under ``rules/checks/``; a new kind of rule is a class listed here."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from claimlint.checks.kinds.adequacy import Adequacy
from claimlint.checks.kinds.asks import Asks
from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.kinds.concludes import Concludes
from claimlint.checks.kinds.configuration import Configuration
from claimlint.checks.kinds.convergence import Convergence
from claimlint.checks.kinds.drift import Drift
from claimlint.checks.kinds.gap import Gap
from claimlint.checks.kinds.headline import Exploratory, Outruns
from claimlint.checks.kinds.identification import NoIdentification
from claimlint.checks.kinds.linkage import Dangling, Unbound, Unlinked
from claimlint.checks.kinds.manifest_state import HollowManifest, NoManifest, OnlyPlans
from claimlint.checks.kinds.notices import Hygiene, Reading
from claimlint.checks.kinds.scope import Scope
from claimlint.checks.kinds.true_factors import Identified

AnyKind = Annotated[
    Adequacy
    | Asks
    | Concludes
    | Configuration
    | Convergence
    | Dangling
    | Drift
    | Exploratory
    | Gap
    | HollowManifest
    | Hygiene
    | Identified
    | NoIdentification
    | NoManifest
    | OnlyPlans
    | Outruns
    | Reading
    | Scope
    | Unbound
    | Unlinked,
    Field(discriminator="kind"),
]

KINDS: tuple[type[RuleKind], ...] = get_args(get_args(AnyKind)[0])
