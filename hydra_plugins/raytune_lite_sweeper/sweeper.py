"""The class that Hydra makes of ``hydra.sweeper``. The work is done in ``raytune_lite.integrations.hydra``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from raytune_lite.integrations.hydra.sweep import Sweep


class RaytuneLiteSweeper(Sweeper):
    """Runs each job of a ``--multirun`` as a trial of one study.

    Args:
        settings: see ``raytune_lite.integrations.hydra.settings``.
    """

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._sweep: Sweep | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Check the settings. Called by Hydra before ``sweep``."""
        from raytune_lite.integrations.hydra.sweep import Sweep  # heavy: only where this sweeper was chosen

        self._sweep = Sweep(self._settings, hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        """Run the jobs. Called by Hydra.

        Args:
            arguments: the overrides of the command line.

        Raises:
            RuntimeError: ``setup`` was not called.
        """
        if self._sweep is None:
            raise RuntimeError("RaytuneLiteSweeper.sweep() was called before setup(); Hydra calls both, in this order.")
        self._sweep.run(arguments)
