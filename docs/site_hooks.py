"""What the site needs beyond its pages: ``mkdocs`` calls these functions while it builds.

Pages link to each other and to sources as GitHub reads them. A link that leaves docs/ becomes one to a page below
``source/`` with that file's text; a link to a folder becomes one to its list. So the site stands alone.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
_FENCE = re.compile(r"^(```.*?^```)", re.DOTALL | re.MULTILINE)
_DRAWN = re.compile(r"^```mermaid\nstateDiagram.*?^```$", re.DOTALL | re.MULTILINE)
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".sh": "bash"}


def on_files(files: Files, config: Any) -> Files:
    """Adds the list of decisions, and a page for each file outside docs/ that a page links to."""
    files.append(File.generated(config, "decisions/index.md", content=_decisions()))
    waiting = [(file.src_uri, file.content_string) for file in files.documentation_pages()]
    while waiting:
        uri, text = waiting.pop()
        for path in _outside(_where(uri), text):
            if files.get_file_from_path(_page_of(path)) is None:
                content = _source_page(path)
                files.append(File.generated(config, _page_of(path), content=content))
                waiting.append((_page_of(path), content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page, with its links as the site needs them, and a drawing where GitHub draws a diagram itself."""
    where = _where(page.file.src_uri)

    def changed(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(where), match[2]))
        if not (ROOT / target).exists():
            return match[0]  # mkdocs will name it
        found = posixpath.relpath(_page_of(target), posixpath.dirname(page.file.src_uri) or ".")
        return f"{match[1]}{found}{match[3] or ''}{match[4]}"

    markdown = _DRAWN.sub("![The states of a trial, and what moves it](assets/states.svg)", markdown)
    return _outside_of_fences(markdown, lambda text: _LINK.sub(changed, text))


def _outside_of_fences(text: str, change: Any) -> str:
    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else change(part) for part in parts)


def _where(uri: str) -> str:
    """The path in the repository of a page of the site."""
    return uri.removeprefix("source/").removesuffix(".page.md") if uri.startswith("source/") else f"docs/{uri}"


def _page_of(path: str) -> str:
    """The site's page of a path in the repository."""
    if path == "docs/decisions":
        return "decisions/index.md"
    if path.startswith("docs/") and not path.endswith((".py", ".json")):
        return path.removeprefix("docs/")
    return f"source/{path}.page.md"


def _outside(where: str, text: str) -> list[str]:
    """Paths in the repository, without a page of their own, to which a page at ``where`` links."""
    found = []
    for match in _LINK.finditer(_FENCE.sub("", text)):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(where), match[2]))
        if (ROOT / path).exists() and _page_of(path).startswith("source/"):
            found.append(path)
    return found


def _source_page(path: str) -> str:
    head = f"---\ntitle: {path}\nsearch:\n  exclude: true\n---\n\n"
    file = ROOT / path
    if file.is_dir():
        names = sorted(child.name for child in file.iterdir() if not child.name.startswith((".", "__")))
        return f"{head}# {path}\n\n" + "".join(f"* `{name}`\n" for name in names)
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return head + text
    return f"{head}# {path}\n\n````{_LANGUAGES.get(file.suffix, 'text')}\n{text}````\n"


def _decisions() -> str:
    lines = []
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        lines.append(f"* [{title}]({path.name})\n")
    return "# Decisions\n\nHalf a page each: the context, the choice, the consequence.\n\n" + "".join(lines)
