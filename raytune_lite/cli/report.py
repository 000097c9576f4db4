"""The commands that show a study in a browser: ``report`` writes a file, ``dashboard`` serves optuna-dashboard."""

from __future__ import annotations

import click

from .base import cli, existing_url, open_study, refuse, study_options


def study_name_of(argument: str | None, option: str | None) -> str | None:
    """The study's name, which may be given as an argument or as an option."""
    if argument is not None and option is not None:
        refuse(f"give the study once, got {argument!r} and --study {option!r}.")
    return option if argument is None else argument


@cli.command()
@click.argument("study", required=False)
@study_options
@click.option("--out", type=click.Path(dir_okay=False), default="report.html", show_default=True, help="File to write.")
@click.option("--compare", metavar="NAME", help="Also another study of the same database, side by side.")
def report(
    study: str | None,
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    out: str,
    compare: str | None,
) -> None:
    """Write a study's report: one HTML file, which needs no network.

    STUDY is its name; without one the only study of the storage. What is best, what to do next, history, rungs, slots,
    parameters, checks. A running study may be reported.

    \b
    Example:
      raytune-lite report train --out report.html
      raytune-lite report train --compare train-2 --out both.html
    """
    from ..report.html import write_report

    shown = open_study(storage, storage_env, study_name_of(study, study_name))
    other = None if compare is None else open_study(storage, storage_env, compare)
    path = write_report(shown, out, compare=other)
    click.echo(f"{path} ({path.stat().st_size / 1e6:.2f} MB): open it in a browser")


@cli.command()
@click.argument("study", required=False)
@study_options
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="On 127.0.0.1.")
def dashboard(
    study: str | None, storage: str | None, storage_env: str | None, study_name: str | None, port: int
) -> None:
    """Serve optuna-dashboard on a study, for this machine only (127.0.0.1).

    It needs optuna-dashboard: pip install 'raytune-lite[dashboard]'. Ctrl-C ends it.

    \b
    Example:
      raytune-lite dashboard train --port 8080
    """
    from ..integrations.dashboard import HOST, serve
    from ..storages.url import normalize_url

    found = open_study(storage, storage_env, study_name_of(study, study_name))
    found.close()
    url = normalize_url(existing_url(storage, storage_env)).render_as_string(hide_password=False)
    click.echo(f"http://{HOST}:{port}/dashboard/studies/{found.study_id} (Ctrl-C ends it)")
    serve(url, port)
