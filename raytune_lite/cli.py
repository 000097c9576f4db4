"""The command line: ``raytune-lite run`` starts or continues a study, the other commands read one.

Owns options, messages and exit codes: 0 done; 1 the run failed; 2 the input is wrong; 130 Ctrl-C. Imports nothing
heavy before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from . import __version__
from .exceptions import RaytuneLiteError, StudyNotFoundError, TrialFailedError

if TYPE_CHECKING:
    from .study import Study

DEFAULT_STORAGE = "sqlite:///raytune_lite.db"
_STATES = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "PAUSED", "WAITING")
_Command = Callable[..., Any]


class _Failure(click.ClickException):
    """One message and an exit code: 1."""


class _WrongInput(_Failure):
    """One message and an exit code: 2."""

    exit_code = 2


class _Group(click.Group):
    """Turns what a command raises into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            click.echo(str(error) or "Interrupted.", err=True)
            ctx.exit(130)
        except BrokenPipeError:  # click's own: `| head` is no error
            raise
        except TrialFailedError as error:
            raise _Failure(_failed_trial(error)) from error
        except (RaytuneLiteError, ValueError, ImportError, OSError) as error:
            # our errors' second bases tell wrong input from a run that could not go on
            wrong = isinstance(error, (ValueError, KeyError, TypeError, ImportError))
            raise (_WrongInput if wrong else _Failure)(str(error)) from error


def _failed_trial(error: TrialFailedError) -> str:
    return (
        f"trial {error.number} (attempt {error.attempt}) failed: {error.error}\n\n{error.traceback.rstrip()}\n\n"
        "The trial is stored as FAIL. Correct the objective and run the same command again, or add --catch to go on "
        "after failed trials."
    )


def _refuse(message: str) -> NoReturn:
    raise _WrongInput(message)


# --- options that commands share -----------------------------------------------------------------------------------


def _study_options(command: _Command) -> _Command:
    command = click.option("--study", "--study-name", "study_name", metavar="NAME", help="Name of the study.")(command)
    return _storage_options(command)


def _storage_options(command: _Command) -> _Command:
    command = click.option(
        "--storage-env", metavar="VARIABLE", help="Environment variable that holds the URL, for one with a password."
    )(command)
    return click.option(
        "--storage", metavar="URL", help=f"Database, as a URL.  [default: {DEFAULT_STORAGE}, in this directory]"
    )(command)


def _storage_url(storage: str | None, storage_env: str | None) -> str:
    if storage_env is None:
        return storage or DEFAULT_STORAGE
    if storage is not None:
        _refuse("give either --storage or --storage-env, not both.")
    url = os.environ.get(storage_env)
    if not url:
        _refuse(f"--storage-env {storage_env}: no such environment variable is set; export {storage_env}=URL first.")
    return url


def _existing_url(storage: str | None, storage_env: str | None) -> str:
    """The URL for a command that only reads, and must not make an empty database."""
    from .storages.url import mask, normalize_url

    url = _storage_url(storage, storage_env)
    address = normalize_url(url)
    path = address.database or ""
    if address.get_backend_name() == "sqlite" and not os.path.exists(path):
        _refuse(f"there is no database {mask(url)} (looked for {os.path.abspath(path)}); check --storage.")
    return url


def _open(storage: str | None, storage_env: str | None, study_name: str | None) -> Study:
    """The study to read; without a name the only one of the storage."""
    from .study import get_all_study_names, load_study

    url = _existing_url(storage, storage_env)
    if study_name is None:
        names = get_all_study_names(url)
        if len(names) != 1:
            known = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
            _refuse(f"choose a study with --study; the storage holds: {known or 'none'}.")
        study_name = names[0]
    return load_study(study_name=study_name, storage=url)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="raytune-lite")
def cli() -> None:
    """Crash-safe parallel hyperparameter search on Ray.

    \b
    Example:
      raytune-lite run train.py:objective --n-trials 64 --num-gpus 0.25
      raytune-lite status
    """


# --- run -----------------------------------------------------------------------------------------------------------


