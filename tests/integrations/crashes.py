"""What happens to a training, for the tests of every callback."""

from __future__ import annotations

from raytune_lite.runtime.trial import Trial


def crash_at(monkeypatch, steps):
    """From now on a report crashes, once: the last of those at ``steps``. Returns the list of those that were tried."""
    reported, report = [], Trial.report

    def dying(self, value, step):
        reported.append(step)
        if reported == steps:
            raise OSError(f"crash: step {step} is saved and not reported")
        report(self, value, step)

    monkeypatch.setattr(Trial, "report", dying)
    return reported


def begun_by_another_hand(resume):
    """An objective whose first attempt saves what no callback knows; the second one is ``resume`` of its trial."""

    def objective(trial):
        if trial.resumed_from_step is None:
            trial.save_checkpoint({"a": 1}, step=1)
            trial.report(1.0, 1)
            raise OSError("crash")
        return resume(trial)

    return objective
