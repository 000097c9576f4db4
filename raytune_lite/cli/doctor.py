"""The command that looks whether a machine is fit to run a study. It leaves nothing behind."""

from __future__ import annotations

import click

from .base import cli, storage_options, storage_url

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@cli.command()
@storage_options
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where checkpoints are to lie.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
def doctor(storage: str | None, storage_env: str | None, checkpoint_dir: str | None, as_json: bool) -> None:
    """Look whether studies can run here: versions, Ray, database, clock, checkpoint directory, free disk.

    Each line is ok, warn or fail, and says the way out. Exit code 1 when something fails.

    \b
    Example:
      raytune-lite doctor --storage sqlite:///raytune_lite.db
    """
    from ..display.tables import as_json as json_text
    from ..display.text import printable
    from ..report.doctor import examine, record

    found = []
    for finding in examine(storage_url(storage, storage_env), checkpoint_dir):
        found.append(finding)
        if not as_json:
            way_out = f"; {finding.way_out}" if finding.way_out else ""
            level = click.style(f"{finding.level:4}", fg=_COLOURS[finding.level])
            click.echo(f"{level}  {finding.what:11}  {printable(finding.text)}{printable(way_out)}")
    if as_json:
        click.echo(json_text([record(finding) for finding in found]))
    if any(finding.level == "fail" for finding in found):
        raise SystemExit(1)
