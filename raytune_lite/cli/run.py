"""``raytune-lite run``: start or continue a study."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ..exceptions import InvalidResourcesError, StudyNotFoundError
from ..pruners import pruner_from_spec, pruner_names
from ..runtime.interrupts import explained
from .base import WrongInput, cli, open_study, refuse, storage_url, study_options

if TYPE_CHECKING:
    from ..core.protocols import Pruner, Sampler
    from ..study import Study
    from ..study.requests import Resources


_PASSED_ON = ("n_trials", "max_trials", "timeout", "trial_timeout", "lease", "max_concurrent", "executor",
              "one_trial_per_task", "warm_workers", "max_checkpoint_bytes", "trial_output", "prices", "max_cost",
              "pilot", "detach")  # fmt: skip

SAMPLERS = {
    "auto": "AutoSampler",
    "bruteforce": "BruteForceSampler",
    "cmaes": "CmaEsSampler",
    "gp": "GPSampler",
    "grid": "GridSampler",
    "nsgaii": "NSGAIISampler",
    "nsgaiii": "NSGAIIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
    "tpe": "TPESampler",
}


class _Gpus(click.ParamType[Any]):
    """A number of GPUs, or "auto"."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "auto" else click.FLOAT.convert(value, param, ctx)


@cli.command()
@click.argument("target")
@study_options
@click.option(
    "--direction", "directions", multiple=True, type=click.Choice(["minimize", "maximize"]),
    help="Which values are better; once for each objective.  [default: minimize]",
)  # fmt: skip
@click.option("--n-trials", type=click.IntRange(1), help="New configurations that this call starts.")
@click.option("--max-trials", type=click.IntRange(1), help="The study's total: run again, it stops at the same total.")
@click.option("--pilot", type=click.IntRange(1), metavar="N",
              help="Instead of --n-trials: N random configurations, and what they took; see plan.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="Start nothing new after this time.")  # fmt: skip
@click.option("--prices", multiple=True, metavar="NAME=MONEY", help="Money per hour of a resource: GPU=3.5. "
              "Once for each; status and report show the cost.")  # fmt: skip
@click.option("--max-cost", type=click.FloatRange(0, min_open=True), metavar="MONEY", help="Start nothing new once the "
              "study has cost so much; needs --prices.")  # fmt: skip
@click.option("--trial-timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
              help="End a trial's attempt after this time.")  # fmt: skip
@click.option("--lease", type=click.FloatRange(5), default=60.0, show_default=True, metavar="SECONDS",
              help="How long a worker may send no message; more if the objective holds Python's lock.")  # fmt: skip
@click.option("--num-cpus", type=float, help="CPUs of one trial.  [default: 1]")
@click.option("--num-gpus", type=_Gpus(), metavar="FLOAT|auto", help="GPUs of one trial; 0.25 lets four share one, "
              "auto as many as its memory has room for.  [default: 0]")  # fmt: skip
@click.option("--memory", type=int, metavar="BYTES", help="Memory of one trial.")
@click.option("--workers", type=click.IntRange(1), help="Processes of one trial, each with these CPUs, GPUs and memory."
              "  [default: 1]")  # fmt: skip
@click.option("--max-concurrent", type=click.IntRange(1), help="Trials at once.  [default: all that fit]")
@click.option("--sampler", type=click.Choice(sorted(SAMPLERS)), help="[default: the study's own, else auto]")
@click.option("--grid", metavar="JSON", help="""Values for the grid sampler: '{"lr": [0.1, 0.01], "depth": [2, 4]}'.""")
@click.option("--seed", type=click.IntRange(0), help="Seed of the sampler.")
@click.option("--pruner", type=click.Choice(sorted(pruner_names())), help="[default: the study's own, else none]")
@click.option("--pruner-option", "pruner_options", multiple=True, metavar="NAME=VALUE",
              help="An argument of the pruner, as in Python: n_startup_trials=10. Once for each.")  # fmt: skip
@click.option("--min-resource", type=int, help="ASHA: step of the lowest rung.  [default: 1]")
@click.option("--max-resource", type=int, help="ASHA: last step of a full training; needed with --pruner asha.")
@click.option("--reduction-factor", type=int, help="ASHA: the top 1/N of a rung goes on.  [default: 3]")
@click.option("--asha-mode", type=click.Choice(["promote", "stop"]), help="ASHA: pause and promote, or stop for good."
              "  [default: promote]")  # fmt: skip
@click.option("--catch", is_flag=True, help="Go on after trials that raise; they are stored as FAIL.")
@click.option("--executor", type=click.Choice(["ray", "inline"]), default="ray", show_default=True,
              help="On Ray, or one after another in this process.")  # fmt: skip
@click.option("--detach", is_flag=True, help="Return once the run has begun; it goes on in the cluster. See attach.")
@click.option("--trial-output", type=click.Choice(["show", "keep", "hide"]), default="show", show_default=True,
              help="What objectives print: shown and kept in a log a trial, only kept, or neither.")  # fmt: skip
@click.option("--one-trial-per-task", is_flag=True, help="A Ray task runs one trial, also where trials take "
              "milliseconds.")  # fmt: skip
@click.option("--warm-workers", is_flag=True, help="Trials with a GPU use the processes of earlier ones; one in which "
              "a trial has leaked is ended.")  # fmt: skip
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where checkpoints lie; on several nodes a "
              "shared path.")  # fmt: skip
