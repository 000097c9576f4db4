"""Study: what a user holds. Optuna's names and meanings; Ray's where Ray has the concept.

A Study owns no decision. Reading goes to the database (``results``); everything that changes the study goes through the
one session that owns it: in this process (ask, tell, enqueue, ``executor="inline"``), or in the driver actor on Ray.
"""

from __future__ import annotations

import gc
import json
import operator
import shutil
import tempfile
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from .arguments import as_integer, integer, integer_or_none, shown
from .checkpoints.layout import DEFAULT_BASE, study_directory
from .core import messages as m
from .core.bounds import check_name
from .core.protocols import Pruner, Sampler
from .core.retries import RetryPolicy
from .distributions import Distribution
from .exceptions import DuplicatedStudyError
from .results import Results, check_findable
from .runtime.attempt import AttemptResult, check_values
from .runtime.failures import InvalidResult, kind_of
from .runtime.inline import LocalSession
from .runtime.session import RunConfig, new_run_id
from .runtime.trial import Trial
from .storages.repository import Repository
from .trial import FrozenTrial, StudyDirection, TrialState, parse_direction

Objective = Callable[[Trial], Any]
Callback = Callable[["Study", FrozenTrial], None]
Direction = str | StudyDirection
_NO_BOUND = "leave it out (None) for no bound"


