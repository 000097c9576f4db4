"""A pilot: a run of random configurations, by which a larger one can be planned. Makes its settings; runs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ..core.messages import RunStarted
from ..core.protocols import Sampler
from ..runtime.config import RunConfig
from ..samplers import AutoSampler, sampler_from_spec
from ..samplers.pilot import PilotSampler
from ..trial import TrialState


def piloted(
    config: RunConfig, pilot: int, last_run: RunStarted | None, states: Mapping[TrialState, int]
) -> RunConfig:
    """The settings of a run that starts ``pilot`` random configurations.

    Args:
        config: what the run would be without.
        pilot: how many.
        last_run: the start of the study's latest run: its sampler goes on after the pilot where none is given.
        states: how many trials the study has in each state.

    Raises:
        ValueError: ``n_trials`` is given too; the sampler has a grid, or cannot be made again from what is recorded.
    """
    if config.n_trials is not None:
        raise ValueError(
            f"give either pilot (random configurations) or n_trials (the sampler's), got pilot={pilot} and "
            f"n_trials={config.n_trials}."
        )
    base: Sampler = config.sampler or _recorded(last_run) or AutoSampler()
    if isinstance(base, PilotSampler):  # of an earlier pilot
        base = base.base_sampler
    return replace(config, n_trials=pilot, sampler=PilotSampler(base, sum(states.values()) + pilot))


def _recorded(last_run: RunStarted | None) -> Sampler | None:
    spec = {} if last_run is None else json.loads(last_run.sampler)
    return sampler_from_spec(spec) if spec else None


__all__ = ["piloted"]
