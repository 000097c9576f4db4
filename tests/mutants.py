"""Broken variants of the code, each of which breaks a promise, and the test that finds it. ``make mutants`` runs them.

A mutant is one change of one file. Its test is run on a copy of the package that has the change, and must fail there.
This tells whether the tests see what they are for. It takes minutes, so CI only checks that the list is current
(test_mutants.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TIMEOUT = 180.0  # seconds of one test
_FLUSHES_LESS = "_REPEATABLE = (m.Claimed, m.AttemptBegan, m.Suggested, m.ParamSet"
_POWER_CUT = "tests/test_power_cut.py::test_the_driver_as_it_is_keeps_its_acknowledgements"


@dataclass(frozen=True)
class Mutant:
    """A change that breaks a promise.

    Attributes:
        promise: what no longer holds.
        file: in the package.
        old, new: the text that is replaced; ``old`` occurs once in the file.
        test: what must fail, as pytest names it.
    """

    promise: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = [
    # --- what is acknowledged is stored ---
    Mutant("an acknowledged end survives a power cut", "runtime/session.py", f"{_FLUSHES_LESS})",
           f"{_FLUSHES_LESS}, m.AttemptEnded)", _POWER_CUT),
    Mutant("an acknowledged report survives a power cut", "runtime/session.py", f"{_FLUSHES_LESS})",
           f"{_FLUSHES_LESS}, m.Reported)", _POWER_CUT),
    Mutant("an enqueued trial survives a power cut", "runtime/session.py", f"{_FLUSHES_LESS})",
           f"{_FLUSHES_LESS}, m.TrialEnqueued)", _POWER_CUT),
    Mutant("SQLite waits for the disk again after a commit that need not", "storages/database.py",
           "self._wal and flush != self._flushes", "self._wal and self._flushes and not flush",
           "tests/test_power_cut.py::test_a_commit_waits_for_the_disk_whenever_it_shall_also_after_one_that_need_not"),
    Mutant("nobody is answered before the commit", "runtime/session.py",
           "        self._commit(batch)\n        for request, answer in answers:\n"
           "            request.reply(planning.with_id(answer, self._trial_id))\n",
           "        for request, answer in answers:\n"
           "            request.reply(planning.with_id(answer, self._trial_id))\n        self._commit(batch)\n",
           "tests/test_session.py::test_nobody_is_answered_before_the_commit"),
    Mutant("a busy driver acknowledges nothing", "runtime/channel.py",
           "            if reply != BUSY:\n                break\n",
           "            if reply != BUSY:\n                break\n            return None, None\n",
           "tests/test_transports.py::"
           "test_a_busy_driver_acknowledges_nothing_but_lives_and_gets_the_same_message_again"),
    # --- what a study may cost ---
    Mutant("nothing begins once the study has cost what it may", "core/record.py",
           "is_full or self.is_used_up(at))", "is_full)",
           "tests/test_cost.py::"
           "test_nothing_begins_once_the_study_has_cost_so_much_and_running_attempts_end_by_themselves"),
    Mutant("the time between two runs costs nothing", "core/runs.py",
           "        moves.charge_for(s, trial, -_dead_for(event, trial.attempt_at, at))\n", "",
           "tests/test_cost.py::"
           "test_the_next_run_counts_what_the_ones_before_have_cost_each_at_its_price_and_not_the_time_between"),
    Mutant("an attempt that says a price costs that", "core/moves.py",
           "(s.run.price if trial.price is None else trial.price)", "s.run.price",
           "tests/test_cost.py::test_attempts_that_say_a_price_cost_it_from_their_beginning_also_after_a_crash"),
    Mutant("a running attempt costs what it said", "core/record.py",
           "beside = run.surcharge * at - run.surcharge_begun", "beside = 0.0",
           "tests/test_cost.py::test_attempts_that_say_a_price_cost_it_from_their_beginning_also_after_a_crash"),
    Mutant("a driver on another machine believes no wall clock", "runtime/study_time.py",
           "self._stands_at, self._began = None if mark is None else last, began",
           "self._stands_at, self._began = None, began",
           "tests/test_cost.py::test_a_driver_that_begins_again_on_another_machine_waits_for_the_launchers_clock"),
    # --- one writer, one live attempt, one answer ---
    Mutant("a superseded owner writes nothing", "storages/owned.py", "if cursor.rowcount != 1:", "if False:",
           "tests/stores/test_promises.py::test_epochs_only_rise_and_a_superseded_one_changes_nothing"),
    Mutant("a message of an attempt that is not live is refused", "core/moves.py",
           "if trial.attempt != attempt or trial.slot is None:\n        instead",
           "if trial.slot is None:\n        instead",
           "tests/test_core_state.py::test_a_message_of_an_attempt_that_is_not_live_is_refused_and_changes_nothing"),
    Mutant("a late copy of a claim begins no other trial", "runtime/slots.py",
           "return slot in self.closed or (is_served and slot not in self._state.slots)",
           "return slot in self.closed",
           "tests/test_simulator_finds.py::test_a_late_copy_of_a_claim_begins_no_other_trial"),
    Mutant("the first report of a step stands", "core/attempts.py",
           "if step not in trial.reports and step >= first:", "if True:",
           "tests/test_core_state.py::test_the_first_value_of_a_step_stands"),
    Mutant("a request that is sent twice is carried out once", "core/imports.py",
           "    if event.key in s.requests:\n        return Effects([m.Answer(value=s.requests[event.key])], "
           "changed=False)\n    for name",
           "    for name", "tests/test_core_state.py::test_a_trial_that_is_asked_for_twice_under_one_key_is_made_once"),
    # --- checkpoints ---
    Mutant("a damaged checkpoint raises", "checkpoints/manifest.py", "if now != entry:", "if False:",
           "tests/test_checkpoints.py::test_a_damaged_file_raises"),
    Mutant("the files of a checkpoint are on the disk", "checkpoints/manifest.py", "_entry(path, name, sync=sync)",
           "_entry(path, name)", "tests/test_power_cut.py::test_a_published_checkpoint_survives_a_power_cut"),
    Mutant("the name of a checkpoint is on the disk", "checkpoints/directories.py", "            sync(final.parent)\n",
           "            pass\n", "tests/test_power_cut.py::test_a_published_checkpoint_survives_a_power_cut"),
    # --- budgets, retries, rungs, cells ---
    Mutant("each kind of failure has its own budget of retries", "core/retries.py",
           "return budget is None or before < budget", "return budget is None or before <= budget",
           "tests/test_core_state.py::test_each_kind_of_loss_has_its_own_budget"),
    Mutant("a lost driver costs no retry", "core/attempts.py",
           "_NOBODYS_FAULT = (FailureKind.DRIVER_LOST, FailureKind.STOPPED)", "_NOBODYS_FAULT = (FailureKind.STOPPED,)",
           "tests/test_core_state.py::test_an_interruption_and_a_lost_driver_use_no_budget"),
    Mutant("max_trials bounds the study, not the run", "core/runs.py", "event.max_trials - s.n_started()",
           "event.max_trials", "tests/test_core_state.py::test_max_trials_counts_the_studys_total"),
    Mutant("the top 1/eta of a rung goes on, rounded down", "pruners/ranking.py", "n // self.eta)",
           "-(-n // self.eta))",
           "tests/pruners/test_asha.py::test_exactly_floor_n_over_eta_of_a_rung_qualify"),
    Mutant("a stake is set before the sign is known", "pruners/wilcoxon.py",
           "self.wealth *= 1.0 + stake * sign", "self.wealth *= 1.0 + max(stake, 0.1 * sign) * sign",
           "tests/pruners/test_wilcoxon.py::"
           "test_equal_trials_are_stopped_as_often_as_the_threshold_says_and_the_plain_rule_stops_more"),
    Mutant("a trial is not compared with itself", "pruners/percentile.py", "values[i if i < skipped else i + 1]",
           "values[i]", "tests/pruners/test_percentile.py::"
           "test_among_reached_it_is_the_rule_on_all_reports_and_any_order_of_arrival_leads_to_the_same"),
    Mutant("a child goes on from a checkpoint that is as far as the ready point", "pruners/pbt.py",
           "if step is not None and step >= point:", "if step is not None:", "tests/pruners/test_pbt.py::"
           "test_the_parent_is_of_the_best_share_there_or_later_and_has_a_checkpoint_from_there_on"),
    Mutant("a diverged member is replaced", "pruners/pbt.py",
           "        if not math.isfinite(loss):\n            return step\n", "", "tests/pruners/test_pbt.py::"
           "test_a_diverged_member_is_replaced_at_its_ready_point_and_does_not_train_to_the_end"),
    Mutant("what is paused at a run's end is pruned", "core/runs.py", "if number in s.paused]", "if False]",
           "tests/test_core_state.py::test_run_finished_prunes_what_is_paused_only_when_the_run_is_over"),
    Mutant("a grid's cell is dead after max_failures trials", "core/ledger.py",
           "self.cells[cell].failures >= self.grid.max_failures", "self.cells[cell].failures > self.grid.max_failures",
           "tests/test_ledger.py::test_a_cell_is_dead_after_max_failures_trials"),
    # --- trials of several processes, and room for trials ---
    Mutant("rank 0 that is told to stop hides no death", "runtime/ranks/fate.py",
           "if stands and leader is not None and not causes:", "if stands and leader is not None:",
           "tests/test_ranks.py::test_rank_0_that_was_told_to_stop_hides_no_death"),
    Mutant("a share of a GPU is of one GPU", "runtime/room.py",
           "return sum(int(left / amount + _EPSILON) for left in self.gpus)",
           "return int(sum(self.gpus) / amount + _EPSILON)",
           "tests/test_bound.py::test_a_share_of_a_gpu_is_of_one_gpu_and_who_needs_a_whole_one_has_it_alone"),
    Mutant("what waits for the sampler counts as behind one that waits", "runtime/bound.py",
           "(self._n_submitted - stalled - 1) - len(self.put_off))", "(self._n_submitted - stalled - 1))",
           "tests/test_bound.py::"
           "test_what_waits_for_the_sampler_is_among_the_few_behind_a_task_that_has_waited"),
    # --- nodes that leave ---
    Mutant("no trial begins on a node that leaves", "core/claims.py",
           "s.may_start(at) and event.node not in s.run.leaving", "s.may_start(at)",
           "tests/test_leaving.py::"
           "test_no_trial_begins_on_a_node_that_leaves_and_a_claim_that_was_answered_is_answered_again"),
    Mutant("an attempt whose node leaves ends when it has saved", "runtime/trial.py",
           "        self.delivery.saved(step)\n", "",
           "tests/test_leaving.py::test_an_attempt_that_is_told_saves_and_ends_with_that_steps_report"),
    Mutant("an attempt that leaves reports the step that it saved", "runtime/delivery.py",
           "            if step <= self._decided_to:\n                raise AttemptInterrupted(self._leave)\n",
           "            raise AttemptInterrupted(self._leave)\n",
           "tests/test_leaving.py::test_an_attempt_that_is_told_saves_and_ends_with_that_steps_report"),
    Mutant("nobody is killed because its node leaves", "core/record.py",
           "if trial.stop is not None and not trial.stop.waits_for_save]", "if trial.stop is not None]",
           "tests/test_leaving.py::test_an_attempt_that_did_not_save_in_time_is_lost_with_its_node_at_no_cost"),
    # --- samplers and objectives ---
    Mutant("a random number depends on the trial's number", "samplers/rng.py", "spawn_key=(*_words(purpose), number)",
           "spawn_key=_words(purpose)",
           "tests/test_samplers.py::test_same_seed_same_value_and_different_numbers_differ"),
    Mutant("the default sampler learns from paused trials", "samplers/gp/data.py",
           "stopped = [sign is not None and t.state", "stopped = [False and t.state",
           "tests/samplers/test_gp.py::test_paused_trials_are_not_pending_at_any_number"),
    Mutant("NaN is no result", "runtime/attempt.py", "if any(map(math.isnan, numbers)):", "if False:",
           "tests/test_bad_input.py::test_a_result_that_is_no_number_is_a_fail_and_says_so_and_the_study_goes_on"),
    Mutant("a sampler's bug fails no trial", "runtime/attempt.py",
           "except (AttemptInterrupted, KeyboardInterrupt, SamplerFailedError) as signal:",
           "except (AttemptInterrupted, KeyboardInterrupt) as signal:",
           "tests/test_door.py::test_a_samplers_bug_is_shown_as_the_samplers_and_no_trial_fails_for_it"),
    # --- several trials in one task ---
    Mutant("a trial that has not begun does not wait behind a long one", "runtime/hand.py",
           "self._undelivered.extend((assignment, _given_back(assignment)) for assignment in self._waiting)", "pass",
           "tests/test_hand.py::test_a_trial_that_takes_long_holds_back_neither_a_result_nor_another_trial"),
    Mutant("of several trials of a lost task none is blamed", "runtime/slots.py", "live[item.task] > 1 else item",
           "live[item.task] > 99 else item",
           "tests/test_driver.py::"
           "test_of_several_trials_of_a_lost_task_none_is_blamed_and_the_next_attempts_are_alone"),
    Mutant("the end of an attempt that was given up is whole", "runtime/delivery.py",
           "                self._put_back(progress)  # the end", "                pass  # the end",
           "tests/test_worker.py::test_what_a_driver_refuses_from_an_attempt_that_was_given_up_stays_for_its_end"),
    Mutant("a run of nothing but no results is a failure", "runtime/telling.py",
           "if self._no_result and not self._has_others:", "if False:",
           "tests/test_door.py::"
           "test_a_run_of_nothing_but_no_results_ends_as_a_failure_and_says_what_was_returned"),
]  # fmt: skip


def run_test(test: str, mutant: Mutant | None = None) -> tuple[str, float]:
    """Run a test on a copy of the package, changed or not.

    Returns:
        ("passed", "failed" or what else pytest did, and the seconds it took).
    """
    with tempfile.TemporaryDirectory(prefix="rtl-mutant-") as folder:
        for name in ("raytune_lite", "tests"):
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        if mutant is not None:
            path = Path(folder) / "raytune_lite" / mutant.file
            text = path.read_text(encoding="utf-8")
            if text.count(mutant.old) != 1:
                return "is out of date", 0.0
            path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test]
        began = time.monotonic()
        try:
            code = subprocess.run(
                command, cwd=folder, env={**os.environ, "PYTHONPATH": folder}, capture_output=True, timeout=TIMEOUT,
                check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return "hung", time.monotonic() - began
    return {0: "passed", 1: "failed"}.get(code, f"pytest ended with {code}"), time.monotonic() - began


def main() -> int:
    """Print a table of all mutants; 1 when one is not found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="only mutants whose promise or file has this text")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if only in mutant.promise or only in mutant.file]
    healthy = {test: run_test(test)[0] for test in dict.fromkeys(mutant.test for mutant in chosen)}
    lost = 0
    print(f"{'promise that is broken':<66}{'file':<26}{'found':<16}{'s':>4}  by")
    for mutant in chosen:
        verdict, seconds = run_test(mutant.test, mutant)
        found = "yes" if verdict in ("failed", "hung") else f"NO: {verdict}"
        if healthy[mutant.test] != "passed":
            found = f"NO: {healthy[mutant.test]} before"
        lost += found != "yes"
        name = mutant.test.rpartition("::")[2]
        print(f"{mutant.promise:<66}{mutant.file:<26}{found:<16}{seconds:>4.0f}  {name}", flush=True)
    print(f"{len(chosen) - lost} of {len(chosen)} found")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
