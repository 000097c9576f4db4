"""The command that follows a study on the terminal, frame by frame."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from .base import cli, open_study, study_options

_INTERVAL, _INTERVAL_FAR = 1.0, 2.0  # seconds between frames; the second over ssh


@cli.command()
@study_options
@click.option("--once", is_flag=True, help="Print one frame and end. So also where the output is no terminal.")
@click.option("--readonly", is_flag=True, help="No key changes anything.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Only characters that ASCII has.")
@click.option("--interval", type=click.FloatRange(0.1, 3600.0), metavar="SECONDS",
              help="Between two frames.  [default: 1, over ssh 2]")  # fmt: skip
def watch(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    once: bool,
    readonly: bool,
    ascii_only: bool,
    interval: float | None,
) -> None:
    """Follow a study: best, rungs, slots, decisions in words, and why slots are idle.

    It reads the database alone, from any machine; keys act on the run that is under way. NO_COLOR is obeyed.

    \b
    Example:
      raytune-lite watch --study train
      raytune-lite watch --study train --once
    """
    from ..display import screen
    from .watch_keys import Watch
    from .watch_source import Source

    study = open_study(storage, storage_env, study_name)
    ascii_only = ascii_only or not _prints_blocks()
    source = Source(study)
    if once or not sys.stdout.isatty():
        source.add_up()
        size = os.terminal_size((_columns(), 40)) if not sys.stdout.isatty() else os.get_terminal_size()
        for line in screen.lines(source.frame(), size.columns, size.lines, ascii_only=ascii_only, keys="")[:-1]:
            click.echo(screen.styled(line, screen.console_for(sys.stdout)) if sys.stdout.isatty() else line.text)
        return
    far = "SSH_CONNECTION" in os.environ
    seconds = interval or (_INTERVAL_FAR if far else _INTERVAL)
    Watch(source, None if readonly else study, ascii_only=ascii_only, interval=seconds).run()


def _columns() -> int:
    with contextlib.suppress(ValueError):
        return int(os.environ.get("COLUMNS", ""))
    return 80


def _prints_blocks() -> bool:
    try:
        "█▁·".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
