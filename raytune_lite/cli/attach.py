"""``raytune-lite attach``: follow a run that goes on elsewhere, until it is over."""

from __future__ import annotations

from .base import cli, existing_url, study_options


@cli.command()
@study_options
def attach(storage: str | None, storage_env: str | None, study_name: str | None) -> None:
    """Follow the run of a study until it is over, and print its result.

    For runs that were left in the cluster (run --detach, optimize(detach=True)), and any other. Ctrl-C ends the
    following, not the run. Exit code 1: the run ended with an error, which is printed.

    \b
    Example:
      raytune-lite attach --study train
    """
    from ..report.attach import attach as follow

    follow(study_name, storage=existing_url(storage, storage_env)).close()
