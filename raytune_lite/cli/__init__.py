"""The command line: ``raytune-lite run`` starts or continues a study, the others read, show or control one."""

from . import control, doctor, explaining, export, listing, logs, planning, reading, report, run, watch
from .base import cli


def main() -> None:
    """Entry point of ``raytune-lite``."""
    cli(prog_name="raytune-lite")


__all__ = [
    "cli", "control", "doctor", "explaining", "export", "listing", "logs", "main", "planning", "reading", "report",
    "run", "watch",
]  # fmt: skip
