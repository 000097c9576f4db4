"""The commands that read a study, whether or not it is running. They change nothing."""

from __future__ import annotations

import click

from .base import (
    cli,
    existing_url,
    format_options,
    open_study,
    refuse,
    show_trials,
    storage_options,
    study_options,
    width,
)

_DELETED_BY = "the trial's next attempt or the next run"
_STATES = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "PAUSED", "WAITING")


@cli.command()
@study_options
@click.option("--unit", default="step", show_default=True, metavar="WORD", help="What a step is, such as epoch.")
@click.option("--full", type=click.IntRange(1), metavar="STEPS", help="Steps of a full training, for the share done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(
    storage: str | None, storage_env: str | None, study_name: str | None, unit: str, full: int | None, as_json: bool
) -> None:
    """Show where a study stands.

    Best trial, trials by state, promotions and resumes, grid cells, failures, time.

    \b
    Example:
      raytune-lite status --storage sqlite:///raytune_lite.db --study train
    """
    from ..display.tables import as_json as json_text
    from ..report.figures import status_record
    from ..report.summary import print_summary

    study = open_study(storage, storage_env, study_name)
    if as_json:
        click.echo(json_text(status_record(study)))
    else:
        print_summary(study, unit=unit, full=full)


@cli.command()
@study_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object; a list of them for several objectives.")
def best(storage: str | None, storage_env: str | None, study_name: str | None, as_json: bool) -> None:
    """Show the best trial; of several objectives the Pareto front.

    \b
    Example:
      raytune-lite best --study train --json
    """
    from ..display import tables

    study = open_study(storage, storage_env, study_name)
    several = len(study.directions) > 1
    found = study.best_trials if several else [study.best_trial]
    if as_json:
        records = [tables.trial_record(trial) for trial in found]
        click.echo(tables.as_json(records if several else records[0]))
    elif several:
        click.echo(tables.as_table(found, width()))
    else:
        from ..display.text import printable

        click.echo(f"trial {found[0].number}: {found[0].value:.10g}")
        for name, value in found[0].params.items():
            click.echo(f"  {printable(name)} = {printable(repr(value))}")


@cli.command()
@study_options
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES, case_sensitive=False),
              help="Only trials in this state; may be given again.")  # fmt: skip
@click.option("--json", "own", flag_value="json", help="A JSON list; NaN and infinities are texts.")
@click.option("--csv", "own", flag_value="csv", help="CSV, with the columns of study.trials_dataframe().")
@format_options(None)
def trials(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    states: tuple[str, ...],
    own: str | None,
    form: str | None,
    flatten: bool,
) -> None:
    """List trials.

    \b
    Example:
      raytune-lite trials --study train --state COMPLETE --csv > trials.csv
      raytune-lite trials --study train -f json
    """
    from ..display import tables
    from ..trial import TrialState

    _check_form(own, form, flatten)
    wanted = [TrialState[state.upper()] for state in states] or None
    study = open_study(storage, storage_env, study_name)
    if form is not None:
        states_by_number = study.trial_states() if wanted else {}
        numbers = [number for number, state in states_by_number.items() if state in (wanted or ())]
        show_trials(study, form, flatten, only=numbers if wanted else None)
        return
    found = study.iter_trials(states=wanted)
    if own == "json":
        for text in tables.json_lines(map(tables.trial_record, found)):
            click.echo(text, nl=False)
    elif own == "csv":
        for text in tables.csv_lines(found, study.trial_columns(wanted)):
            click.echo(text, nl=False)
    else:
        click.echo(tables.as_table(found, width()))


def _check_form(own: str | None, form: str | None, flatten: bool) -> None:
    if own is not None and form is not None:
        refuse(f"give either --{own} or -f {form}, not both.")
    if flatten and form is None:
        refuse("--flatten goes with -f: trials -f json --flatten.")


