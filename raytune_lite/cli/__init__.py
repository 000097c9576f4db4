"""The command line: ``raytune-lite run`` starts or continues a study, the others read, show or control one."""

from . import (
    ask,
    attach,
    control,
    copying,
    doctor,
    drain,
    explaining,
    export,
    listing,
    logs,
    optuna_verbs,
    planning,
    reading,
    report,
    run,
    submit,
    watch,
)
from .base import cli


def main() -> None:
    """Entry point of ``raytune-lite``."""
    cli(prog_name="raytune-lite")


__all__ = [
    "ask", "attach", "cli", "control", "copying", "doctor", "drain", "explaining", "export", "listing", "logs", "main",
    "optuna_verbs", "planning", "reading", "report", "run", "submit", "watch",
]  # fmt: skip
