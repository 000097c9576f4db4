"""Study: the user's object. Names and meanings are Optuna's, or Ray's where Ray has the concept.

A Study decides nothing. Reading goes to the database (``results``). Everything that changes the study goes through the
one session that owns it: in this process (ask, tell, enqueue, ``executor="inline"``), or in the driver actor on Ray.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from .. import logging
from ..arguments import flag, integer_or_none, seconds_or_none, shown, text
from ..checkpoints.layout import DEFAULT_BASE, is_url, study_directory
from ..core import messages as m
from ..core.bounds import MAX_STEP
from ..core.protocols import Pruner, Sampler
from ..core.retries import RetryPolicy
from ..distributions import Distribution
from ..pruners.user import StudyPruner
from ..runtime.config import LEASE, RunConfig, new_run_id
from ..runtime.inline import IDLE_AFTER, LocalStudy
from ..runtime.output import TrialOutput
from ..runtime.trial import Trial
from ..samplers.for_studies import StudySampler
from ..storages.holders import RDBStorage
from ..tracebacks import folding
from ..trial import FrozenTrial, TrialState, in_local_time
from . import checks, inputs, requests, telling
from .asked import Asked
from .callbacks import RunObserver, followed
from .chosen import Chosen
from .constraints import with_constraints
from .known_params import KnownParams
from .piloting import piloted
from .requests import Resources
from .route import Route, Ways
from .surroundings import surroundings

Objective = Callable[[Trial], Any]
Callback = Callable[["Study", FrozenTrial], None]


class Study(Chosen):
    """A hyperparameter search: its trials, and the methods that run more. Made by create_study and load_study.

    Args:
        study_name: the study's name; it exists in the storage.
        storage: URL of its database, or an RDBStorage.
        sampler: None: the recorded one, else AutoSampler.
        pruner: None: the recorded one, else NopPruner.
        checkpoint_dir: where checkpoints are stored; None: see docs/architecture.md.

    Raises:
        StudyNotFoundError: no study of this name.
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
        TypeError, ValueError: ``sampler``, ``pruner`` or ``checkpoint_dir`` is not what it must be.
    """

    def __init__(
        self,
        study_name: str,
        storage: str | RDBStorage,
        sampler: Sampler | StudySampler | None = None,
        pruner: Pruner | StudyPruner | None = None,
        *,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        self.sampler = sampler
        self._checkpoint_dir = checks.checkpoint_directory(checkpoint_dir)
        super().__init__(study_name, storage)
        self._url = self._repository.storage  # absolute: the driver actor may have another working directory
        try:
            self.pruner = pruner
        except (TypeError, ValueError):
            self._repository.close()
            raise
        self._route = Route()
        self._asked = Asked()
        self._known_params = KnownParams(self._repository, self._record)

    # --- adding and asking -------------------------------------------------------------------------------------------

    @folding
    def enqueue_trial(
        self, params: Mapping[str, Any], user_attrs: Mapping[str, Any] | None = None, skip_if_exists: bool = False
    ) -> None:
        """Run this configuration next: in the run that is under way, here or in another process, else in the next one.

        Args:
            params: values by parameter name, as the objective sees them. Parameters that are left out are sampled.
            user_attrs: attributes that the new trial gets; JSON-able.
            skip_if_exists: do nothing when a trial has these params already.

        Raises:
            DriverUnreachableError: another process runs the study, and does not answer.
            TypeError: ``params`` or ``user_attrs`` is no dict of names, or has a value that JSON cannot hold.
        """
        params = inputs.named("params", params)
        if flag("skip_if_exists", skip_if_exists) and self._known_params.has(params):
            return
        self._enqueue(params, user_attrs)

    def _enqueue(self, params: Mapping[str, Any], user_attrs: Mapping[str, Any] | None = None) -> int:
        """The number of the new trial."""
        return int(self._send(inputs.enqueued(params, user_attrs)))

    @folding
    def add_trial(self, trial: FrozenTrial) -> None:
        """Add a trial that ran elsewhere (see create_trial), with its dates; a WAITING one is enqueued. No run starts a
        RUNNING one or waits for it: ``tell(number, value)`` in any process ends it.

        Raises:
            DriverUnreachableError: another process runs the study, and does not answer.
            TypeError: no FrozenTrial; an attribute that JSON cannot hold; an intermediate value that is no number.
            ValueError: the trial is PAUSED, or has another number of values than the study has objectives.
        """
        self._send(inputs.added(trial, len(self.directions), self._record.created))

    def add_trials(self, trials: Iterable[FrozenTrial]) -> None:
        """Add several trials, one after another.

        Raises:
            TypeError, ValueError: see ``add_trial``; the trials before the wrong one are added.
        """
        for trial in inputs.listed_trials(trials):
            self.add_trial(trial)

    @folding
    def ask(
        self, fixed_distributions: Mapping[str, Distribution] | None = None, *, lease: float | None = None
    ) -> Trial:
        """Start a trial in this process; ``tell`` its result later, also after a run of ``optimize`` in between.

        Args:
            fixed_distributions: parameters to suggest at once, by name; they are in ``trial.params`` then.
            lease: seconds for which runs leave the trial alone, so that any process may tell its result by its number;
                later, too, until it has been started again. None: only this process may, while it lives.

        Raises:
            StudyBusyError: another live process is running the study.
            RuntimeError: nothing is left to ask for (a grid is exhausted), or the study is running in optimize().
            TypeError, ValueError: ``fixed_distributions`` is no dict of distributions; ``lease`` no number above 0.
            SamplerFailedError: the sampler raised.
        """
        wanted, held_for = checks.fixed_distributions(fixed_distributions), seconds_or_none("lease", lease)
        trial = self._session().ask()
        if trial is None:
            raise RuntimeError(
                f"study {self.study_name!r} has nothing left to ask for: its grid is exhausted, it was stopped, or "
                "every path known so far is being explored (then let a trial ask or end first)."
            )
        for name, distribution in wanted.items():
            trial._suggest(name, distribution)
        if held_for is not None:
            self._session().send(inputs.held(trial, held_for))
        self._asked.add(self, trial, is_leased=held_for is not None)
        return trial

    @folding
    def tell(
        self,
        trial: Trial | int,
        values: float | Sequence[float] | None = None,
        state: TrialState | None = None,
        skip_if_finished: bool = False,
    ) -> FrozenTrial:
        """Store the result of an asked trial; returns its record.

        Args:
            trial: what ``ask`` returned, or its number; also one that was asked for with a lease, or added as RUNNING.
            values: one float an objective. NaN or a wrong count makes the trial FAIL.
            state: COMPLETE (needs values), PRUNED or FAIL; None: COMPLETE when there are values.
            skip_if_finished: return the record of a trial that is finished already, instead of raising.

        Raises:
            RuntimeError: the study is running in optimize().
            TypeError: ``trial`` is neither a Trial nor an integer, or ``state`` is no TrialState.
            ValueError: unknown or finished trial; values with PRUNED or FAIL; COMPLETE without good values.
        """
        number, may_be_finished = inputs.number_of(trial), flag("skip_if_finished", skip_if_finished)
        asked = self._asked.own(number)
        if asked is None:
            return self._tell_leased(number, values, state, may_be_finished)
        result = telling.ending_of(values, state, len(self.directions))
        with telling.constrained(self._sampler, asked, result):
            record = self._session().tell(telling.result_of(asked, result))
            self._asked.settled(number)
        return in_local_time(record)

    def _tell_leased(self, number: int, values: Any, state: TrialState | None, skip_if_finished: bool) -> FrozenTrial:
        """Tell a trial that others may tell, too: the study's owner, wherever it is, takes the first result."""
        known = self._repository.trial(self._record, number)
        if known is not None and known.state.is_finished() and skip_if_finished:
            return known
        if known is None or known.state.is_finished():
            why = f"it is {known.state.name}, and the first result stands" if known else "the study has no such trial"
            raise ValueError(f"cannot tell trial {number}: {why}.")
        trial, result = self._asked.get(number) or known, telling.ending_of(values, state, len(self.directions))
        with telling.constrained(self._sampler, trial, result) as progress:
            self._send(telling.end_by_number(trial, result, progress, len(self.directions)))
            self._asked.settled(number)
        return self.get_trial(number)

    # --- running -----------------------------------------------------------------------------------------------------

    @folding
    def optimize(
        self, func: Objective, n_trials: int | None = None, timeout: float | None = None, n_jobs: int | None = None,
        catch: type[Exception] | Iterable[type[Exception]] = (),
        callbacks: Iterable[Callback] | None = None,
        gc_after_trial: bool = False, show_progress_bar: bool | None = None,
        *,
        max_trials: int | None = None,
        resources: Resources | None = None,
        workers: int = 1, max_concurrent: int | None = None,
        retries: RetryPolicy | None = None,
        trial_timeout: float | None = None, lease: float = LEASE,
        executor: Literal["ray", "inline"] = "ray",
        one_trial_per_task: bool = False, warm_workers: bool = False,
        max_checkpoint_bytes: int | None = None,
        trial_output: TrialOutput = "show",
        prices: Mapping[str, float] | None = None, max_cost: float | None = None, pilot: int | None = None,
        detach: bool = False,
    ) -> None:
        """Run trials until the budget is used. Interrupted trials of an earlier run go first and are not new ones.

        Args:
            func: the objective; takes a Trial, returns one float an objective of the study.
            n_trials: new configurations this call starts (attempts and promotions do not count); None: no bound.
            timeout: seconds after which nothing new starts; running trials end by themselves.
            n_jobs: Optuna's name for max_concurrent: 1 is one trial at a time; None and -1 set no bound.
            catch: exceptions that fail a trial and not the study; others are raised, see TrialFailedError.
            callbacks: each called as ``callback(study, frozen_trial)`` after each finished trial, in this process.
            gc_after_trial: run the garbage collector after each of them, in this process.
            show_progress_bar: None: progress, and the result at the end; True: progress alone; False: neither.
            max_trials: bound on all trials of the study, so that the same command can be run again after a crash.
            resources: per trial: ``{"num_cpus": 1, "num_gpus": 0.25 or "auto", ...}``; or a function params -> dict.
            workers: processes of each trial, each with these ``resources``; see "Trials over several processes".
            max_concurrent: trials at once; None: as many as the cluster has room for.
            retries: how often a trial is tried again, by the kind of its failure; and when the run is aborted.
            trial_timeout: seconds of one attempt; then its next call ends it, or on Ray its process is killed 10 s on.
            lease: seconds a worker may be silent, >= 5; more for an objective that holds Python's lock in long calls.
            executor: "ray", or "inline" to run one trial after another in this process (pdb works there).
            one_trial_per_task: also where trials take milliseconds, and a Ray task without a GPU would run several.
            warm_workers: attempts with a GPU use processes of earlier ones; one in which a trial has leaked is ended.
            max_checkpoint_bytes: bytes of all checkpoints. Past it the least promising paused trials lose theirs.
            trial_output: what objectives print is shown here and kept in a log a trial, or only kept, or "hide".
            prices: money per hour, ``{"CPU": 0.05, "GPU": 3.5}``; custom resources and accelerator types by name.
            max_cost: money after which nothing new starts, counted over all runs of the study; needs ``prices``.
            pilot: instead of n_trials: so many random configurations, by which ``raytune_lite.plan`` plans a study.
            detach: return once the run has begun; it goes on in the cluster without this script, see ``attach``.

        Raises:
            RuntimeError, TypeError, ValueError: the study runs already, or an argument is wrong; nothing was started.
            StudyAbortedError, TrialFailedError, NoResultError, SamplerFailedError, StudyBusyError: its class says why.
            KeyboardInterrupt, SystemExit: after Ctrl-C, SIGTERM or SIGHUP; the same call goes on with what was stopped.
            InfeasibleResourcesError, InvalidResourcesError, RuntimeEnvironmentError: Ray can never grant ``resources``.
        """
        config = self._config(pilot, n_trials, max_trials, timeout, retries, trial_timeout, lease, max_checkpoint_bytes)
        asked = requests.resource_request(resources, workers)
        at_once = requests.most_at_once(max_concurrent, n_jobs)
        tasks = requests.tasks(asked, at_once, one_trial_per_task, warm_workers, trial_output, prices, max_cost)
        after = checks.callbacks(callbacks, self)
        leave = checks.leave(detach, executor, after, gc_after_trial, show_progress_bar, is_kept=self._durable)
        follow = followed(self, config, after, gc_after_trial, show_progress_bar, executor)
        self._follow(self._runner(executor, func, config, catch, tasks, leave), follow)

    def _follow(self, run: Callable[[RunObserver], None], follow: AbstractContextManager[RunObserver]) -> None:
        with self._route.run(), follow as observer:
            run(observer)

    def _runner(
        self,
        executor: str,
        func: Objective,
        config: RunConfig,
        catch: type[Exception] | Iterable[type[Exception]],
        tasks: Mapping[str, Any],
        leave: checks.Leave | None = None,
    ) -> Callable[[RunObserver], None]:
        """What runs the trials, by the name of the executor. ``tasks``: see ``requests.tasks``."""
        self._route.check_idle()
        checks.objective(func)
        func = with_constraints(func, self._sampler)
        caught = checks.exceptions(catch)
        tasks, about = dict(tasks), surroundings(tasks["resources"], tasks["max_concurrent"])
        config = replace(config, surroundings=about, **tasks.pop("costs"))
        if text("executor", executor, "'ray' or 'inline'") == "inline":
            requests.one_process(tasks["resources"], config.prices)
            return partial(self._optimize_inline, func, config, caught, tasks["output"])
        if executor == "ray":
            return partial(self._optimize_on_ray, func, config, caught, tasks, leave)
        raise ValueError(f"executor must be 'ray' or 'inline', got {shown(executor)}.")

    def _optimize_inline(
        self, func: Objective, config: RunConfig, catch: tuple[type[Exception], ...], output: TrialOutput,
        observer: RunObserver,
    ) -> None:
        local = LocalStudy(config, observer.notice)
        self._route.attach_local(local)
        local.run(func, catch=catch, observer=observer, output=output)

    def _optimize_on_ray(
        self,
        func: Objective,
        config: RunConfig,
        catch: tuple[type[Exception], ...],
        tasks: Mapping[str, Any],
        leave: checks.Leave | None,
        observer: RunObserver,
    ) -> None:
        """``leave``: callbacks, ``gc_after_trial`` and ``show_progress_bar`` of a run that outlives this script."""
        if config.n_trials == 0 and all(state.is_finished() for state in self.state_counts()):
            return  # nothing is to be done: no Ray is needed
        from ..runtime.on_ray.execute import RayRun, execute
        from . import detached

        run = RayRun(objective=func, config=config, catch=catch, pinned=self._repository.is_local, **tasks)
        if leave is None:
            execute(run, observer, self._route.attach_remote)
            return
        detached.begin(detached.DetachedRun.of(run, Study, self._checkpoint_dir, *leave), observer)

    def stop(self) -> None:
        """Make the run start nothing new; running trials end by themselves. Call it in a callback or anywhere else.

        Raises:
            StudyNotRunningError: no run of the study is under way, here or in another process.
        """
        self._command(m.StopRequested(reason="study.stop()"))

    def close(self) -> None:
        """Give the study back to other processes and close the database's connections; reading opens them again."""
        self._asked.clear()
        self._route.close()
        self._repository.close()

    # --- the one session ---------------------------------------------------------------------------------------------

    def _config(self, pilot: int | None = None, *given: Any) -> RunConfig:
        """The next run. ``given``: see ``checks.budget``."""
        config = RunConfig(
            storage=self._url,
            study_name=self.study_name,
            run=new_run_id(),
            sampler=self._sampler, pruner=self._pruner,
            checkpoint_dir=self._checkpoint_dir or self._default_checkpoint_dir(),
            log_dir=self._default_checkpoint_dir(),
            durable=self._durable,
            checkpoint_dir_is_given=self._checkpoint_dir is not None,
            secret=secrets.token_bytes(32),
            held=tuple(self._asked), tells_choices=logging.shows(logging.INFO),
            study_attrs=tuple((key, json.dumps(value)) for key, value in self.user_attrs.items()),
            **checks.budget(*given),
        )
        n = integer_or_none("pilot", pilot, 1, "it counts random configurations", MAX_STEP)
        return config if n is None else piloted(config, n, self.last_run, self.state_counts())

    @property
    def checkpoint_root(self) -> str:
        """The directory, or the URL, of this study's checkpoints that this process would use."""
        return self._study_directory(self._checkpoint_dir or self._default_checkpoint_dir())

    @property
    def log_root(self) -> str:
        """The directory where this process would keep what trials print."""
        root = self.checkpoint_root
        return self._study_directory(self._default_checkpoint_dir()) if is_url(root) else root

    def _study_directory(self, base: str | None) -> str:
        return study_directory(base, self._repository.path, self._record.study_id, self._record.created)

    def _default_checkpoint_dir(self) -> str | None:
        """Beside a SQLite file (None), else in this process's working directory; the driver's is another one."""
        return None if self._repository.is_local else str(Path(DEFAULT_BASE).absolute())

    def _session(self) -> LocalStudy:
        return self._route.session(self._ways())

    def _open_local(self) -> LocalStudy:
        return LocalStudy(replace(self._config(), storage_patience=0.0), idle_after=IDLE_AFTER)

    def _ways(self) -> Ways:
        return Ways(self._open_local, lambda: self._repository.owner(self._record), self._send_to_owner)

    def _runs_here(self) -> bool:
        return self._route.runs

    def _send(self, event: m.Event) -> Any:
        return self._route.send(event, self._ways())


__all__ = ["Callback", "Objective", "Study"]
