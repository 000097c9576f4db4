"""The command that writes a study's tables to a file, for other programs. It changes no study."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import click

from .base import cli, open_study, refuse, study_options

if TYPE_CHECKING:
    from ..study import Study

_TABLES = ("trials", "reports", "attempts", "rungs")


@cli.command()
@study_options
@click.option("--format", "form", type=click.Choice(["csv", "json", "parquet", "otlp"]), required=True,
              help='parquet needs pyarrow: pip install "raytune-lite[parquet]". otlp: spans.')  # fmt: skip
@click.option("--table", type=click.Choice(_TABLES), default="trials", show_default=True,
              help="reports: one row for each trial and step.")  # fmt: skip
@click.option("--output", "-o", type=click.Path(dir_okay=False), metavar="FILE",
              help="Where to.  [default: standard output; parquet needs a file]")  # fmt: skip
def export(
    storage: str | None, storage_env: str | None, study_name: str | None, form: str, table: str, output: str | None
) -> None:
    """Write trials, reports, attempts or rungs as CSV, JSON or Parquet; or the study as OpenTelemetry spans.

    Rows are read as they are written, so a large study needs little memory. A column means the same in each format.

    \b
    Example:
      raytune-lite export --study train --format csv -o trials.csv
      raytune-lite export --study train --format parquet --table reports -o curves.parquet
      raytune-lite export --study train --format otlp -o spans.jsonl
    """
    if form == "otlp" and table != "trials":
        refuse("--format otlp writes the study, its trials, attempts and reports at once: leave out --table.")
    study = open_study(storage, storage_env, study_name)
    if form == "parquet":
        from ..display.parquet import write

        if output is None:
            refuse("--format parquet needs a file: add -o trials.parquet.")
        rows = write(output, lambda: _rows(study, table))
        click.echo(f"{output}: {rows} row(s)", err=True)
        return
    with _out(output) as out:
        _write(study, table, form, out)


def _rows(study: Study, table: str) -> Iterator[dict[str, object]]:
    from ..report import figures

    return {
        "trials": figures.trial_rows,
        "reports": figures.report_rows,
        "attempts": figures.attempt_rows,
        "rungs": figures.rung_rows,
    }[table](study)


def _write(study: Study, table: str, form: str, out: TextIO) -> None:
    from ..display import tables

    if form == "otlp":
        from ..report import spans

        texts = spans.lines(study)
    elif table == "trials":
        found = study.iter_trials()
        columns = study.trial_columns() if form == "csv" else []
        texts = tables.csv_lines(found, columns) if form == "csv" else tables.json_lines(
            map(tables.trial_record, found)
        )
    else:
        rows = _rows(study, table)
        texts = tables.csv_of(rows) if form == "csv" else tables.json_lines(map(tables.finite, rows))
    for text in texts:
        out.write(text)


@contextlib.contextmanager
def _out(output: str | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with open(output, "w", encoding="utf-8", newline="") as file:
        yield file