@click.option("--max-checkpoint-bytes", type=int, help="What all checkpoints may take together; past it paused trials "
              "lose theirs, the least promising first.")  # fmt: skip
def run(target: str, storage: str | None, storage_env: str | None, study_name: str | None, **given: Any) -> None:
    """Run an objective's trials, or go on with a study.

    TARGET is module:function or path/to/file.py:function; the function takes a trial. A study that exists is
    continued: interrupted trials go first.

    What a trial asks for may depend on its parameters: objective.resources = lambda params: {"num_gpus": ...} in the
    file, for a run without --num-cpus, --num-gpus and --memory.

    \b
    Example:
      raytune-lite run train.py:objective --max-trials 64 --num-gpus 1 \\
          --pruner asha --max-resource 27
    """
    from ..report.summary import print_summary
    from ..study import create_study
    from ..study.checks import objective as check_objective
    from ..target import load_target

    sampler, pruner, resources = _sampler(given), _pruner(given), _resources(given)
    loaded, url = load_target(target), storage_url(storage, storage_env)
    try:
        check_objective(loaded.objective)
    except TypeError as error:
        refuse(f"{target}: {error}")
    asked = resources or _own_resources(target, loaded.objective, given)
    given["prices"] = _prices(given, asked)
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
        before = len(study.attempts)
        _optimize(study, loaded.objective, given, asked)
        if given["detach"]:
            return
        if len(study.attempts) == before:
            paid = "" if given["max_cost"] is None else ", or has cost what --max-cost allows"
            click.echo(f"Nothing was left to run: the study has all the trials that were asked for{paid}.", err=True)
        print_summary(study)
        if given["pilot"]:
            _say_pilot(study)
    finally:
        study.close()


def _say_pilot(study: Study) -> None:
    from ..exceptions import NotEnoughDataError
    from ..plan.piloting import lines, measure

    try:
        said = lines(measure(study))
    except NotEnoughDataError as error:
        said = [str(error)]
    for line in said:
        click.echo(line)


def _sampler(given: dict[str, Any]) -> Sampler | None:
    """The sampler that the options describe; None when they name none."""
    from .. import samplers

    name, grid, seed = given["sampler"], given["grid"], given["seed"]
    if grid is None:
        if name == "grid":
            refuse("""--sampler grid needs its values: --grid '{"lr": [0.1, 0.01]}'.""")
        if name is None and seed is None:
            return None
        made: Sampler = getattr(samplers, SAMPLERS[name or "auto"])(seed=seed)
        return made
    if name not in (None, "grid"):
        refuse(f"--grid is for the grid sampler: leave out --sampler {name}.")
    try:
        space = json.loads(grid)
    except (ValueError, RecursionError) as error:
        refuse(f"--grid must be JSON, a name and its values each, got {grid[:200]!r} ({error}).")
    return samplers.GridSampler(space, seed)