@cli.command()
@click.argument("target")
@_study_options
@click.option(
    "--direction", "directions", multiple=True, type=click.Choice(["minimize", "maximize"]),
    help="Which values are better; once for each objective.  [default: minimize]",
)  # fmt: skip
@click.option("--n-trials", type=click.IntRange(1), help="New configurations that this call starts.")
@click.option("--max-trials", type=click.IntRange(1), help="The study's total: run again, it stops at the same total.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="Start nothing new after this time.")  # fmt: skip
@click.option("--num-cpus", type=float, help="CPUs of one trial.  [default: 1]")
@click.option("--num-gpus", type=float, help="GPUs of one trial; 0.25 lets four share one.  [default: 0]")
@click.option("--memory", type=int, metavar="BYTES", help="Memory of one trial.")
@click.option("--max-concurrent", type=click.IntRange(1), help="Trials at once.  [default: what the cluster holds]")
@click.option("--sampler", type=click.Choice(["random", "grid"]), help="[default: the study's own, else random]")
@click.option("--grid", metavar="JSON", help="""Values for the grid sampler: '{"lr": [0.1, 0.01], "depth": [2, 4]}'.""")
@click.option("--seed", type=click.IntRange(0), help="Seed of the sampler.")
@click.option("--pruner", type=click.Choice(["none", "asha"]), help="[default: the study's own, else none]")
@click.option("--min-resource", type=int, help="ASHA: step of the lowest rung.  [default: 1]")
@click.option("--max-resource", type=int, help="ASHA: last step of a full training; needed with --pruner asha.")
@click.option("--reduction-factor", type=int, help="ASHA: the top 1/N of a rung goes on.  [default: 3]")
@click.option("--asha-mode", type=click.Choice(["promote", "stop"]), help="ASHA: pause and promote, or stop for good."
              "  [default: promote]")  # fmt: skip
@click.option("--catch", is_flag=True, help="Go on after trials that raise; they are stored as FAIL.")
@click.option("--executor", type=click.Choice(["ray", "inline"]), default="ray", show_default=True,
              help="On Ray, or one after another in this process.")  # fmt: skip
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where checkpoints lie; on several nodes a "
              "shared path.")  # fmt: skip
def run(target: str, storage: str | None, storage_env: str | None, study_name: str | None, **given: Any) -> None:
    """Run an objective's trials, or go on with a study.

    TARGET is module:function or path/to/file.py:function; the function takes a trial. A study that exists is
    continued: interrupted trials go first.

    \b
    Example:
      raytune-lite run train.py:objective --max-trials 64 --num-gpus 1 \\
          --pruner asha --max-resource 27
    """
    from .report.summary import print_summary
    from .study import create_study
    from .target import load_target

    sampler, pruner, resources = _sampler(given), _pruner(given), _resources(given)
    loaded, url = load_target(target), _storage_url(storage, storage_env)
    _check_end(url, study_name or loaded.name, sampler, given)
    study = create_study(
        storage=url,
        study_name=study_name or loaded.name,
        sampler=sampler,
        pruner=pruner,
        directions=given["directions"] or None,
        load_if_exists=True,
        checkpoint_dir=given["checkpoint_dir"],
    )
    try:
        _check_directions(study, given["directions"])
        before = len(study.attempts)
        _optimize(study, loaded.objective, given, resources)
        if len(study.attempts) == before:
            click.echo("Nothing was left to run: the study has all the trials that were asked for.", err=True)
        print_summary(study)
    finally:
        study.close()


def _sampler(given: dict[str, Any]) -> Any:
    """The sampler that the options describe; None when they name none."""
    from .samplers import GridSampler, RandomSampler

    name, grid, seed = given["sampler"], given["grid"], given["seed"]
    if grid is None:
        if name == "grid":
            _refuse("""--sampler grid needs its values: --grid '{"lr": [0.1, 0.01]}'.""")
        return RandomSampler(seed) if name == "random" or seed is not None else None
    if name == "random":
        _refuse("--grid is for the grid sampler: leave out --sampler random.")
    try:
        space = json.loads(grid)
    except ValueError as error:
        _refuse(f"--grid must be JSON, a name and its values each, got {grid!r} ({error}).")
    return GridSampler(space, seed)


def _pruner(given: dict[str, Any]) -> Any:
    """The pruner that the options describe; None when they name none."""
    from .pruners import ASHAPruner, NopPruner

    names = ("min_resource", "max_resource", "reduction_factor")
    arguments = {name: given[name] for name in names if given[name] is not None}
    if given["asha_mode"] is not None:
        arguments["mode"] = given["asha_mode"]
    if given["pruner"] == "asha":
        if given["max_resource"] is None:
            _refuse("--pruner asha needs --max-resource, the last step of a full training.")
        return ASHAPruner(**arguments)
    if arguments:
        _refuse("--min-resource, --max-resource, --reduction-factor and --asha-mode need --pruner asha.")
    return NopPruner() if given["pruner"] == "none" else None


def _resources(given: dict[str, Any]) -> dict[str, Any]:
    found = {name: given[name] for name in ("num_cpus", "num_gpus", "memory") if given[name] is not None}
    if given["executor"] == "inline" and (found or given["max_concurrent"]):
        _refuse("--executor inline takes no --num-cpus, --num-gpus, --memory or --max-concurrent: those are Ray's.")
    return found


