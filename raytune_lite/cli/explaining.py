"""The commands that say why: explain, show, rungs. They change nothing."""

from __future__ import annotations

import click

from .base import cli, open_study, study_options, width


@cli.command()
@study_options
@click.argument("number", type=click.IntRange(0), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with the numbers of each decision.")
def explain(
    storage: str | None, storage_env: str | None, study_name: str | None, number: int | None, as_json: bool
) -> None:
    """Say why nothing runs; or with NUMBER why that trial waits, was paused, pruned, tried again, or failed.

    The rule, the numbers that it saw, and what is missing for the trial to go on. Reads the database alone.

    \b
    Example:
      raytune-lite explain --study train
      raytune-lite explain 17 --study train
    """
    from ..display.tables import as_json as json_text
    from ..display.tables import finite
    from ..report import explain as explaining

    found = explaining.explain(open_study(storage, storage_env, study_name), number)
    if as_json:
        click.echo(json_text(finite(explaining.record(found))))
        return
    for line in explaining.lines(found):
        click.echo(line)


@cli.command()
@study_options
@click.argument("number", type=click.IntRange(0))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(
    storage: str | None, storage_env: str | None, study_name: str | None, number: int, as_json: bool
) -> None:
    """Show trial NUMBER: parameters, attempts, reports, checkpoints, and each decision with its rule and numbers.

    \b
    Example:
      raytune-lite show 17 --study train
    """
    from ..display.tables import as_json as json_text
    from ..display.tables import finite
    from ..report import trial_page

    found = trial_page.trial_page(open_study(storage, storage_env, study_name), number)
    if as_json:
        click.echo(json_text(finite(trial_page.record(found))))
        return
    for line in trial_page.lines(found, width()):
        click.echo(line)


@cli.command()
@study_options
@click.option("--json", "as_json", is_flag=True, help="A JSON list, a rung each, with all its entries.")
def rungs(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Show the rung ladder: who came to each rung, who was promoted, and what it takes to be.

    \b
    Example:
      raytune-lite rungs --study train
    """
    from ..display.tables import as_json as json_text
    from ..display.tables import finite
    from ..report import rung_ladder

    study = open_study(storage, storage_env, study_name)
    found = rung_ladder.rung_ladder(study)
    if as_json:
        click.echo(json_text(finite([rung_ladder.record(rung) for rung in found])))
    elif found:
        click.echo(rung_ladder.table(found, width()))
    else:
        click.echo("no trial has reached a rung: the pruner has none, or its lowest is still ahead", err=True)
