"""``raytune-lite logs``: what a trial's objective printed."""

from __future__ import annotations

from pathlib import Path

import click

from .base import cli, open_study, refuse, study_options


@cli.command()
@click.argument("number", type=click.IntRange(0))
@study_options
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where the run's checkpoints lie, if it named "
              "a directory.")  # fmt: skip
@click.option("--path", "only_path", is_flag=True, help="Print the file's path only.")
def logs(
    number: int,
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    checkpoint_dir: str | None,
    only_path: bool,
) -> None:
    """Print what trial NUMBER printed, all its attempts.

    \b
    Example:
      raytune-lite logs 12
    """
    from ..checkpoints.layout import log_place
    from ..runtime.output import read_log

    study = open_study(storage, storage_env, study_name, checkpoint_dir)
    try:
        root = study.log_root
        path = Path(root, log_place(number))
        text = str(path) + "\n" if only_path else read_log(root, number)
        if text is None:
            refuse(_why_not(number, path, [attempt.node for attempt in study.attempts if attempt.number == number]))
    finally:
        study.close()
    click.echo(text, nl=False)


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
