"""Names and texts of users, from the objective through SQLite to the terminal: stored as they are, shown harmlessly."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.display.frame import line as as_line
from raytune_lite.display.progress import LiveProgress
from raytune_lite.display.text import printable, printable_lines, without_controls
from raytune_lite.exceptions import RaytuneLiteError, StudyNotFoundError
from raytune_lite.report.summary import summary
from raytune_lite.runtime.handover import Plan, Standing
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import TrialState

ODD = [
    "it's \"quoted\" `x` $HOME", "two\nlines\r\ttab", "\x1b[31mred\x1b[0m\x07\x9b2J",
    "\u202ertl \u05d0\u05d1 \U0001f468\u200d\U0001f469",
    "../../etc/passwd", "'; DROP TABLE trials; --", "100% %s {0} {x}", "[red]bold[/] [/red] [[",
    "=cmd()|'/c calc'!A0", " ", "",
    "a" * 512, "\\x1b \\", "\ufffe\u2028", "\x7f",
]  # fmt: skip
IMPOSSIBLE = ["a\0b", "\ud800half", "x" * 513, "y" * 10**7]


def study_of(storage, name, **settings):
    return rl.create_study(study_name=name, storage=storage, sampler=RandomSampler(0), **settings)


def objective(name):
    def run(trial):
        trial.suggest_float(name, 0, 1)
        trial.suggest_categorical("choice", [name, None])
        trial.set_user_attr(name, {name: [name]})
        if trial.number == 1:
            raise ValueError(name)
        return 0.5

    return run


def harmless(text):
    """Nothing that a terminal would act on, but new lines and tabs."""
    return not [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]


def call(*arguments):
    result = CliRunner().invoke(cli, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert harmless(result.output), ascii(result.output)
    return result


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_odd_name_is_stored_as_it_is_and_shown_harmlessly(storage, name):
    study = study_of(storage, name)
    study.set_user_attr(name, name)
    study.enqueue_trial({name: 0.25}, {name: name})
    study.optimize(objective(name), n_trials=2, catch=(ValueError,), executor="inline")
    first, failed = study.trials
    assert (first.params[name], first.user_attrs) == (0.25, {name: {name: [name]}})
    assert first.distributions["choice"].choices == (name, None)
    assert failed.system_attrs["rtl:failure"]["error"] == f"ValueError: {name}"
    assert study.user_attrs == {name: name}
    assert rl.get_all_study_names(storage) == [name]
    study.close()

    where = ("--storage", storage, "--study", name)
    assert printable(name) in call("status", *where).output
    assert f"{printable(name)}=0.25" in call("trials", *where).output
    assert json.loads(call("trials", "--json", *where).output)[0]["user_attrs"] == {name: {name: [name]}}
    rows = list(csv.DictReader(io.StringIO(call("trials", "--csv", *where).output, newline="")))
    assert rows[0][f"params_{without_controls(name)}"] == "0.25"
    assert json.loads(call("best", "--json", *where).output)["params"][name] == 0.25
    assert printable(name) in call("best", *where).output
    assert call("studies", "--storage", storage).output == f"{printable(name)}\n"
    missing = call("status", "--storage", storage, "--study", f"{name}?")
    assert (missing.exit_code, "no study named" in missing.output) == (2, True)
    rl.delete_study(study_name=name, storage=storage)
    assert rl.get_all_study_names(storage) == []


@pytest.mark.parametrize("name", IMPOSSIBLE, ids=["NUL", "half a pair", "513", "10 MB"])
def test_a_name_that_no_database_holds_is_refused_in_few_words_and_leaves_nothing(storage, name):
    study = study_of(storage, "s")
    before = study.trials
    for act in (
        lambda: study_of(storage, name),
        lambda: study.enqueue_trial({name: 1}),
        lambda: study.enqueue_trial({}, {name: 1}),
        lambda: study.set_user_attr(name, 1),
        lambda: study.add_trial(rl.create_trial(value=1.0, user_attrs={name: 1})),
        lambda: study.add_trial(
            rl.create_trial(value=1.0, params={name: 1}, distributions={name: rl.distributions.IntDistribution(0, 1)})
        ),
    ):
        with pytest.raises(ValueError, match="must be valid Unicode without NUL, at most 512") as caught:
            act()
        assert len(str(caught.value)) < 400
    assert (study.trials, rl.get_all_study_names(storage)) == (before, ["s"])
    for act in (lambda t: t.suggest_float(name, 0, 1), lambda t: t.set_user_attr(name, 1)):
        with pytest.raises(ValueError, match="at most 512"):
            study.optimize(act, n_trials=1, executor="inline")
    assert [trial.state for trial in study.trials] == [TrialState.FAIL] * 2
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline")
    assert study.trials[-1].state is TrialState.COMPLETE
    study.close()


@pytest.mark.parametrize("name", ["\ud800half", "x" * 10**6, "nobody"])
def test_a_study_that_cannot_be_there_is_not_found(storage, name):
    study_of(storage, "s").close()
    for act in (rl.load_study, rl.delete_study):
        with pytest.raises(StudyNotFoundError, match="it holds: 's'"):
            act(study_name=name, storage=storage)


def test_texts_of_megabytes_are_refused_where_they_are_set(storage):
    study, huge = study_of(storage, "s"), "x" * 10**7
    for act in (
        lambda: study.set_user_attr("k", huge),
        lambda: study.enqueue_trial({"x": huge}),
        lambda: study.enqueue_trial({}, {"k": huge}),
        lambda: study.enqueue_trial({f"x{i}": "y" * 500 for i in range(200)}),
        lambda: study.add_trial(rl.create_trial(value=1.0, user_attrs={"k": huge})),
    ):
        with pytest.raises(ValueError, match="keep it in a file") as caught:
            act()
        assert len(str(caught.value)) < 400
    for act, words in (
        (lambda t: t.set_user_attr("k", huge), "keep it in a file"),
        (lambda t: t.suggest_categorical("c", [huge, "b"]), "use short names"),
    ):
        with pytest.raises(ValueError, match=words):
            study.optimize(act, n_trials=1, executor="inline")
    assert [trial.state for trial in study.trials] == [TrialState.FAIL] * 2
    study.close()


def test_many_attributes_and_choices_at_the_bound_reach_the_database(storage):
    from raytune_lite.core.bounds import MAX_TEXT

    study, text = study_of(storage, "s"), "x" * (MAX_TEXT - 2)

    def run(trial):
        for i in range(100):
            trial.set_user_attr(f"k{i}", text)
        return 0.0

    study.optimize(run, n_trials=1, executor="inline")
    assert {len(value) for value in study.trials[0].user_attrs.values()} == {MAX_TEXT - 2}
    study.close()


@pytest.mark.parametrize("nested", [lambda: nest(100_000), lambda: {"a": {1, 2}}, lambda: {"a": 10**5000}])
def test_an_attribute_that_json_cannot_say_is_refused(storage, nested):
    study = study_of(storage, "s")
    with pytest.raises(TypeError, match="must be JSON-able"):
        study.optimize(lambda t: t.set_user_attr("k", nested()), n_trials=1, executor="inline")
    study.close()


def nest(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_trial_from_elsewhere_must_be_of_numbers(storage):
    study = study_of(storage, "s")
    for reports in ({"one": 0.5}, {1.5: 0.5}, {1: "high"}, {1: None}):
        with pytest.raises(TypeError, match="must map integers to numbers"):
            study.add_trial(rl.create_trial(value=1.0, intermediate_values=reports))
    for reports in ({-1: 0.5}, {2**31: 0.5}):
        with pytest.raises(ValueError, match="step must be an integer in"):
            study.add_trial(rl.create_trial(value=1.0, intermediate_values=reports))
    import numpy as np

    study.add_trial(rl.create_trial(value=1, intermediate_values={np.int64(1): np.float32(0.5)}))
    assert study.trials[0].intermediate_values == {1: 0.5}
    study.close()


def test_a_grid_of_odd_choices_keeps_each_cell(storage):
    study = rl.create_study(study_name="s", storage=storage, sampler=GridSampler({"c": ODD}, seed=0))
    study.optimize(lambda t: float(len(t.suggest_categorical("c", ODD))), executor="inline")
    assert sorted(trial.params["c"] for trial in study.trials) == sorted(ODD)
    assert harmless("\n".join(summary(study)))
    study.close()


# --- what is shown --------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text(st.characters(), max_size=50))
def test_shown_text_has_nothing_that_acts(text):
    assert printable(text).isprintable()
    assert all(line.isprintable() for line in printable_lines(text).split("\n"))
    assert harmless(without_controls(text).replace("\t", " "))
    without_controls(text).encode()


@pytest.mark.parametrize("name", ODD, ids=ascii)
@pytest.mark.parametrize("terminal", [True, False])
def test_progress_prints_a_name_literally(monkeypatch, capsys, name, terminal):
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")

    standing = Standing(best=(), n_best=0, rungs=(), left=None, pauses=False, elapsed=0.0)
    plan = Plan(wanted=1, over=False, counts={"RUNNING": 1}, best=(0, 0.5), promotions=0, standing=standing)
    with LiveProgress(name, show=True) as progress:
        monkeypatch.setattr(progress, "_start", progress._start - 60.0)
        assert progress.wants_standing
        progress.update(plan)
        line = as_line(progress.scene())
        progress.notice(f"trial 0 failed: {name}\nand more")
    shown = capsys.readouterr().err
    assert line.isprintable()
    assert line.startswith(f"study {printable(name)} ")
    assert "\x1b[31mred" not in shown
    assert "\x9b" not in shown
    assert printable(name).strip()[:20] in shown.replace("\n", "")


BAD_ARGUMENTS = [
    ("status", "--storage", "\x1b[2J"), ("status", "--storage", "sqlite:///no\nsuch.db"),
    ("status", "--storage", "a" * 10**5), ("run", "\x1b[31m:f", "--n-trials", "1"),
    ("run", "nofile.py:\ud800", "--n-trials", "1"), ("run", "x:y", "--n-trials", "-1"),
    ("run", "{file}:objective", "--grid", "[" * 100_000), ("run", "{file}:objective", "--grid", '{"x": [1, 1]}'),
    ("run", "{file}:objective", "--grid", '{"x": []}'), ("run", "{file}:objective", "--grid", "\x1b[31m"),
    ("run", "{file}:objective", "--n-trials", "1", "--study", "\ud800"),
    ("run", "{file}:objective", "--n-trials", "1", "--study", "x" * 600),
    ("run", "{file}:objective", "--n-trials", "1", "--study", "a\0b"),
    ("run", "{file}:objective", "--n-trials", "9" * 5000),
    ("run", "{file}:objective", "--n-trials", "1", "--pruner", "asha", "--max-resource", "9" * 40),
    ("trials", "--state", "[/]"), ("nothing[/red]",), ("status", "--storage-env", "NO\x1bVARIABLE"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS, ids=lambda arguments: ascii(arguments)[:60])
def test_bad_arguments_are_one_message_and_exit_code_2(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "target.py").write_text("def objective(trial):\n    return 0.0\n")
    inline = ("--executor", "inline") if arguments[0] == "run" else ()
    result = call(*(part.replace("{file}", str(tmp_path / "target.py")) for part in arguments), *inline)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.text(max_size=10) | st.sampled_from(["status", "trials", "best", "studies", "--study", "--json", "--full"]),
        max_size=5,
    )
)
def test_any_words_on_the_command_line_end_with_a_message(words):
    result = CliRunner().invoke(cli, [*words, "--storage", "sqlite:////nowhere/at/all.db"])
    assert isinstance(result.exception, SystemExit) or result.exception is None, repr(result.exception)
    assert not isinstance(result.exception, RaytuneLiteError)
