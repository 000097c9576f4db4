"""The command line: ``raytune-lite run`` starts or continues a study, the other commands read one."""

from . import reading, run
from .base import cli


def main() -> None:
    """Entry point of ``raytune-lite``."""
    cli(prog_name="raytune-lite")


__all__ = ["cli", "main", "reading", "run"]