def _check_end(url: str, study_name: str, sampler: Any, given: dict[str, Any]) -> None:
    """Refuse a run that would never end, before it leaves a trace."""
    if given["n_trials"] or given["max_trials"] or given["timeout"] or getattr(sampler, "grid", None) is not None:
        return
    with contextlib.suppress(_WrongInput, StudyNotFoundError):
        study = _open(url, None, study_name)
        last = study.last_run
        study.close()
        if sampler is None and last is not None and json.loads(last.sampler).get("name") == "GridSampler":
            return
    _refuse("say when to stop: --n-trials, --max-trials or --timeout (a grid stops by itself).")


def _check_directions(study: Study, wanted: Sequence[str]) -> None:
    """Refuse directions that a study which existed contradicts."""
    have = [direction.name.lower() for direction in study.directions]
    if wanted and list(wanted) != have:
        _refuse(
            f"study {study.study_name!r} exists with --direction {' --direction '.join(have)}, got "
            f"{', '.join(wanted)}; leave the option out, or choose another --study."
        )


def _optimize(study: Study, objective: Callable[[Any], Any], given: dict[str, Any], resources: dict[str, Any]) -> None:
    from .target import Talking

    inline = Talking(objective, click.echo) if given["executor"] == "inline" else None
    try:
        study.optimize(
            inline or objective,
            catch=(Exception,) if given["catch"] else (),
            resources=resources or None,
            show_progress_bar=True,
            **{name: given[name] for name in ("n_trials", "max_trials", "timeout", "max_concurrent", "executor")},
        )
    except KeyboardInterrupt:
        if inline is None:  # the run on Ray has told already
            raise
        raise KeyboardInterrupt("Interrupted: what was reported is stored; the same command goes on.") from None
    except Exception as error:
        if inline is not None and inline.failure is not None and inline.raised is error:
            raise inline.failure from error
        raise


# --- reading -------------------------------------------------------------------------------------------------------


@cli.command()
@_study_options
@click.option("--unit", default="step", show_default=True, metavar="WORD", help="What a step is, such as epoch.")
@click.option("--full", type=click.IntRange(1), metavar="STEPS", help="Steps of a full training, for the share done.")
def status(storage: str | None, storage_env: str | None, study_name: str | None, unit: str, full: int | None) -> None:
    """Show where a study stands.

    Best trial, trials by state, promotions and resumes, grid cells, failures, time.

    \b
    Example:
      raytune-lite status --storage sqlite:///raytune_lite.db --study train
    """
    from .report.summary import print_summary

    print_summary(_open(storage, storage_env, study_name), unit=unit, full=full)


@cli.command()
@_study_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object; a list of them for several objectives.")
def best(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Show the best trial; of several objectives the Pareto front.

    \b
    Example:
      raytune-lite best --study train --json
    """
    from .report import tables

    study = _open(storage, storage_env, study_name)
    several = len(study.directions) > 1
    found = study.best_trials if several else [study.best_trial]
    if as_json:
        records = [tables.trial_record(trial) for trial in found]
        click.echo(tables.as_json(records if several else records[0]))
    elif several:
        click.echo(tables.as_table(found, _width()))
    else:
        click.echo(f"trial {found[0].number}: {found[0].value:.10g}")
        for name, value in found[0].params.items():
            click.echo(f"  {tables.printable(name)} = {tables.printable(repr(value))}")


@cli.command()
@_study_options
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES, case_sensitive=False),
              help="Only trials in this state; may be given again.")  # fmt: skip
@click.option("--json", "form", flag_value="json", help="A JSON list; NaN and infinities are texts.")
@click.option("--csv", "form", flag_value="csv", help="CSV, with the columns of study.trials_dataframe().")
def trials(
    storage: str | None, storage_env: str | None, study_name: str | None, states: tuple[str, ...], form: str | None
) -> None:
    """List trials.

    \b
    Example:
      raytune-lite trials --study train --state COMPLETE --csv > trials.csv
    """
    from .report import tables
    from .trial import TrialState

    wanted = [TrialState[state.upper()] for state in states] or None
    found = _open(storage, storage_env, study_name).get_trials(states=wanted)
    if form == "json":
        click.echo(tables.as_json([tables.trial_record(trial) for trial in found]))
    elif form == "csv":
        click.echo(tables.as_csv(found), nl=False)
    else:
        click.echo(tables.as_table(found, _width()))


@cli.command()
@_storage_options
def studies(storage: str | None, storage_env: str | None) -> None:
    """List the names of a database's studies.

    \b
    Example:
      raytune-lite studies --storage sqlite:///raytune_lite.db
    """
    from .report.tables import printable
    from .study import get_all_study_names

    for name in get_all_study_names(_existing_url(storage, storage_env)):
        click.echo(printable(name))


def _width() -> int | None:
    """Columns of the terminal; None when the output goes elsewhere, where lines must be whole."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def main() -> None:
    """Entry point of ``raytune-lite``."""
    cli(prog_name="raytune-lite")


__all__ = ["cli", "main"]
