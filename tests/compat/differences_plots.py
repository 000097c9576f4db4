"""Tests of Optuna's plots that fail on purpose here; see ``differences.py``."""

from __future__ import annotations

from differences_elsewhere import LOG

PLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    # Optuna draws, and warns in its own log, which our `enable_default_handler` does not open
    "visualization_tests/test_timeline.py": {LOG: ("test_get_timeline_info_negative_elapsed_time",)},
}