class Study(Results):
    """A hyperparameter search: its trials, and the means to run more. Made by create_study and load_study."""

    def __init__(
        self,
        study_name: str,
        storage: str,
        sampler: Sampler | None = None,
        pruner: Pruner | None = None,
        *,
        checkpoint_dir: str | Path | None = None,
        durable: bool = True,
    ) -> None:
        super().__init__(study_name, storage, durable=durable)
        # SQLite's own URL is absolute: the driver actor may have another working directory
        self._storage = self._repository.url if self._repository.is_local else storage
        self.sampler, self.pruner = sampler, pruner
        self._checkpoint_dir = None if checkpoint_dir is None else str(Path(checkpoint_dir).absolute())
        self._local: LocalSession | None = None
        self._remote: Callable[[m.Event], Any] | None = None  # set while a run is on Ray
        self._running = False
        self._asked: dict[int, Trial] = {}

    # --- adding and asking -------------------------------------------------------------------------------------------

    def enqueue_trial(
        self, params: Mapping[str, Any], user_attrs: Mapping[str, Any] | None = None, skip_if_exists: bool = False
    ) -> None:
        """Have a configuration run next; parameters it leaves open are sampled."""
        if skip_if_exists and any(_same_params(trial, params) for trial in self.trials):
            return
        pairs, attrs = _json_pairs(params), _json_pairs(user_attrs or {})
        self._send(m.TrialEnqueued(params=pairs, user_attrs=attrs, key=uuid.uuid4().hex))

    def add_trial(self, trial: FrozenTrial) -> None:
        """Add a finished trial that ran elsewhere (see create_trial)."""
        if not trial.state.is_finished():
            raise ValueError(
                f"only a finished trial can be added, got {trial.state.name}; use enqueue_trial to run one."
            )
        if trial.state is TrialState.COMPLETE and len(trial.values or ()) != len(self.directions):
            raise ValueError(
                f"the trial has {len(trial.values or ())} values, the study {len(self.directions)} objective(s); "
                "they must agree."
            )
        params = tuple(
            m.ParamValue(name=name, value=dist.to_internal_repr(trial.params[name]), distribution=dist)
            for name, dist in trial.distributions.items()
        )
        event = m.TrialAdded(
            number=None,
            state=int(trial.state),
            values=None if trial.values is None else tuple(map(float, trial.values)),
            params=params,
            reports=_plain_reports(trial.intermediate_values),
            user_attrs=_json_pairs(trial.user_attrs),
            system_attrs=_json_pairs(trial.system_attrs),
            key=uuid.uuid4().hex,
        )
        self._send(event)

    def add_trials(self, trials: Iterable[FrozenTrial]) -> None:
        """Add several finished trials."""
        for trial in trials:
            self.add_trial(trial)

    def ask(self, fixed_distributions: Mapping[str, Distribution] | None = None) -> Trial:
        """Start a trial here, in this process; ``tell`` its result later.

        Raises:
            RuntimeError: nothing is left to ask for (a grid is exhausted), or the study is running in optimize().
        """
        trial = self._session().ask()
        if trial is None:
            raise RuntimeError(
                f"study {self.study_name!r} has nothing left to ask for: its grid is exhausted, it was stopped, or "
                "every path known so far is being explored (then let a trial ask or end first)."
            )
        for name, distribution in (fixed_distributions or {}).items():
            trial._suggest(name, distribution)
        self._asked[trial.number] = trial
        return trial

    def tell(
        self,
        trial: Trial | int,
        values: float | Sequence[float] | None = None,
        state: TrialState | None = None,
        skip_if_finished: bool = False,
    ) -> FrozenTrial:
        """Store the result of an asked trial; returns its record.

        Args:
            trial: what ``ask`` returned, or its number.
            values: one float an objective. NaN or a wrong count makes the trial FAIL.
            state: COMPLETE (needs values), PRUNED or FAIL; None: COMPLETE when there are values.
            skip_if_finished: telling twice is no error.

        Raises:
            TypeError: ``trial`` is neither a Trial nor an integer.
            ValueError: unknown or finished trial; values with PRUNED or FAIL; COMPLETE without good values.
        """
        number = as_integer(getattr(trial, "number", trial))
        if number is None:
            raise TypeError(f"trial must be what ask() returned, or its number; got {shown(trial)}.")
        asked = self._asked.get(number)
        if asked is None:
            return self._tell_unknown(number, skip_if_finished)
        self._session().tell(_told(asked, values, state, len(self.directions)))
        del self._asked[number]
        return self._trial(number)

    def _tell_unknown(self, number: int, skip_if_finished: bool) -> FrozenTrial:
        known = {trial.number: trial for trial in self.trials}.get(number)
        if known is not None and known.state.is_finished() and skip_if_finished:
            return known
        what = f"it is {known.state.name}" if known is not None else "the study has no such trial"
        raise ValueError(f"cannot tell trial {number}: {what}. Only trials from this study's ask() can be told.")

    def _trial(self, number: int) -> FrozenTrial:
        return next(trial for trial in self.trials if trial.number == number)

    # --- running -----------------------------------------------------------------------------------------------------

    def optimize(
        self,
        func: Objective,
        n_trials: int | None = None,
        timeout: float | None = None,
        n_jobs: int = 1,
        catch: type[Exception] | Iterable[type[Exception]] = (),
        callbacks: Iterable[Callback] | None = None,
        gc_after_trial: bool = False,
        show_progress_bar: bool = False,
        *,
        max_trials: int | None = None,
        resources: Mapping[str, Any] | None = None,
        max_concurrent: int | None = None,
        retries: RetryPolicy | None = None,
        trial_timeout: float | None = None,
        executor: Literal["ray", "inline"] = "ray",
    ) -> None:
        """Run trials until the budget is spent; interrupted trials of an earlier run go first and count as old ones.

        Args:
            func: the objective; takes a Trial, returns one float an objective of the study.
            n_trials: new configurations this call starts (attempts and promotions do not count); None: no bound.
            timeout: seconds after which nothing new starts; running trials end by themselves.
            n_jobs: Optuna's name for max_concurrent, when above 1.
            catch: exceptions that fail their trial but not the study.
            callbacks: each called as ``callback(study, frozen_trial)`` after each finished trial, in this process.
            gc_after_trial: run the garbage collector after each finished trial, in this process.
            show_progress_bar: live progress on the terminal.
            max_trials: bound on the study's total, so that the same command can be run again after a crash.
            resources: per trial: ``{"num_cpus": 1, "num_gpus": 0.25, "memory": ..., "resources": {...}, ...}``.
            max_concurrent: trials at once; None: as many as the cluster has room for.
            retries: how often a trial is tried again, by the kind of its failure; and when the run is given up.
            trial_timeout: seconds one attempt of a trial may take. Then its next call of the trial ends it, and if it
                makes none, its process is killed 10 s later (on Ray; nothing can kill an inline one).
            executor: "ray", or "inline" to run one trial after another in this process (pdb works there).

        Raises:
            ValueError: n_trials, max_trials, timeout, trial_timeout or max_concurrent out of range.
            StudyAbortedError: the run's first trials all failed, in the same way; see ``RetryPolicy.abort_after``.
            TrialFailedError: an objective on Ray raised what ``catch`` does not list (inline: that exception itself).
            StudyBusyError: another live process is running the study.
            InfeasibleResourcesError, InvalidResourcesError: no node could ever grant ``resources``.
        """
        if self._running:
            raise RuntimeError("this study is running already: optimize() cannot be called inside optimize().")
        n_trials = integer_or_none("n_trials", n_trials, 1, _NO_BOUND)
        max_trials = integer_or_none("max_trials", max_trials, 1, _NO_BOUND)
        max_concurrent = integer_or_none("max_concurrent", max_concurrent, 1, _NO_BOUND)
        n_jobs = integer("n_jobs", n_jobs, -1, "1 and -1 run as many trials as the cluster has room for")
        for name, seconds in (("timeout", timeout), ("trial_timeout", trial_timeout)):
            if seconds is not None and not seconds > 0:
                raise ValueError(f"{name} must be > 0 seconds, got {seconds}; leave it out for no bound.")
        if executor not in ("ray", "inline"):
            raise ValueError(f"executor must be 'ray' or 'inline', got {executor!r}.")
        catch = (catch,) if isinstance(catch, type) else tuple(catch)
        self._close_local()
        config = self._config(n_trials, max_trials, timeout, retries, trial_timeout)
        self._running = True
        after = _AfterTrial(self, tuple(callbacks or ()), gc_after_trial)
        try:
            if executor == "inline":
                self._optimize_inline(func, config, catch, after)
            else:
                limit = max_concurrent if max_concurrent is not None or n_jobs <= 1 else n_jobs
                self._optimize_on_ray(func, config, catch, after, resources, limit, show_progress_bar)
        finally:
            self._running, self._remote = False, None
            self._close_local()

    def _optimize_inline(self, func: Objective, config: RunConfig, catch: Any, after: _AfterTrial) -> None:
        self._local = LocalSession(config)
        end = float("inf") if config.timeout is None else time.monotonic() + config.timeout
        self._local.run(func, catch=catch, after_trial=after.number, is_late=lambda: time.monotonic() > end)

    def _optimize_on_ray(
        self,
        func: Objective,
        config: RunConfig,
        catch: Any,
        after: _AfterTrial,
        resources: Mapping[str, Any] | None,
        limit: int | None,
        show_progress: bool,
    ) -> None:
        from .report.progress import Progress
        from .runtime.on_ray.execute import execute

        def attach(remote: Callable[[m.Event], Any]) -> None:
            self._remote = remote

        def watch(plan: Any) -> None:
            progress.update(plan)
            after.trials(plan.finished)

        with Progress(self.study_name, config, show=show_progress) as progress:
            execute(
                func,
                config,
                catch=catch,
                resources=resources,
                max_concurrent=limit,
                pinned=self._repository.is_local,
                attach=attach,
                watch=watch,
                with_trials=after.wanted,
                notice=progress.notice,
            )

    def stop(self) -> None:
        """Start nothing new in the running optimize(); call it in a callback.

        Raises:
            RuntimeError: no optimize() is running.
        """
        if not self._running:
            raise RuntimeError("stop() is for callbacks: no optimize() of this study is running.")
        self._send(m.StopRequested(reason="study.stop()"))

    def close(self) -> None:
        """Give the study back to other processes and close the database's connections; reading opens them again."""
        self._close_local()
        self._repository.close()

    # --- the one session ---------------------------------------------------------------------------------------------

    def _config(
        self,
        n_trials: int | None = None,
        max_trials: int | None = None,
        timeout: float | None = None,
        retries: RetryPolicy | None = None,
        trial_timeout: float | None = None,
    ) -> RunConfig:
        return RunConfig(
            storage=self._storage,
            study_name=self.study_name,
            run=new_run_id(),
            sampler=self.sampler,
            pruner=self.pruner,
            n_trials=n_trials,
            max_trials=max_trials,
            timeout=timeout,
            retries=retries or RetryPolicy(),
            trial_timeout=trial_timeout,
            checkpoint_dir=self._checkpoint_dir or self._default_checkpoint_dir(),
            durable=self._durable,
        )

    @property
    def checkpoint_root(self) -> str:
        """The directory of this study's checkpoints, as this process would choose it."""
        base = self._checkpoint_dir or self._default_checkpoint_dir()
        return study_directory(base, self._repository.path, self._record.study_id, self._record.created)

    def _default_checkpoint_dir(self) -> str | None:
        """Beside a SQLite file (None), else in this process's working directory; the driver's is another one."""
        return None if self._repository.is_local else str(Path(DEFAULT_BASE).absolute())

    def _session(self) -> LocalSession:
        if self._remote is not None:
            raise RuntimeError("the study is running on Ray in optimize(); ask() and tell() wait for its end.")
        if self._local is not None and self._local.session.failure is not None:
            self._close_local()  # a commit failed: start again from what is stored
        if self._local is None:
            self._local = LocalSession(self._config())
        return self._local

    def _send(self, event: m.Event) -> Any:
        return self._remote(event) if self._remote is not None else self._session().call(event)

    def _close_local(self) -> None:
        local, self._local = self._local, None
        self._asked.clear()
        if local is not None:
            local.close()