@cli.command()
@study_options
@click.option("--trial", "number", type=click.IntRange(0), help="Only attempts of this trial.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list, with the end of each worker's stderr.")
def attempts(
    storage: str | None, storage_env: str | None, study_name: str | None, number: int | None, as_json: bool
) -> None:
    """List attempts: each run of each trial, how it ended, and why it gave no result.

    \b
    Example:
      raytune-lite attempts --study train --trial 7 --json
    """
    from ..display import tables

    every = open_study(storage, storage_env, study_name).attempts
    found = [attempt for attempt in every if number in (None, attempt.number)]
    if as_json:
        click.echo(tables.as_json([tables.attempt_record(attempt) for attempt in found]))
    else:
        click.echo(tables.attempts_table(found, width()))


@cli.command()
@study_options
@click.option("--files", is_flag=True, help="Also read every kept checkpoint, and look for those without a row, and "
              "for half-written ones.")  # fmt: skip
@click.option("--checkpoint-dir", type=click.Path(file_okay=False), help="Where checkpoints lie, if not beside the "
              "database.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(
    storage: str | None,
    storage_env: str | None,
    study_name: str | None,
    files: bool,
    checkpoint_dir: str | None,
    as_json: bool,
) -> None:
    """Check that a study is intact: compare every table with its log of events. Exit code 1 when it is not.

    \b
    Example:
      raytune-lite check --storage sqlite:///raytune_lite.db --files
    """
    from ..report.check import damages, half_written, orphans

    study = open_study(storage, storage_env, study_name, checkpoint_dir)
    found = list(damages(study, files=files))
    lost, halves = (orphans(study), half_written(study)) if files else ([], [])
    if as_json:
        from ..display.tables import as_json as json_text

        record = {"study": study.study_name, "intact": not found, "files": files, "differences": found}
        click.echo(json_text({**record, "without_a_row": lost, "half_written": halves}))
    else:
        _say_check(found, lost, halves, files)
    if found:
        raise SystemExit(1)


def _say_check(found: list[str], lost: list[str], halves: list[str], files: bool) -> None:
    for line in found:
        click.echo(line)
    for uri in lost:
        click.echo(f"checkpoint {uri} has no row in the database; {_DELETED_BY} deletes it")
    for line in halves:
        click.echo(f"half a checkpoint {line}: its process was killed; {_DELETED_BY} deletes it")
    if found:
        click.echo(f"{len(found)} difference(s): restore a copy of the database, or go on with this one.", err=True)
    else:
        click.echo("intact: every row is what the log implies" + (", every checkpoint has its digest" if files else ""))


@cli.command()
@storage_options
@click.option("--json", "own", flag_value="json", help="A JSON list, with directions and trials by state.")
@format_options(None)
def studies(
    storage: str | None, storage_env: str | None, own: str | None, form: str | None, flatten: bool
) -> None:
    """List the names of a database's studies.

    \b
    Example:
      raytune-lite studies --storage sqlite:///raytune_lite.db
      raytune-lite studies -f table
    """
    from ..display.tables import json_lines
    from ..display.text import printable
    from ..study import get_all_study_names

    _check_form(own, form, flatten)
    url = existing_url(storage, storage_env)
    if form is not None:
        _show_studies(url, form, flatten)
        return
    names = get_all_study_names(url)
    if own is not None:
        from ..report.figures import study_records

        for text in json_lines(study_records(names, url)):
            click.echo(text, nl=False)
        return
    for name in names:
        click.echo(printable(name))


def _show_studies(url: str, form: str, flatten: bool) -> None:
    from ..display.formats import Column, Record, written
    from ..study import get_all_study_summaries

    records: list[Record] = [
        {
            ("name", ""): found.study_name,
            ("direction", ""): tuple(direction.name for direction in found.directions),
            ("n_trials", ""): found.n_trials,
            ("datetime_start", ""): found.datetime_start,
            ("user_attrs", ""): found.user_attrs,
        }
        for found in get_all_study_summaries(url, include_best_trial=False)
    ]
    has_attrs = any(record["user_attrs", ""] for record in records)
    names = ["name", "direction", "n_trials", "datetime_start", *(["user_attrs"] if has_attrs else [])]
    columns: list[Column] = [(name, "") for name in names]
    click.echo(written(records, columns, form, flat=flatten))
