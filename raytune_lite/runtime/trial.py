"""Trial: the objective's handle. Method names and rules are Optuna's.

Knows no Ray, no database and no pruner. What it buffers, and how that reaches the driver, is in ``delivery``.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base_trial import BaseTrial, constraint_value
from ..checkpoints.store import CheckpointStore
from ..core.bounds import MAX_STEP, check_constraint, check_distribution
from ..core.messages import Assignment, Decision, ParamValue
from ..distributions import CategoricalDistribution, Distribution, as_distribution, check_compatibility
from ..notebook import html_table, one_line
from .delivery import Channel, Delivery
from .host import Host, RealHost
from .reported import checked_step, checked_values
from .saving import Saving
from .trial_study import TrialForLibraries, attr_text
from .worker_settings import StudyFacts


class Trial(TrialForLibraries, BaseTrial):
    """One attempt of one trial, as the objective sees it. Method names and rules are Optuna's.

    Beyond Optuna: ``save_checkpoint``, ``load_checkpoint``, ``checkpoint_dir``, ``should_checkpoint``, ``attempt``,
    ``resumed_from_step``.
    """

    def __init__(
        self,
        assignment: Assignment,
        channel: Channel,
        checkpoints: Callable[[], CheckpointStore],
        n_objectives: int = 1,
        time_limit: float = math.inf,
        host: Host | None = None,
        gpus: str = "",
        study: StudyFacts | None = None,
    ) -> None:
        self.number, self.attempt = assignment.number, assignment.attempt
        self._describe(assignment, study)
        self._checkpoints, self._n_objectives = checkpoints, n_objectives
        host = host or RealHost()
        self.delivery = Delivery(assignment, channel, host, time_limit, gpus)
        self.saving = Saving(assignment, self.delivery, checkpoints, host)
        self._fixed = {name: json.loads(text) for name, text in assignment.fixed}
        self._suggested = {param.name: param for param in assignment.suggested}
        self._params = {param.name: param for param in assignment.params}
        self._user_attrs, self._constraints = dict(assignment.user_attrs), dict(assignment.constraints)
        self._seen: set[int] = set()  # steps reported in this attempt
        self._first_step = 0 if assignment.parent is None else assignment.parent.checkpoint.step + 1

    def __repr__(self) -> str:
        return one_line("Trial", [("number", self.number), ("attempt", self.attempt), ("params", self.params)])

    def __dir__(self) -> list[str]:
        """What an objective may use; ``delivery`` and ``saving`` are for the attempt that calls it."""
        return [name for name in object.__dir__(self) if name not in ("delivery", "saving")]

    def _repr_html_(self) -> str:
        return html_table(f"Trial {self.number}", [("attempt", self.attempt), *self.params.items()])

    # --- parameters ------------------------------------------------------------------------------------------------

    def _suggest(self, name: str, distribution: Any) -> Any:
        distribution = as_distribution(distribution)  # libraries that are written for Optuna call this with theirs
        known = self._params.get(name) if isinstance(name, str) else None
        if known is None or not self.delivery.is_over:  # a trial that is over still says what it had
            self.delivery.check()
        if known is None:
            check_distribution(name, distribution)
            known = self._choose(name, distribution.as_recorded())
        elif known.distribution != distribution:
            check_compatibility(name, known.distribution, distribution)
            warnings.warn(
                f"trial {self.number}: parameter {name!r} was suggested twice, with {known.distribution} and "
                f"{distribution}; the first value stands.",
                RuntimeWarning,
                stacklevel=3,
            )
            distribution = known.distribution
        return self._as_given(known, distribution)

    def _as_given(self, known: ParamValue, distribution: Distribution) -> Any:
        """The value by the distribution of this very call: a tuple that the objective gave is no list here."""
        self._params[known.name] = ParamValue(name=known.name, value=known.value, distribution=distribution)
        return distribution.to_external_repr(known.value)

    def _choose(self, name: str, distribution: Distribution) -> ParamValue:
        if name in self._fixed:
            for used, old in self._assignment.used:
                if used == name:
                    check_compatibility(name, old, distribution)
            return self._noted(name, self._fixed_value(name, distribution), distribution)
        suggested = self._suggested.get(name)
        if suggested is not None:
            check_compatibility(name, suggested.distribution, distribution)
            if distribution.contains(suggested.value):
                return self._noted(name, suggested.value, distribution)
        if self._fixed and self.delivery.has_params:
            self.delivery.flush()  # a sampler that follows a tree must know in which order parameters were asked for
        return self.delivery.suggest(name, distribution)

    def _fixed_value(self, name: str, distribution: Distribution) -> float:
        value = distribution.to_internal_repr(self._fixed[name])
        if not distribution.contains(value):
            raise ValueError(
                f"trial {self.number}: parameter {name!r} is fixed to {self._fixed[name]!r} (a grid cell or an "
                f"enqueued trial), which is not in {distribution}; widen the range, or change the fixed value."
            )
        return value

    def _noted(self, name: str, value: float, distribution: Distribution) -> ParamValue:
        param = ParamValue(name=name, value=value, distribution=distribution)
        size = len(repr(distribution)) if isinstance(distribution, CategoricalDistribution) else 200
        self.delivery.add_param(param, size)
        return param

    @property
    def params(self) -> dict[str, Any]:
        """Parameters suggested so far, by name."""
        return {name: p.distribution.to_external_repr(p.value) for name, p in self._params.items()}

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Distributions of the parameters suggested so far."""
        return {name: p.distribution for name, p in self._params.items()}

    # --- attributes ------------------------------------------------------------------------------------------------

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Attributes set so far, by earlier attempts too."""
        return {key: json.loads(text) for key, text in self._user_attrs.items()}

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store a JSON-able attribute with the trial.

        Raises:
            TypeError: the value is not JSON-able.
            ValueError: the key or the value is too long.
        """
        text = attr_text("user attribute", key, value)
        self._user_attrs[key] = text
        self.delivery.add_attr(key, text)

    @property
    def constraints(self) -> dict[str, float]:
        """Constraints set so far, by earlier attempts too."""
        return dict(self._constraints)

    def set_constraint(self, key: str, value: float) -> None:
        """Tell how far a constraint is missed: the trial is feasible when none of its constraints is above 0.

        The first value of a key stands; a second one is ignored with a warning. Samplers prefer feasible trials.

        Raises:
            TypeError, ValueError: the value is not a number, or the key is not a str that can be stored.
        """
        self.delivery.check()
        found = constraint_value(key, value)
        check_constraint(key, found)
        if key in self._constraints:
            warnings.warn(
                f"trial {self.number}: constraint {key!r} was set already; the first value stands.", stacklevel=2
            )
            return
        self._constraints[key] = found
        self.delivery.add_constraint(key, found)

    # --- reports and decisions ---------------------------------------------------------------------------------------

    def report(self, value: float | Sequence[float], step: int) -> None:
        """Tell an intermediate value. Buffered: it travels when a decision is due, each second, and at the end.

        Args:
            value: what the study minimises or maximises, at this step: a number, or with several objectives one for
                each, ``report((loss, latency), step)``.
            step: an integer >= 0, in the unit of the pruner's ``min_resource`` (epochs, say). The first report of
                a step stands, also that of the trial from which this one goes on; a second one is ignored with a
                warning.

        Raises:
            TypeError: value or step is not a number, or value is not one number an objective.
            ValueError: step is negative.
        """
        if type(value) is float and self._n_objectives == 1 and type(step) is int and 0 <= step <= MAX_STEP:
            values: tuple[float, ...] = (value,)
        else:
            values = checked_values(self.number, self._n_objectives, value, step)
            step = checked_step(self.number, step)
        delivery = self.delivery
        with delivery.lock:
            is_new = step not in self._seen and step >= self._first_step
            self._seen.add(step)
            is_full = is_new and delivery.add_report(values, step)
        delivery.check()  # only now: the report counts, also if the attempt must end here
        if is_full:
            delivery.flush()
        elif not is_new:
            whose = f" by trial {self.parent}, from which it goes on" if step < self._first_step else ""
            warnings.warn(
                f"trial {self.number}: step {step} was reported already{whose}; the first value stands.", stacklevel=2
            )

    def should_prune(self) -> bool:
        """Whether to end this attempt now (``raise TrialPruned()``): the pruner said PAUSE or STOP.

        One round trip where a decision is due, else none.

        Raises:
            CheckpointDiskError: a checkpoint from which the trial would go on after a pause could not be uploaded.
        """
        delivery = self.delivery
        if delivery.is_over:
            return delivery.decision is not Decision.CONTINUE
        if delivery.newest >= delivery.next_due:
            self.saving.before_decision()
        delivery.take_turn()  # a heartbeat may be carrying the very report that is being decided
        try:
            delivery.check()
            if delivery.decision is Decision.CONTINUE and delivery.newest >= delivery.next_due:
                delivery.flush()
                delivery.check()
            return delivery.decision is not Decision.CONTINUE
        finally:
            delivery.delivering.release()

    # --- checkpoints -------------------------------------------------------------------------------------------------

    @property
    def parent(self) -> int | None:
        """The trial from whose checkpoint this one goes on, with other parameters (PBTPruner); None for all others."""
        return None if self._assignment.parent is None else self._assignment.parent.number

    @property
    def resumed_from_step(self) -> int | None:
        """Step of the checkpoint this attempt starts from, or None. The first step of this attempt is the next one."""
        return self._assignment.checkpoint.step if self._assignment.checkpoint else None

    def should_checkpoint(self) -> bool:
        """Whether to save now, beside the usual times: this node is drained or preempted, and will soon be gone.

        The attempt ends when it has saved, at no cost of retries, and the trial goes on from there on another node.
        One that does not save runs on until its node is gone. Costs no message, and raises nothing.
        """
        return self.delivery.is_leaving

    def save_checkpoint(self, state: Mapping[str, Any], step: int) -> None:
        """Store ``state`` (tensors, numbers, strings and containers of them) as the trial's checkpoint.

        When this returns it is on disk and recorded; the previous one may then be deleted. Where checkpoints lie at a
        URL, it is on this machine's disk, and is uploaded while the objective goes on; before a decision that may pause
        the trial, and at the end of the attempt, ``should_prune`` and the attempt wait for it. ``step`` is that of the
        report that belongs to it: an attempt that resumes begins with the next one.

        Raises:
            CheckpointDiskError: the disk is full, or fails; or the upload of an earlier one failed. A trial that lets
                it pass is tried again later from its previous checkpoint, see ``RetryPolicy.checkpoint_disk``; one that
                catches it goes on without saving.
            CheckpointError: not storable; the previous checkpoint stays.
        """
        with self.checkpoint_dir(step) as directory:
            from ..checkpoints.state_files import save_state  # with numpy, which a trial may do without

            save_state(directory, state)

    @contextmanager
    def checkpoint_dir(self, step: int) -> Iterator[Path]:
        """An empty directory to write a checkpoint into; published when the block ends without an exception.

        ``step``: as of ``save_checkpoint``, where it also stands when it is published.

        Raises:
            CheckpointDiskError: the disk is full, or fails, also where the block's own code finds it out.
            CheckpointError: the directory cannot be made, or what the block wrote is no checkpoint.
        """
        self.delivery.check()
        step = checked_step(self.number, step)
        with self.saving.write(step) as directory:
            yield directory
        self.delivery.saved(step)

    def load_checkpoint(self) -> Any:
        """What the last attempt saved, on whatever node; None on a first attempt or when none was saved.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
            CheckpointDiskError: the disk fails.
        """
        with self.delivery.time.saving():
            directory = self.saving.read()
            if directory is None:
                return None
            from ..checkpoints.state_files import load_state

            return load_state(directory)

    def load_checkpoint_dir(self) -> Path | None:
        """Directory of the checkpoint to resume from (read only), verified; None when there is none.

        It stays as long as this attempt, whatever the attempt saves meanwhile.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
            CheckpointDiskError: the disk fails.
        """
        with self.delivery.time.saving():
            return self.saving.read()


__all__ = ["Trial"]
