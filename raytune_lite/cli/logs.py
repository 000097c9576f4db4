"""``raytune-lite logs``: what a trial's objective printed."""

from __future__ import annotations

from pathlib import Path

import click

from .base import cli, open_study, refuse, study_options


@cli.command()
@click.argument("number", type=click.IntRange(0), required=False)
@study_options
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where the run's checkpoints lie, if it named "
              "a directory.")  # fmt: skip
@click.option("--run", "of_run", is_flag=True, help="What the study's detached runs printed, instead of a trial.")
@click.option("--path", "only_path", is_flag=True, help="Print the file's path only.")
def logs(
    number: int | None,
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    checkpoint_dir: str | None,
    of_run: bool,
    only_path: bool,
) -> None:
    """Print what trial NUMBER printed, all its attempts; with --run what detached runs printed.

    \b
    Example:
      raytune-lite logs 12
      raytune-lite logs --run
    """
    from ..checkpoints.layout import RUN_LOG, log_place
    from ..runtime.output import read_log

    if (number is None) is not of_run:
        refuse("give the NUMBER of a trial, or --run for what the study's detached runs printed.")
    study = open_study(storage, storage_env, study_name, checkpoint_dir)
    try:
        root = study.log_root
        path = Path(root, RUN_LOG if number is None else log_place(number))
        text = str(path) + "\n" if only_path else read_log(root, number)
        if text is None:
            nodes = [attempt.node for attempt in study.attempts if attempt.number == number]
            refuse(_no_run_log(path) if number is None else _why_not(number, path, nodes))
    finally:
        study.close()
    click.echo(text, nl=False)


def _no_run_log(path: Path) -> str:
    return (
        f"there is no log of a detached run here ({path}). It lies on the node where the run was, which is the head "
        "with a database server; or the run was not detached, or had another directory (--checkpoint-dir)."
    )


def _why_not(number: int, path: Path, nodes: list[str]) -> str:
    from ..runtime.inline import NODE

    if not nodes:
        return f"trial {number} has not been started in this study; raytune-lite trials lists those that were."
    named = (node[:8] for node in nodes if node and node != NODE)  # of a Ray node the id, as `attempts` shows it
    ran = ", ".join(dict.fromkeys(named)) or "this machine"
    return (
        f"trial {number} has no log here ({path}). Its objective printed nothing, or the run had trial_output='hide', "
        f"or another directory (--checkpoint-dir); or the log lies on the disk of another node: the trial ran on {ran}."
    )
