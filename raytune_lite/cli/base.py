"""What all commands share: the group, its options, messages and exit codes.

Exit codes: 0 done; 1 the run failed; 2 the input is wrong; 130 Ctrl-C. A heavy module is imported by the command that
needs it, so that ``--help`` is fast.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .. import __version__
from ..exceptions import RaytuneLiteError, TrialFailedError
from ..runtime.interrupts import is_explained

if TYPE_CHECKING:
    from ..study import Study

DEFAULT_STORAGE = "sqlite:///raytune_lite.db"
STORAGE_VARIABLE = "RTL_STORAGE"  # the environment variable that is read where no option names a database
_Command = Callable[..., Any]
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a sentence.")


class _CommandFailure(click.ClickException):
    """One message and an exit code: 1."""

    def format_message(self) -> str:
        """The message; a name or a traceback in it must not act on the terminal."""
        from ..display.text import printable_lines

        return printable_lines(self.message)


class WrongInput(_CommandFailure):
    """One message and an exit code: 2."""

    exit_code = 2


class _Group(click.Group):
    """Turns what a command raises into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            if not is_explained(error):
                click.echo("Interrupted.", err=True)
            ctx.exit(130)
        except BrokenPipeError:  # click's own: `| head` is no error
            raise
        except TrialFailedError as error:
            raise _CommandFailure(_failed_trial(error)) from error
        except (RaytuneLiteError, ValueError, ImportError, OSError) as error:
            # the second base of our errors says whether the input was wrong or the run could not go on
            wrong = isinstance(error, (ValueError, KeyError, TypeError, ImportError))
            raise (WrongInput if wrong else _CommandFailure)(str(error)) from error


def _failed_trial(error: TrialFailedError) -> str:
    return (
        f"trial {error.number} (attempt {error.attempt}) failed: {error.error}\n\n{error.traceback.rstrip()}\n\n"
        "The trial is stored as FAIL. Correct the objective and run the same command again, or add --catch to go on "
        "after failed trials."
    )


def refuse(message: str) -> NoReturn:
    """End the command: the input is wrong.

    Args:
        message: the value, the rule and the way out, in one sentence.

    Raises:
        WrongInput: always.
    """
    raise WrongInput(message)


# --- options that commands share -----------------------------------------------------------------------------------


def study_options(command: _Command) -> _Command:
    """Add the options that name a study."""
    command = click.option("--study", "--study-name", "study_name", metavar="NAME", help="Name of the study.")(command)
    return storage_options(command)


def storage_options(command: _Command) -> _Command:
    """Add the options that name a database."""
    command = click.option(
        "--storage-env", metavar="VARIABLE", help="Environment variable that holds the URL, for one with a password."
    )(command)
    return click.option(
        "--storage", metavar="URL", help=f"Database, as a URL.  [default: ${STORAGE_VARIABLE} where it is set, else "
        f"{DEFAULT_STORAGE}, in this directory]"
    )(command)


def format_options(default: str | None) -> Callable[[_Command], _Command]:
    """Add Optuna's options of an output format: -f and --flatten.

    Args:
        default: the format when none is given; None: the command has a form of its own.
    """

    def add(command: _Command) -> _Command:
        said = "With -f: params_x for each parameter x, and no dict params."
        command = click.option("--flatten", is_flag=True, help=said)(command)
        return click.option(
            "--format", "-f", "form", type=click.Choice(["value", "json", "table", "yaml"]), default=default,
            show_default=default is not None, help="Output as Optuna's command line has it.",
        )(command)  # fmt: skip

    return add


def storage_url(storage: str | None, storage_env: str | None) -> str:
    """The database's URL. Without an option it is what RTL_STORAGE holds, where that is set and not empty.

    Args:
        storage: the value of --storage, or None.
        storage_env: the value of --storage-env, the name of a variable that holds the URL, or None.

    Raises:
        WrongInput: both options were given, or the variable is not set.
    """
    if storage_env is None:
        if storage is not None:
            _warn_of_password(storage)
        return storage or os.environ.get(STORAGE_VARIABLE) or DEFAULT_STORAGE
    if storage is not None:
        refuse("give either --storage or --storage-env, not both.")
    url = os.environ.get(storage_env)
    if not url:
        refuse(f"--storage-env {storage_env}: no such environment variable is set; export {storage_env}=URL first.")
    return url


def _warn_of_password(storage: str) -> None:
    from ..storages.url import mask

    if "***" in mask(storage) and "***" not in storage:
        click.echo(
            "Warning: everybody on this machine can read the password in --storage (ps), and Ray's list of jobs keeps "
            f"it. Put the URL into the environment variable {STORAGE_VARIABLE}, which is read without --storage.",
            err=True,
        )


def existing_url(storage: str | None, storage_env: str | None) -> str:
    """The URL for a command that only reads, and so must not create an empty database.

    Raises:
        StorageURLError: not a URL of a database that can be used.
        WrongInput: both options were given, the variable is not set, or there is no such SQLite file.
    """
    from ..storages.url import mask, normalize_url

    url = storage_url(storage, storage_env)
    address = normalize_url(url)
    path = address.database or ""
    if address.get_backend_name() == "sqlite" and not os.path.exists(path):
        source = "--storage" if storage or not os.environ.get(storage_env or STORAGE_VARIABLE) else "the URL in " + (
            f"${storage_env or STORAGE_VARIABLE}"
        )
        refuse(f"there is no database {mask(url)} (looked for {os.path.abspath(path)}); check {source}.")
    return url


def open_study(
    storage: str | None, storage_env: str | None, study_name: str | None, checkpoint_dir: str | None = None
) -> Study:
    """The study to read; without a name the only study of the storage.

    Raises:
        StudyNotFoundError: no study of this name.
        WrongInput: no name was given and the storage does not hold exactly one study; see also existing_url.
    """
    from ..study import get_all_study_names, load_study

    url = existing_url(storage, storage_env)
    if study_name is None:
        names = get_all_study_names(url)
        if len(names) != 1:
            known = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
            refuse(f"choose a study with --study; the storage holds: {known or 'none'}.")
        study_name = names[0]
    return load_study(study_name=study_name, storage=url, checkpoint_dir=checkpoint_dir)


def show_trials(
    study: Study, form: str, flatten: bool, *, only: Collection[int] | None = None, single: bool = False
) -> None:
    """Print trials in a format of Optuna's.

    Args:
        study: the study.
        form: see ``format_options``, as ``flatten``.
        flatten: one column for each parameter and attribute.
        only: the numbers of those to print; None: all.
        single: there is one, and it is no list.
    """
    from ..display.formats import trial_sheet, written

    records, columns = trial_sheet(study.iter_trials(), len(study.directions), study.metric_names)
    found = [record for record in records if only is None or record["number", ""] in only]
    click.echo(written(found, columns, form, flat=flatten, single=single))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="raytune-lite")
def cli() -> None:
    """Crash-safe parallel hyperparameter search on Ray.

    \b
    Example:
      raytune-lite run train.py:objective --max-trials 64 --num-gpus 0.25
      raytune-lite status
    """


def width() -> int | None:
    """Columns of the terminal; None when the output is not a terminal, where lines must not be cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
