"""The command line: ``raytune-lite run`` starts or continues a study, the others read or control one."""

from . import control, logs, reading, run
from .base import cli


def main() -> None:
    """Entry point of ``raytune-lite``."""
    cli(prog_name="raytune-lite")


__all__ = ["cli", "control", "logs", "main", "reading", "run"]
