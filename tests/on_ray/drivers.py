"""Which process drives a study."""

from __future__ import annotations

import re

import raytune_lite as rtl


def driver_pid(study: rtl.Study) -> int:
    """The process that owns the study: its driver actor."""
    owner = study._repository.owner(study._record)
    assert owner is not None, "nobody runs the study"
    found = re.match(r"process (\d+) ", owner.holder)
    assert found is not None, owner.holder
    return int(found[1])
