"""How a study's runs begin and end, and how trials come in that no slot claimed: enqueued, added, imported.

Adopting a pruner or a grid judges what the study holds already; once they have judged, they cannot be changed, because
the log is folded with them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ..distributions import check_distribution_compatibility
from ..trial import TrialState
from . import messages as m
from .book import Book
from .bounds import check_attrs, check_distribution, check_json, check_name, check_reports
from .ledger import Ledger
from .messages import Command, FailureKind, Row
from .protocols import Pruner, Rungs
from .retries import RetryPolicy
from .tree import Tree, ledger_for
from .trials import COMPLETE, FAIL, PAUSED, PRUNED, RUNNING, WAITING, Effects, TrialRecord


class Admission(Book):
    """Handlers of runs, and of trials from elsewhere."""

    # --- runs ---

    def _run_started(self, event: m.RunStarted, at: float) -> Effects:
        # a run that was logged before there was such a limit had none
        retries, commands = RetryPolicy(**{"abort_after": None, **json.loads(event.retries)}), list[Command]()
        pruner = self._new_pruner(event.pruner) if event.pruner != self.pruner_spec else None
        if event.sampler != self.sampler_spec:  # the last refusal: from here on everything is allowed
            commands += self._adopt_sampler(event.sampler)
        if pruner is not None:
            commands += self._adopt_pruner(event.pruner, pruner)
        self.retries, self.checkpoints_kept = retries, event.checkpoints_kept
        for number, _ in self.live():  # the run that owned these attempts is dead
            commands += self._leave(self.trials[number], at, FailureKind.DRIVER_LOST.value, "its run ended")
        self.run, self.run_at, self.stopping = event.run, at, ""
        self.aborted, self.alike = "", ("", 0)
        counted = [trial for trial in self.trials.values() if trial.failed is not FailureKind.INVALID]
        started = sum(trial.attempt > 0 or trial.state.is_finished() for trial in counted)
        bounds = [event.n_trials, None if event.max_trials is None else max(0, event.max_trials - started)]
        self.budget = min((bound for bound in bounds if bound is not None), default=None)
        return Effects(commands)

    def _new_pruner(self, spec: str) -> Pruner:
        pruner = self._pruner_for(spec)
        if self.milestones != () and any(t.reports for t in self.trials.values() if t.attempt):
            raise ValueError(
                f"this study's trials were judged by {self.pruner_spec}; they cannot be judged again by {spec}. "
                "Continue it with the same pruner (load_study() without pruner= does), or start another study."
            )
        return pruner

    def _adopt_pruner(self, spec: str, pruner: Pruner) -> list[Command]:
        rungs, commands = pruner.rungs(), list[Command]()
        for trial in self.trials.values():
            for step, value in trial.reports.items():
                commands += rungs.report(trial.number, step, self._loss(value)).rows
            commands += self._close_rungs(rungs, trial)
        self.pruner_spec, self.milestones, self.rungs = spec, pruner.milestones, rungs
        return commands

    def _close_rungs(self, rungs: Rungs, trial: TrialRecord) -> Sequence[Row]:
        """A finished trial is never promoted; a COMPLETE one stands at the rungs it did not report at, too."""
        if trial.state is COMPLETE and trial.values and len(self.directions) == 1:
            return rungs.end(trial.number, self._loss(trial.values[0]))
        if trial.state.is_finished():
            rungs.retire(trial.number)
        return ()

    def _adopt_sampler(self, spec: str) -> list[Command]:
        grid, commands = self._grid_for(spec), list[Command]()
        if self.ledger is not None and self.ledger.cells:
            raise ValueError(
                f"this study's grid is {self.sampler_spec}; cells of it are decided already, so it cannot become "
                f"{spec}. Continue with the same GridSampler, or start another study."
            )
        ledger = ledger_for(grid) if grid is not None else None
        for trial in self.trials.values() if ledger is not None else ():
            commands += self._adopt_cell(ledger, trial)
        self.sampler_spec, self.ledger = spec, ledger
        return commands

    def _adopt_cell(self, ledger: Ledger | Tree | None, trial: TrialRecord, starts: bool = False) -> Sequence[Row]:
        """Let a trial that chose its parameters elsewhere own its cell or path, so that no other trial runs it again.

        ``starts``: it begins now, and may be given further parameters.
        """
        if ledger is None or trial.foreign or trial.state is FAIL:
            return ()
        claimed = (ledger.claim_below if starts else ledger.claim_params)(trial.number, trial.chosen())
        if claimed is None:
            return ()
        trial.cell, row = claimed
        for param in trial.params.values():
            ledger.asked(trial.number, param.name, param.distribution, param.value)
        done = ledger.done(trial.number) if trial.state.is_finished() else ()
        return done if row is None else (row, *done)

    def _run_finished(self, event: m.RunFinished, at: float) -> Effects:
        if event.run != self.run or self.stopping or not self.is_over():
            return Effects([], changed=False)
        commands: list[Command] = []
        for trial in self.trials.values():
            if trial.state is PAUSED:
                commands += self._finish(trial, "pruned", PRUNED, at)
        return Effects(commands, changed=bool(commands))

    def _stop_requested(self, event: m.StopRequested, _at: float) -> Effects:
        changed, self.stopping = not self.stopping, self.stopping or event.reason
        return Effects([], changed)

    # --- trials that no slot claimed ---

    def _trial_enqueued(self, event: m.TrialEnqueued, _at: float) -> Effects:
        if event.key in self.requests:
            return Effects([m.Answer(value=self.requests[event.key])], changed=False)
        for name, _ in event.params:
            check_name("a parameter's name", name)
        check_attrs(event.user_attrs)
        fixed = json.dumps({name: json.loads(text) for name, text in event.params})
        check_json("all parameters of an enqueued trial", fixed)
        trial = self._new_trial(WAITING)
        self._note_request(event.key, trial)
        trial.fixed, trial.user_attrs = event.params, dict(event.user_attrs)
        self.queue.append(trial.number)
        rows: list[Command] = [m.NewTrial(number=trial.number, state=WAITING)]
        rows += [m.PutAttr(number=trial.number, key=k, value_json=v) for k, v in event.user_attrs]
        trial.system_attrs["fixed_params"] = fixed  # Optuna's key
        rows.append(m.PutAttr(number=trial.number, key="fixed_params", value_json=fixed, system=True))
        return Effects([*rows, m.Answer(value=trial.number)])

    def _trial_added(self, event: m.TrialAdded, at: float) -> Effects:
        state = TrialState(event.state)
        if event.key in self.requests:
            return Effects([m.Answer(value=self.requests[event.key])], changed=False)
        if event.number is not None and event.number in self.trials and not self.trials[event.number].foreign:
            return Effects([m.Answer(value=event.number)], changed=False)
        if not event.imported:
            self._check_added(state, event)
        trial = self._new_trial(state, event.number)
        self._note_request(event.key, trial)
        trial.foreign = event.imported and state is RUNNING
        trial.values, trial.reports = event.values, dict(event.reports)
        trial.last_step = max(trial.reports, default=-1)
        trial.user_attrs, trial.system_attrs = dict(event.user_attrs), dict(event.system_attrs)
        trial.params = {param.name: param for param in event.params}
        for param in event.params:
            self.space.setdefault(param.name, param.distribution)
        if state is WAITING:
            fixed = json.loads(trial.system_attrs.get("fixed_params", "{}"))
            trial.fixed = tuple((name, json.dumps(value)) for name, value in fixed.items())
            self.queue.append(trial.number)
        rows = self._rows_of_added(trial, event, at)
        if state.is_finished():
            for step, value in event.reports:
                rows += self.rungs.report(trial.number, step, self._loss(value)).rows
            rows += self._close_rungs(self.rungs, trial)
            rows += self._adopt_cell(self.ledger, trial)
            self._note_best(trial)
            self.ended.append(trial)
        return Effects([*rows, m.Answer(value=trial.number)])

    def _note_request(self, key: str | None, trial: TrialRecord) -> None:
        if key:
            self.requests[key] = trial.number

    def _check_added(self, state: TrialState, event: m.TrialAdded) -> None:
        if state is COMPLETE and (event.values is None or not self._valid(event.values)):
            raise ValueError(
                f"a COMPLETE trial of this study needs a value that is a number for each of its "
                f"{len(self.directions)} objective(s), got {event.values}; add it with state=FAIL instead."
            )
        if any(math.isnan(value) for value in event.values or ()):
            raise ValueError(f"a {state.name} trial may have no values or numbers, got {event.values}; leave them out.")
        check_attrs((*event.user_attrs, *event.system_attrs))
        check_reports(event.reports)
        for param in event.params:
            check_distribution(param.name, param.distribution)
            if param.name in self.space:
                check_distribution_compatibility(param.name, self.space[param.name], param.distribution)

    def _rows_of_added(self, trial: TrialRecord, event: m.TrialAdded, at: float) -> list[Command]:
        number = trial.number
        if event.imported:
            return [] if trial.foreign else [m.AdoptTrial(number=number, state=trial.state)]
        rows: list[Command] = [m.NewTrial(number=number, state=trial.state, started=at, completed=at)]
        rows += [m.PutParam(number=number, param=param) for param in event.params]
        rows += [m.PutReport(number=number, step=step, value=value) for step, value in event.reports]
        rows += [m.PutAttr(number=number, key=k, value_json=v) for k, v in event.user_attrs]
        rows += [m.PutAttr(number=number, key=k, value_json=v, system=True) for k, v in event.system_attrs]
        return rows + ([m.PutValues(number=number, values=event.values)] if event.values is not None else [])
