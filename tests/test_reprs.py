"""How a study and its trials show themselves: in one short line, and as a table in a notebook."""

from __future__ import annotations

import raytune_lite as rtl
from raytune_lite.trial import FrozenTrial, TrialState


def test_a_trial_shows_what_one_looks_for_first():
    trial = rtl.create_trial(
        value=0.25,
        params={"x": 0.5},
        distributions={"x": rtl.distributions.FloatDistribution(0, 1)},
        intermediate_values={3: 0.5, 9: 0.25},
    )
    rest = "value=0.25, params={'x': 0.5}, last_step=9, attempt=0"
    assert repr(trial) == f"FrozenTrial(number=-1, state=COMPLETE, {rest})"
    several = FrozenTrial(number=2, state=TrialState.COMPLETE, values=(1.0, 2.0))
    assert repr(several) == "FrozenTrial(number=2, state=COMPLETE, values=[1.0, 2.0], params={}, attempt=0)"


def test_a_large_trial_has_a_short_repr():
    large = FrozenTrial(
        number=1,
        state=TrialState.RUNNING,
        params={f"p{i}": "x" * 100 for i in range(100)},
        user_attrs={"blob": "y" * 10_000},
        intermediate_values=dict.fromkeys(range(1000), 0.5),
    )
    assert len(repr(large)) < 300
    assert "last_step=999" in repr(large)
    assert len(large._repr_html_()) < 2000


def test_a_table_escapes_what_users_wrote():
    trial = FrozenTrial(number=1, state=TrialState.RUNNING, params={"<b>": "<script>"}, user_attrs={"a": "</td>"})
    assert "<script>" not in trial._repr_html_()
    assert "&lt;script&gt;" in trial._repr_html_()
    study = rtl.create_study(study_name="<script>alert(1)</script>")
    assert "<script>" not in study._repr_html_()


def test_a_study_and_a_trial_that_runs():
    study = rtl.create_study(study_name="first", direction="maximize")
    assert repr(study) == "Study(study_name='first', storage=None, direction='maximize')"
    assert "no trial is COMPLETE" in study._repr_html_()
    trial = study.ask()
    trial.suggest_int("n", 3, 3)
    assert repr(trial) == "Trial(number=0, attempt=1, params={'n': 3})"
    assert "<th style='text-align:left;vertical-align:top'>n</th>" in trial._repr_html_()
    study.tell(trial, 2.0)
    assert "best: 2 (trial 0, the largest) n = 3" in study._repr_html_()
    assert "COMPLETE" in study._repr_html_()
    several = rtl.create_study(directions=["minimize", "maximize"])
    assert "directions=['minimize', 'maximize']" in repr(several)


def test_completion_of_the_package_offers_public_names_only():
    assert dir(rtl) == sorted({*rtl.__all__, *rtl._MODULES})
    for module in (rtl.logging, rtl.pruners, rtl.samplers, rtl.distributions, rtl.exceptions, rtl.trial, rtl.study):
        internal = {"Any", "annotations", "importlib", "Mapping", "Sequence", "check_pruner", "shown", "compaction"}
        assert not internal & set(dir(module)), module.__name__
    assert {"TrialPruned", "StudyBusyError"} <= set(dir(rtl.exceptions))
    assert {"ASHAPruner", "PBTPruner"} <= set(dir(rtl.pruners))
    trial = rtl.create_study().ask()
    assert "suggest_float" in dir(trial)
    assert "delivery" not in dir(trial)
