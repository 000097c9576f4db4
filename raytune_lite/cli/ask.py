"""The commands by which a script in any language runs trials itself: ask for one, tell its result."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .base import cli, format_options, open_study, refuse, study_options

if TYPE_CHECKING:
    from ..core.protocols import Sampler

_LEASE = 86400.0  # seconds
_PATIENCE = 30.0  # seconds that a command waits for another one that has the study for a moment
_REST = 0.2  # seconds

T = TypeVar("T")


@cli.command()
@study_options
@click.option("--sampler", metavar="CLASS", help="Of raytune_lite.samplers: TPESampler.  [default: the study's]")
@click.option("--sampler-kwargs", metavar="JSON", help="Its arguments, as an object.")
@click.option("--search-space", metavar="JSON", help="An object: name -> what distribution_to_json writes.")
@click.option("--lease", type=click.FloatRange(0.0, min_open=True), default=_LEASE, show_default=True,
              metavar="SECONDS", help="How long runs leave the trial alone; then the next one begins it again.",
)  # fmt: skip
@format_options("json")
def ask(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    sampler: str | None,
    sampler_kwargs: str | None,
    search_space: str | None,
    lease: float,
    form: str,
    flatten: bool,
) -> None:
    """Start a trial, and print its number and parameters; `tell` its result from any process.

    \b
    Example:
      raytune-lite ask --study-name s --search-space '{"x": {"name": "FloatDistribution",
        "attributes": {"low": 0.0, "high": 1.0}}}'
    """
    from ..display.formats import Column, written
    from ..distributions import json_to_distribution

    given = _object("--search-space", search_space)
    space = {name: json_to_distribution(json.dumps(distribution)) for name, distribution in given.items()}
    chosen = _sampler(sampler, _object("--sampler-kwargs", sampler_kwargs))
    study = open_study(storage, storage_env, study_name)
    study.sampler = chosen
    try:
        trial = _patiently(lambda: study.ask(space, lease=lease))
        record: dict[Column, Any] = {("number", ""): trial.number}
        record |= {("params", name): value for name, value in trial.params.items()}
        if not trial.params and not flatten:
            record["params", ""] = {}
    finally:
        study.close()
    click.echo(written([record], list(record), form, flat=flatten, single=True))


@cli.command(context_settings={"ignore_unknown_options": True})  # a value may be negative: --values -0.5 -1
@study_options
@click.option("--trial-number", type=click.IntRange(0), required=True, metavar="N", help="What `ask` printed.")
@click.option("--values", type=float, multiple=True, help="The result, one an objective: --values 0.1 0.2.")
@click.argument("more", nargs=-1, type=float, metavar="")
@click.option("--state", type=click.Choice(["complete", "pruned", "fail"]), help="[default: complete, with values]")
@click.option("--skip-if-finished", is_flag=True, help="No error when the trial is finished already.")
def tell(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    trial_number: int,
    values: tuple[float, ...],
    more: tuple[float, ...],
    state: str | None,
    skip_if_finished: bool,
) -> None:
    """Store the result of a trial that `ask` started. The first result stands; a second one is refused.

    \b
    Example:
      raytune-lite tell --study-name s --trial-number 0 --values 0.25
    """
    from ..trial import TrialState

    if more and not values:
        refuse(f"{' '.join(map(str, more))} stands alone; write --values {more[0]:g}.")
    wanted = TrialState[state.upper()] if state is not None else None
    study = open_study(storage, storage_env, study_name)
    try:
        result = [*values, *more] or None
        _patiently(lambda: study.tell(trial_number, result, wanted, skip_if_finished))
    finally:
        study.close()


def _object(option: str, text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        refuse(f"{option} must be JSON, got {text!r}: {error}.")
    if not isinstance(found, dict):
        refuse(f"{option} must be a JSON object, got {text!r}; for example " + '{"seed": 1}.')
    return found


def _sampler(name: str | None, arguments: dict[str, Any]) -> Sampler | None:
    from .. import samplers

    if name is None:
        if arguments:
            refuse("--sampler-kwargs goes with --sampler CLASS.")
        return None
    known = sorted(word for word in samplers.__all__ if word.endswith("Sampler") and word != "BaseSampler")
    if name not in known:
        refuse(f"--sampler must be one of {', '.join(known)}; got {name!r}.")
    try:
        made: Sampler = getattr(samplers, name)(**arguments)
    except TypeError as error:
        refuse(f"--sampler-kwargs {json.dumps(arguments)}: {error}.")
    return made


def _patiently(call: Callable[[], T]) -> T:
    """What ``call`` returns. Commands of other shells have the study for a moment each; a run has it for longer."""
    from .. import logging
    from ..exceptions import DriverUnreachableError, StudyBusyError, StudyNotRunningError
    from ..runtime.host import RealHost

    host, shown = RealHost(), logging.get_verbosity()
    give_up = host.monotonic() + _PATIENCE
    logging.set_verbosity(logging.ERROR)  # a script reads what is printed, not for whom this command waits
    try:
        while True:
            try:
                return call()
            except (StudyBusyError, StudyNotRunningError, DriverUnreachableError):
                if host.monotonic() > give_up:
                    raise
            host.sleep(_REST)
    finally:
        logging.set_verbosity(shown)