def _pruner(given: dict[str, Any]) -> Pruner | None:
    """The pruner that the options describe; None when they name none."""
    name, arguments = given["pruner"], dict(map(_pruner_option, given["pruner_options"]))
    if arguments and name is None:
        refuse(f"--pruner-option needs --pruner, one of {', '.join(sorted(pruner_names()))}.")
    short = ("min_resource", "max_resource", "reduction_factor")  # ASHA's have options of their own
    of_asha = {key: given[key] for key in short if given[key] is not None}
    if given["asha_mode"] is not None:
        of_asha["mode"] = given["asha_mode"]
    if of_asha and name != "asha":
        refuse("--min-resource, --max-resource, --reduction-factor and --asha-mode need --pruner asha.")
    arguments = {key: _pruner_inside(key, value) for key, value in arguments.items()} | of_asha
    if name == "asha" and "max_resource" not in arguments:
        refuse("--pruner asha needs --max-resource, the last step of a full training.")
    return None if name is None else pruner_from_spec({"name": pruner_names()[name], **arguments})


def _pruner_option(text: str) -> tuple[str, Any]:
    """``name=value`` with the value as JSON; what is no JSON is a text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        refuse(f"--pruner-option must be NAME=VALUE, for example n_startup_trials=10; got {text[:200]!r}.")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _pruner_inside(option: str, value: Any) -> Any:
    """The spec of a pruner that another one wraps: given as its short name, or as a spec with its short name."""
    if option not in ("wrapped_pruner", "pruner"):
        return value
    spec = value if isinstance(value, dict) else {"name": value}
    name, names = spec.get("name"), pruner_names()
    return {**spec, "name": names[name]} if isinstance(name, str) and name in names else value


def _resources(given: dict[str, Any]) -> dict[str, Any]:
    found = {name: given[name] for name in ("num_cpus", "num_gpus", "memory") if given[name] is not None}
    if given["executor"] == "inline" and (found or given["max_concurrent"] or given["workers"]):
        refuse(
            "--executor inline takes no --num-cpus, --num-gpus, --memory, --workers or --max-concurrent: those are "
            "Ray's."
        )
    return found


def _own_resources(target: str, objective: Callable[..., Any], given: dict[str, Any]) -> Resources | None:
    """What the objective's attribute ``resources`` says, a dict or a function of a trial's parameters."""
    from ..study.requests import resource_request

    if given["executor"] == "inline":
        return None
    try:
        return resource_request(getattr(objective, "resources", None))
    except (TypeError, InvalidResourcesError) as error:
        refuse(f"{target}.resources: {error}")


def _prices(given: dict[str, Any], resources: Any) -> dict[str, float] | None:
    """Prices by resource; None where none is given."""
    from ..study.requests import costs

    found: dict[str, float] = {}
    for text in given["prices"]:
        name, equals, price = text.partition("=")
        try:
            found[name] = float(price)
        except ValueError:
            equals = ""
        if not equals or not name:
            refuse(f"--prices must be NAME=MONEY, for example GPU=3.5 an hour; got {text[:200]!r}.")
    if given["max_cost"] is not None and not found:
        refuse("--max-cost needs --prices, for example --prices GPU=3.5 an hour.")
    try:
        costs(found or None, given["max_cost"], resources)
    except ValueError as error:
        refuse(str(error))
    return found or None


def _check_end(url: str, study_name: str, sampler: Sampler | None, given: dict[str, Any]) -> None:
    """Refuse a run that would never end, before it creates a study."""
    bounds = ("n_trials", "pilot", "max_trials", "timeout", "max_cost")
    if any(given[bound] for bound in bounds) or getattr(sampler, "grid", None) is not None:
        return
    with contextlib.suppress(WrongInput, StudyNotFoundError):
        study = open_study(url, None, study_name)
        last = study.last_run
        study.close()
        if sampler is None and last is not None and json.loads(last.sampler).get("name") == "GridSampler":
            return
    refuse("say when to stop: --n-trials, --max-trials, --timeout or --max-cost (a grid stops by itself).")


def _say(text: str, *, err: bool) -> None:
    from ..display.text import printable_lines

    click.echo(printable_lines(text), err=err)


def _optimize(
    study: Study, objective: Callable[[Any], Any], given: dict[str, Any], resources: Resources | None
) -> None:
    from ..target import PrintingObjective

    inline = PrintingObjective(objective, _say) if given["executor"] == "inline" else None
    try:
        study.optimize(
            inline or objective,
            catch=(Exception,) if given["catch"] else (),
            resources=resources or None,
            workers=given["workers"] or 1,
            show_progress_bar=True,
            **{name: given[name] for name in _PASSED_ON},
        )
    except KeyboardInterrupt:
        raise explained() from None  # the run has printed what became of it
    except Exception as error:
        if inline is not None and inline.failure is not None and inline.raised is error:
            raise inline.failure from error
        raise
