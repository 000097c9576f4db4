"""The command by which a machine that is about to be taken says so to Ray."""

from __future__ import annotations

import click

from .base import cli


@cli.command()
@click.option(
    "--seconds", type=click.FloatRange(1.0), default=100.0, show_default=True,
    help="How long this machine is still there.",
)  # fmt: skip
def drain(seconds: float) -> None:
    """Say that this machine is about to be taken: its trials save, and go on elsewhere at no cost of retries.

    It returns when nothing runs here any more, or when the time is over. For a pod's preStop hook, a spot instance's
    notice, or before maintenance. Trials of all studies are meant, and other work of this Ray.

    \b
    Example:
      raytune-lite drain --seconds 100
    """
    from ..runtime.on_ray.draining import drain_this_node

    if drain_this_node(seconds, click.echo):
        click.echo("nothing runs here any more.")
    else:
        click.echo(f"{seconds:g} s are over, and something still runs here.")
