"""The system's Chromium, without a window. Tests that need it skip where it or playwright is missing."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest

WHY = "needs the system's chromium (apt-get install chromium) and playwright (pip install playwright)"


@contextlib.contextmanager
def chromium():
    """A running browser, of playwright's class Browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        pytest.skip(WHY)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
