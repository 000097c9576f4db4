"""A study as other libraries see it: in Optuna's class, and by the private names that Optuna's friends use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..trial import FrozenTrial, TrialState
from .asked import Asked
from .commands import Commands

if TYPE_CHECKING:
    from ..integrations.optuna.reading import ReadStudy, StudyStorage


class ForLibraries(Commands):
    """The half of a Study that libraries written for Optuna need."""

    _asked: Asked

    def as_optuna(self) -> ReadStudy:
        """This study in Optuna's class, for functions of Optuna's and of OptunaHub; it is read whenever they read it.

        ``raytune_lite.visualization``, ``importance``, ``terminator`` and ``artifacts`` do this by themselves.

        Raises:
            ImportError: Optuna is not installed; it is an optional extra.
        """
        try:
            from ..integrations.optuna.reading import ReadStudy
        except ImportError as error:
            raise ImportError(
                f"as_optuna() needs Optuna, which cannot be imported ({error}): pip install 'raytune-lite[optuna]'."
            ) from error
        return ReadStudy(self)

    def stop(self) -> None:
        """See Study."""
        raise NotImplementedError

    @property
    def _storage(self) -> StudyStorage:
        """By which callbacks of Optuna's friends reach attributes."""
        from ..integrations.optuna.reading import StudyStorage

        return StudyStorage(self)

    @property
    def _study_id(self) -> int:
        return self.study_id

    def _is_multi_objective(self) -> bool:
        return len(self.directions) > 1

    def _get_trials(
        self, deepcopy: bool = True, states: Iterable[TrialState] | None = None, use_cache: bool = False  # noqa: ARG002
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy, states)


__all__ = ["ForLibraries"]