def create_study(
    *,
    storage: str | None = None,
    sampler: Sampler | None = None,
    pruner: Pruner | None = None,
    study_name: str | None = None,
    direction: Direction | None = None,
    load_if_exists: bool = False,
    directions: Sequence[Direction] | None = None,
    checkpoint_dir: str | Path | None = None,
) -> Study:
    """Make a study, or continue one.

    Args:
        storage: a database URL (``sqlite:///study.db``, ``postgresql://...``, ``mysql://...``); None keeps the study
            for the life of this object only (a temporary SQLite file, so that a crashed driver resumes all the same).
        sampler: None: the study's recorded one, else AutoSampler.
        pruner: None: the study's recorded one, else NopPruner.
        study_name: None: a unique name.
        direction: "minimize" (default) or "maximize".
        load_if_exists: continue a study of this name.
        directions: one an objective, instead of ``direction``.
        checkpoint_dir: where checkpoints lie; on several nodes a path that all of them mount.

    Raises:
        DuplicatedStudyError: the name is taken and load_if_exists is False.
        ValueError: both direction and directions; an unknown direction; no direction at all.
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
    """
    if direction is not None and directions is not None:
        raise ValueError("give either direction (one objective) or directions (several), not both.")
    one = "minimize" if direction is None else direction
    wanted = [parse_direction(d) for d in (directions if directions is not None else [one])]
    if not wanted:
        raise ValueError("directions must name at least one direction, got none.")
    name = study_name if study_name is not None else f"no-name-{uuid.uuid4()}"
    check_name("a study's name", name)
    scratch = tempfile.mkdtemp(prefix="raytune_lite-") if storage is None else None
    url = storage if storage is not None else f"sqlite:///{scratch}/study.db"
    repository = Repository.open(url)
    try:
        repository.create_study(name, tuple(wanted))
    except DuplicatedStudyError:
        if not load_if_exists:
            raise
    finally:
        repository.close()
    study = Study(name, url, sampler, pruner, checkpoint_dir=checkpoint_dir, durable=scratch is None)
    if scratch is not None:
        weakref.finalize(study, shutil.rmtree, scratch, ignore_errors=True)
    return study


