"""The commands that reckon before you pay: ``replay``."""

from __future__ import annotations

import dataclasses

import click

from .base import cli, open_study, study_options
from .report import study_name_of


@cli.command()
@click.argument("study", required=False)
@study_options
@click.option("--pruner", default="asha(eta=3)", show_default=True, metavar="RULE",
              help="NAME or NAME(ARGUMENT=VALUE, ...); eta, min and max stand for reduction_factor, min_resource and "
              "max_resource.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Trials at a time.  [default: the most that ran at once]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def replay(
    study: str | None, storage: str | None, storage_env: str | None, study_name: str | None, pruner: str,
    workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Say what a study would have cost under another pruner.

    STUDY is its name; without one the only study of the storage. Its own curves and times are trained again in virtual
    time, by the true scheduler. Trials that the rule would have trained for longer than they are recorded are left out
    and counted. Changes nothing.

    \b
    Example:
      raytune-lite replay train --pruner 'asha(eta=3, min=1)' --workers 8
      raytune-lite replay train --pruner 'median(n_startup_trials=5)'
    """
    from ..display.tables import as_json as json_text
    from ..display.tables import finite
    from ..plan import words
    from ..plan.replaying import replay as replayed

    found = replayed(open_study(storage, storage_env, study_name_of(study, study_name)), pruner, workers=workers)
    if as_json:
        click.echo(json_text(finite({**dataclasses.asdict(found), "share": found.share})))
        return
    for line in words.lines(found):
        click.echo(line)
