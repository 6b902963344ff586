"""The versions of the rules. A ranking names its version, and the same version ranks the same for ever.

Before a weight or a number changes, the set in force is written out here under its version with its own weights, and
CURRENT gets a new version.
"""

from collections.abc import Mapping
from types import MappingProxyType

from hub.matching.criteria import DEFAULT_WEIGHTS
from hub.matching.model import RuleSet

CURRENT = RuleSet(version="2026-11", weights=MappingProxyType(DEFAULT_WEIGHTS))

RULESETS: Mapping[str, RuleSet] = MappingProxyType({each.version: each for each in (CURRENT,)})