def load_study(
    *,
    study_name: str | None = None,
    storage: str,
    sampler: Sampler | None = None,
    pruner: Pruner | None = None,
    checkpoint_dir: str | Path | None = None,
) -> Study:
    """Open a study, one made by Optuna too. Without sampler and pruner the recorded ones go on.

    Raises:
        StudyNotFoundError: no study of this name.
        ValueError: no name was given and the storage does not hold exactly one study.
    """
    if study_name is None:
        names = get_all_study_names(storage)
        if len(names) != 1:
            raise ValueError(f"study_name is needed: the storage holds {len(names)} studies ({names[:10]}).")
        study_name = names[0]
    return Study(study_name, storage, sampler, pruner, checkpoint_dir=checkpoint_dir)


def delete_study(*, study_name: str, storage: str) -> None:
    """Remove a study and everything of it from the database (its checkpoint files stay)."""
    repository = Repository.open(storage)
    try:
        check_findable(repository, study_name)
        repository.delete_study(study_name)
    finally:
        repository.close()


def get_all_study_names(storage: str) -> list[str]:
    """Names of all studies in a storage."""
    repository = Repository.open(storage)
    try:
        return repository.study_names()
    finally:
        repository.close()


class _AfterTrial:
    """What follows a finished trial in the script's process: callbacks, garbage collection."""

    def __init__(self, study: Study, callbacks: tuple[Callback, ...], collect: bool) -> None:
        self.study, self.callbacks, self.collect = study, callbacks, collect
        self.wanted = bool(callbacks) or collect

    def number(self, number: int, state: TrialState) -> None:
        if self.wanted and state.is_finished():
            self.trials([self.study._trial(number)])

    def trials(self, finished: Iterable[FrozenTrial]) -> None:
        for trial in finished:
            for callback in self.callbacks:
                callback(self.study, trial)
            if self.collect:
                gc.collect()


