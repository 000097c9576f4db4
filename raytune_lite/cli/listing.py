"""The command that lists the grid cells of a study. It changes nothing."""

from __future__ import annotations

import click

from .base import cli, open_study, refuse, study_options, width

_CELL_STATES = ("leased", "done", "dead", "free")


@cli.command()
@study_options
@click.option("--state", "states", multiple=True, type=click.Choice(_CELL_STATES, case_sensitive=False),
              help="Only cells in this state; may be given again.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def cells(
    storage: str | None, storage_env: str | None, study_name: str | None, states: tuple[str, ...], as_json: bool
) -> None:
    """List the grid cells that were handed out, with their trials and values.

    Cells that no trial was ever given are counted, and not listed: a grid may have 10^12.

    \b
    Example:
      raytune-lite cells --study train --state dead
    """
    from ..display import tables
    from ..report.figures import cell_records, grid_counts

    study = open_study(storage, storage_env, study_name)
    counts = grid_counts(study)
    if counts is None:
        refuse(f"study {study.study_name!r} has no grid; its trials are listed by: raytune-lite trials.")
    wanted = {state.lower() for state in states} or set(_CELL_STATES)
    found = [record for record in cell_records(study) if record["state"] in wanted]
    if as_json:
        click.echo(tables.as_json({"study": study.study_name, "counts": counts, "handed_out": found}))
        return
    click.echo(", ".join(f"{n} {state}" for state, n in counts.items()))
    if found:
        click.echo(tables.cells_table(found, width()))
