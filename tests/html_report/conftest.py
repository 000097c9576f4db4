"""A study with promotions, pauses and failures, run once for all tests of reports."""

from __future__ import annotations

import pytest

from . import studies


@pytest.fixture(scope="session")
def asha_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("asha")


@pytest.fixture(scope="session")
def asha_study(asha_folder):
    study = studies.asha(asha_folder)
    yield study
    study.close()
