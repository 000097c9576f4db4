"""The commands that reckon before you pay: ``replay``, ``plan``. They change nothing."""

from __future__ import annotations

import dataclasses
import re
import sys

import click

from .base import cli, open_study, refuse, study_options
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


@cli.command()
@click.argument("study", required=False)
@study_options
@click.option("--target", type=float, metavar="VALUE", help="A value to find, which trials of the study have reached.")
@click.option("--top", type=float, default=0.05, show_default=True, metavar="SHARE",
              help="Without --target: what this share of the trials reached.")  # fmt: skip
@click.option("--workers", default="4,8,16,32", show_default=True, metavar="N,N,...", help="Trials at a time.")
@click.option("--eta", default="2,3,4", show_default=True, metavar="N,N,...", help="ASHA's reduction factors.")
@click.option("--min-resource", metavar="N,N,...",
              help="Steps of the lowest rung.  [default: the first recorded step, and three times as far]")  # fmt: skip
@click.option("--price", type=float, metavar="MONEY",
              help="Of a slot-hour.  [default: of the study's latest run, where it had --prices]")  # fmt: skip
@click.option("--deadline", metavar="TIME", help="Show the chance to be there in time: 8h, 90min, 600s.")
@click.option("--budget", type=float, metavar="SLOT-HOURS", help="Show the chance to be there for as much.")
@click.option("--spot", metavar="TIME", help="Mean time until a slot is taken away.")
@click.option("--simulations", type=click.IntRange(10), default=60, show_default=True, help="Of each line.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all draws.")
@click.option("--all", "every", is_flag=True, help="Show every rule, not the best three of each number of workers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every rule.")
def plan(
    study: str | None, storage: str | None, storage_env: str | None, study_name: str | None, target: float | None,
    top: float, workers: str, eta: str, min_resource: str | None, price: float | None, deadline: str | None,
    budget: float | None, spot: str | None, simulations: int, seed: int, every: bool, as_json: bool,
) -> None:  # fmt: skip
    """Say what a study will cost before it runs: workers and pruner to time, slot-hours and money.

    STUDY is a small study of the same objective. Its curves are trained again in virtual time, by the true scheduler,
    on each number of workers. Takes about a minute of one core.

    \b
    Example:
      raytune-lite plan train --workers 8,16,32 --price 3.50
      raytune-lite plan train --target 0.23 --deadline 8h
    """
    from ..display.tables import as_json as json_text
    from ..display.tables import finite
    from ..plan import table
    from ..plan.forecasting import plan as planned

    found = planned(
        open_study(storage, storage_env, study_name_of(study, study_name)),
        target=target, top=top, workers=_numbers("--workers", workers), etas=_numbers("--eta", eta),
        min_resources=None if min_resource is None else _numbers("--min-resource", min_resource), price=price,
        deadline=_seconds("--deadline", deadline), budget=budget, spot=_seconds("--spot", spot),
        simulations=simulations, seed=seed, on_cell=_progress if sys.stderr.isatty() else None,
    )  # fmt: skip
    if as_json:
        click.echo(json_text(finite(table.record(found))))
        return
    for line in table.lines(found, every=every):
        click.echo(line)


def _progress(done: int, total: int) -> None:
    end = "\r\033[K" if done == total else ""
    click.echo(f"\rsimulated {done} of {total} lines{end}", err=True, nl=False)


def _numbers(option: str, text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        refuse(f"{option} must be whole numbers with commas between them, such as 4,8,16; got {text[:200]!r}.")


_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(option: str, text: str | None) -> float | None:
    """Seconds of a time such as 8h, 90min, 600s, 600."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*", text)
    if match is None:
        refuse(f"{option} must be a time such as 8h, 90min or 600s, got {text[:200]!r}.")
    return float(match[1]) * _UNITS[match[2] or "s"]
