"""The README as a package index shows it: relative links lead nowhere there. All else is in pyproject.toml."""

import re
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent


def long_description(readme: str, source: str | None) -> str:
    """The README with absolute links.

    Args:
        readme: its text.
        source: where the repository's files can be read, as ``https://HOST/OWNER/NAME/blob/main``; None: nowhere yet.
            Then a relative link becomes its text, and a picture is left out.
    """
    relative = r"\((?!https?:|#)([^)\s]+)\)"
    if source is None:
        readme = re.sub(rf"!\[[^\]]*\]{relative}\n*", "", readme)
        return re.sub(rf"\[([^\]]*)\]{relative}", r"\1", readme)
    raw = source.replace("/blob/", "/raw/")
    readme = re.sub(rf"(!\[[^\]]*\]){relative}", rf"\1({raw}/\2)", readme)
    return re.sub(rf"(?<!!)(\[[^\]]*\]){relative}", rf"\1({source}/\2)", readme)


def source_url() -> str | None:
    """``Source`` of ``[project.urls]``, where it is set."""
    found = re.search(r'^Source = "([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return f"{found[1].rstrip('/')}/blob/main" if found else None


if __name__ == "__main__":
    setup(
        long_description=long_description((ROOT / "README.md").read_text(encoding="utf-8"), source_url()),
        long_description_content_type="text/markdown",
    )
