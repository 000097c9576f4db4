"""What the callbacks of XGBoost and LightGBM share: a report a round, checkpoints where they count, the way back.

Imports neither. Owns when a model is saved: before a report after which the trial may be paused, where the node will
soon be gone, and every ``save_every`` rounds; a model a round would cost more than the round. All scores so far lie
beside the model, so early stopping and learning rates of an attempt that goes on know the rounds before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import integer, integer_or_none, shown
from .base import ReportingCallback, is_save_due

if TYPE_CHECKING:
    from ..runtime.trial import Trial

HISTORY_FILE = "history.json"

History = dict[str, dict[str, list[float]]]  # by data set and metric: one score a round


class BoostingCallback(ReportingCallback):
    """Base of the callbacks that report one score after each round of boosting; the step is the number of rounds done.

    Args:
        trial: the objective's trial.
        monitor: "<data set>-<metric>", as in "valid_0-auc". None: the only one there is.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.
        save_every: rounds after which a checkpoint is saved in any case, against the loss of an attempt. None: only
            where the pruner may pause the trial, and where its node will soon be gone.

    Raises:
        ValueError: ``monitor`` is not of that form; ``save_every`` is no integer >= 1.
    """

    library: str
    model_file: str  # of the checkpoint: the model in the library's own format
    way_to_evaluate: str  # in messages

    def __init__(
        self, trial: Trial, monitor: str | None = None, *, save: bool = True, save_every: int | None = None
    ) -> None:
        if monitor is not None and (not isinstance(monitor, str) or "-" not in monitor):
            raise ValueError(
                f"monitor must be '<data set>-<metric>', as in 'valid_0-auc', got {shown(monitor)}; None takes the "
                "only score there is."
            )
        super().__init__(trial, monitor or "", unit="round", units=("round",), save=save)
        self._save_every = integer_or_none("save_every", save_every, 1, "None saves where the pruner may pause")
        self._model: Path | None = None
        self._past: History = {}  # the rounds of the attempts before
        self._done = 0  # rounds that the checkpoint holds
        self._total: int | None = None  # rounds of the whole trial, where that is known
        directory = self._checkpoint_with(self.model_file)
        if directory is not None:
            self._read(directory)

    def remaining(self, num_boost_round: int) -> int:
        """How many of ``num_boost_round`` rounds are still to be trained: all of them on a first attempt.

        Raises:
            ValueError: no integer >= 1.
        """
        self._total = integer("num_boost_round", num_boost_round, 1, "it counts the rounds of the whole trial")
        return max(0, self._total - self._done)

    # --- a round -----------------------------------------------------------------------------------------------------

    def _after_round(self, done: int, history: Mapping[str, Mapping[str, Any]], save: Callable[[str], Any]) -> None:
        """Save if that is due, report, and raise TrialPruned if that is the pruner's decision.

        Args:
            done: rounds done, those of earlier attempts included.
            history: all scores so far, by data set and metric; in a cross-validation (mean, deviation) of each round.
            save: writes the model to a path.
        """
        value = self._score(history)
        if self.save and done != self._total and self._saves_now(done):  # from the last round nothing goes on
            with self.trial.checkpoint_dir(done) as directory:
                save(str(directory / self.model_file))
                text = json.dumps({"rounds": done, "value": value, "history": history})
                (directory / HISTORY_FILE).write_text(text)
        if self._report(value, done):
            raise self._pruned()

    def _saves_now(self, done: int) -> bool:
        is_asked_for = self._save_every is not None and done % self._save_every == 0
        return is_asked_for or is_save_due(self.trial, done)

    def _score(self, history: Mapping[str, Mapping[str, Any]]) -> float:
        newest = {f"{data}-{metric}": scores[-1] for data, found in history.items() for metric, scores in found.items()}
        if not newest:
            raise ValueError(f"{self.library} evaluated nothing, so nothing can be reported; {self.way_to_evaluate}.")
        if not self.monitor:
            if len(newest) > 1:
                raise ValueError(
                    f"{self.library} evaluated {len(newest)} scores: {', '.join(map(repr, sorted(newest)))}. Say which "
                    "one the trial reports: monitor='<data set>-<metric>'."
                )
            self.monitor = next(iter(newest))
        values = {name: score[0] if isinstance(score, tuple) else score for name, score in newest.items()}
        return self._monitored(values, "evaluated", self.way_to_evaluate + ".")

    def _read(self, directory: Path) -> None:
        found = json.loads((directory / HISTORY_FILE).read_text())
        self._model, self._past = directory / self.model_file, found["history"]
        self._value = found["value"]
        self._done = self._reported = found["rounds"]


__all__ = ["BoostingCallback", "History"]
