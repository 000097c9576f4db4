"""The verbs of Optuna's command line that have no command of ours: a script that calls ``optuna`` can call us.

What they print on standard output is what Optuna's print. ``studies`` and ``trials`` are in ``reading``.
"""

from __future__ import annotations

import click

from .base import (
    WrongInput,
    cli,
    existing_url,
    format_options,
    open_study,
    refuse,
    show_trials,
    storage_options,
    storage_url,
    study_options,
)

_DIRECTION = click.Choice(["minimize", "maximize"])


@cli.command()
@study_options
@click.option("--direction", type=_DIRECTION, help="Of a study with one objective.  [default: minimize]")
@click.option("--directions", type=_DIRECTION, multiple=True, help="One an objective: --directions minimize maximize.")
@click.argument("more", nargs=-1, type=_DIRECTION, metavar="")
@click.option("--skip-if-exists", is_flag=True, help="No error when the study exists.")
def create_study(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    direction: str | None,
    directions: tuple[str, ...],
    more: tuple[str, ...],
    skip_if_exists: bool,
) -> None:
    """Make a study without running it, and print its name.

    \b
    Example:
      raytune-lite create-study --study-name s --directions minimize maximize
    """
    from ..display.text import printable
    from ..study import create_study as create
    from ..trial import StudyDirection

    if more and not directions:
        refuse(f"{' '.join(more)} stands alone; write --direction {more[0]}, or --directions for several objectives.")
    study = create(
        storage=storage_url(storage, storage_env),
        study_name=study_name,
        direction=None if direction is None else StudyDirection[direction.upper()],
        directions=[StudyDirection[word.upper()] for word in (*directions, *more)] or None,
        load_if_exists=skip_if_exists,
    )
    click.echo(printable(study.study_name))


@cli.command()
@storage_options
@click.option("--study-name", "--study", required=True, metavar="NAME", help="The study.")
def delete_study(storage: str | None, storage_env: str | None, study_name: str) -> None:
    """Delete a study as `delete --yes` does: it asks nothing, and prints nothing.

    \b
    Example:
      raytune-lite delete-study --study-name old
    """
    from ..study import delete_study as delete

    delete(study_name=study_name, storage=existing_url(storage, storage_env))


@cli.command()
@storage_options
@format_options("value")
def study_names(storage: str | None, storage_env: str | None, form: str, flatten: bool) -> None:
    """List the names of a database's studies, in a format of Optuna's.

    \b
    Example:
      raytune-lite study-names -f json
    """
    from ..display.formats import Record, written
    from ..study import get_all_study_names

    records: list[Record] = [{("name", ""): name} for name in get_all_study_names(existing_url(storage, storage_env))]
    click.echo(written(records, [("name", "")], form, flat=flatten))


@cli.command()
@study_options
@format_options("table")
def best_trial(
    storage: str | None, storage_env: str | None, study_name: str | None, form: str, flatten: bool
) -> None:
    """Show the best trial in a format of Optuna's; `best` is our own form of it.

    \b
    Example:
      raytune-lite best-trial --study-name train -f json
    """
    study = open_study(storage, storage_env, study_name)
    show_trials(study, form, flatten, only=[study.best_trial.number], single=True)


@cli.command()
@study_options
@format_options("table")
def best_trials(
    storage: str | None, storage_env: str | None, study_name: str | None, form: str, flatten: bool
) -> None:
    """Show the trials of the Pareto front in a format of Optuna's.

    \b
    Example:
      raytune-lite best-trials --study-name train -f yaml
    """
    study = open_study(storage, storage_env, study_name)
    show_trials(study, form, flatten, only=[trial.number for trial in study.best_trials])


@cli.group()
def study() -> None:
    """Change what is noted on a study: set-user-attr."""


@study.command()
@study_options
@click.option("--key", "-k", required=True, help="The attribute's name.")
@click.option("--value", required=True, help="Its value; it is stored as a text.")
def set_user_attr(
    storage: str | None, storage_env: str | None, study_name: str | None, key: str, value: str
) -> None:
    """Store an attribute with a study.

    \b
    Example:
      raytune-lite study set-user-attr --study-name train --key owner --value ada
    """
    open_study(storage, storage_env, study_name).set_user_attr(key, value)


@cli.group()
def storage() -> None:
    """Change a database as a whole: upgrade."""


@storage.command()
@storage_options
def upgrade(storage: str | None, storage_env: str | None) -> None:
    """Bring a database's tables to this version. Copy the database before: the former program reads it no more.

    Tables of ours are upgraded by any command; those of an older Optuna by this one, if Optuna is installed.

    \b
    Example:
      raytune-lite storage upgrade --storage sqlite:///study.db
    """
    from ..exceptions import SchemaVersionError
    from ..integrations.optuna.upgrading import upgrade as upgrade_optunas
    from ..study import get_all_study_names

    url = existing_url(storage, storage_env)
    try:
        done = upgrade_optunas(url)
    except ImportError:  # opening says what is to be done, if anything is
        done = False
    try:
        n = len(get_all_study_names(url))
    except SchemaVersionError as error:
        raise WrongInput(str(error)) from error
    what = "upgraded Optuna's tables; ours are up to date" if done else "the tables are up to date"
    click.echo(f"{what}; studies: {n}.")