def _json_pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((str(name), json.dumps(value)) for name, value in values.items())
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"values must be JSON-able (numbers, strings, lists), got {shown(values)}: {error}.") from None


def _plain_reports(reports: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Step and value each, numpy's as Python's."""
    try:
        return tuple(sorted((operator.index(step), float(value)) for step, value in reports.items()))
    except (TypeError, ValueError) as error:
        raise TypeError(f"intermediate_values must map integers to numbers, got {shown(reports)}: {error}.") from None


def _same_params(trial: FrozenTrial, params: Mapping[str, Any]) -> bool:
    return dict(trial.system_attrs.get("fixed_params", trial.params)) == dict(params)


def _told(trial: Trial, values: Any, state: TrialState | None, n_objectives: int) -> AttemptResult:
    """The result for what the user told; Optuna's rules."""
    outcomes = {
        TrialState.COMPLETE: m.Outcome.COMPLETE,
        TrialState.PRUNED: m.Outcome.PRUNED,
        TrialState.FAIL: m.Outcome.FAIL,
    }
    if state is not None and state not in outcomes:
        raise ValueError(f"state must be COMPLETE, PRUNED or FAIL, got {state!r}.")
    if state in (TrialState.PRUNED, TrialState.FAIL) and values is not None:
        raise ValueError(f"values cannot be told with state={state.name}, got {values!r}.")
    found: tuple[float, ...] | None = None
    failure: m.Failure | None = None
    if state in (None, TrialState.COMPLETE):
        try:
            found = check_values(values, n_objectives)
        except InvalidResult as error:
            if state is TrialState.COMPLETE:
                raise
            failure = m.Failure(error=f"ValueError: {error}", kind=kind_of(error))
    outcome = outcomes[state] if state else (m.Outcome.COMPLETE if failure is None else m.Outcome.FAIL)
    if outcome is m.Outcome.FAIL and failure is None:
        failure = m.Failure(error="told FAIL by the user")
    return AttemptResult(
        number=trial.number,
        attempt=trial.attempt,
        outcome=outcome,
        progress=trial.delivery.drain(),
        values=found,
        failure=failure,
    )


__all__ = ["Study", "create_study", "delete_study", "get_all_study_names", "load_study"]
