"""The commands that make a study of other ones: copy, merge. They change nothing of their sources."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from .base import cli, existing_url, json_option, refuse, storage_options, storage_url

if TYPE_CHECKING:
    from ..study.copying import Copied


@cli.command()
@storage_options
@click.argument("study_name", metavar="STUDY")
@click.option("--to-storage", metavar="URL", help="Where to.  [default: the same database]")
@click.option("--to-study-name", "--into", metavar="NAME", help="[default: the same name]")
@json_option
def copy(
    storage: str | None,
    storage_env: str | None,
    study_name: str,
    to_storage: str | None,
    to_study_name: str | None,
    as_json: bool,
) -> None:
    """Copy STUDY into another database, or under another name: attributes and finished trials.

    --storage may also be the path of a journal file of Optuna's.

    \b
    Example:
      raytune-lite copy old --storage journal.log --to-storage sqlite:///study.db
    """
    from ..study.copying import copied

    source = _source(storage) or existing_url(storage, storage_env)
    target = to_storage or (source if "://" in source else storage_url(None, storage_env))
    _say(copied(study_name, source, target, to_study_name), as_json)


@cli.command()
@storage_options
@click.argument("study_names", nargs=-1, metavar="STUDY...")
@click.option("--from", "others", nargs=2, multiple=True, metavar="URL STUDY", help="A study of another database, or "
              "of a journal file of Optuna's; may be given again.")  # fmt: skip
@click.option("--into", required=True, metavar="NAME", help="The new study, in --storage.")
@json_option
def merge(
    storage: str | None,
    storage_env: str | None,
    study_names: tuple[str, ...],
    others: tuple[tuple[str, str], ...],
    into: str,
    as_json: bool,
) -> None:
    """Make one new study of several: their finished trials, numbered anew, with parameters, values and reports.

    \b
    Example:
      raytune-lite merge a b --into all
      raytune-lite merge --from sqlite:///node1.db s --from sqlite:///node2.db s --into all --storage sqlite:///all.db
    """
    from ..study.copying import merge_studies

    if not study_names and not others:
        refuse("name the studies to merge: raytune-lite merge a b --into all.")
    here = existing_url(storage, storage_env) if study_names else storage_url(storage, storage_env)
    sources = [(name, here) for name in study_names]
    sources += [(name, _source(url) or existing_url(url, None)) for url, name in others]
    _say(merge_studies(from_studies=sources, to_storage=here, to_study_name=into), as_json)


def _source(storage: str | None) -> str | None:
    """The path of a journal file, if that is what was given."""
    return storage if storage is not None and "://" not in storage and os.path.isfile(storage) else None


def _say(found: Copied, as_json: bool) -> None:
    from ..display.tables import as_json as json_text
    from ..display.text import printable

    if as_json:
        record = {"study": found.study_name, "trials": found.trials, "left_out": found.left_out}
        click.echo(json_text({**record, "attributes_left_out": list(found.attributes_left_out)}))
        return
    said = f"{found.study_name}: {found.trials} trial(s)"
    if found.left_out:
        said += "; left out: " + ", ".join(f"{n} {state}" for state, n in found.left_out.items())
    if found.attributes_left_out:
        said += "; of several values the first one was kept of: " + ", ".join(found.attributes_left_out)
    click.echo(printable(f"{said}."))
