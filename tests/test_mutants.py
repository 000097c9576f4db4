"""The list of broken variants is current: each changes a text that is there, and names a test that is there."""

from __future__ import annotations

import ast

import pytest

from .mutants import MUTANTS, ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.promise)
def test_each_changes_one_place_of_its_file_and_stays_python(mutant):
    text = (ROOT / "raytune_lite" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    ast.parse(text.replace(mutant.old, mutant.new))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.promise)
def test_each_names_a_test_that_is_there(mutant):
    file, _, name = mutant.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert "on_ray" not in file, "a mutant's test runs without Ray"
