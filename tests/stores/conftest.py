"""A place, its store, a study and its epoch, once for each kind of store."""

from __future__ import annotations

import pytest

from raytune_lite.trial import StudyDirection

from ..core_tools import T0
from .places import PLACES, place_of


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    found = place_of(request.param, request, tmp_path)
    yield found
    found.close()


@pytest.fixture
def study(place):
    return place.create_study("s", [StudyDirection.MINIMIZE], T0)


@pytest.fixture
def store(place):
    return place.open("first")


@pytest.fixture
def other(place):
    return place.open("second")


@pytest.fixture
def epoch(store, study):
    return store.acquire(study, run="run-1", lease=60, now=T0)
