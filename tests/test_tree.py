"""The tree of a search space that is defined by running: each path is handed out once, whatever fails or when."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core.tree import NodeState, Tree, index_of, n_values, value_at
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import BruteForceSampler

BIT = IntDistribution(0, 1)


def tree(seed=0, max_failures=2):
    return Tree(BruteForceSampler(seed, max_failures=max_failures).grid)


def check(book):
    """Every sum and every list of the tree, computed anew."""
    for i, node in enumerate(book.nodes):
        if node.state is NodeState.BRANCH:
            free = node.size - len(node.children) + sum(book.nodes[child].free for child in node.children.values())
            assert sorted(node.open) == sorted(child for child in node.children.values() if book.nodes[child].free)
            assert all(book.nodes[child].index == index for index, child in node.children.items())
            assert 0 <= node.cursor <= node.size
        else:
            free = 1 if node.state is NodeState.FREE else 0
            assert not node.children
        assert node.free == free
        if node.place >= 0:
            assert book.nodes[node.parent].open[node.place] == i
    leased = {node.number: i for i, node in enumerate(book.nodes) if node.state is NodeState.LEASED}
    assert book.at == leased
    states = [node.state for node in book.nodes]
    assert book.counts() == {
        "free": book.nodes[0].free,
        **{state.value: states.count(state) for state in (NodeState.LEASED, NodeState.DONE, NodeState.DEAD)},
    }


def walk(book, number, *params):
    """The trial asks for these (name, distribution, internal value)."""
    for name, distribution, value in params:
        book.asked(number, name, distribution, value)


# --- the story, step by step -----------------------------------------------------------------------------------------


def test_the_first_trial_explores_and_its_siblings_become_free_when_it_asks():
    book = tree()
    assert book.free() == 1
    assert not book.cells
    assert book.claim(0) == (None, None)
    assert book.cells
    assert (book.params(0), book.free(), book.claim(1)) == ({}, 0, None)
    book.asked(0, "x", IntDistribution(0, 4), 3.0)
    assert book.free() == 4
    given = []
    for number in (1, 2, 3, 4):
        assert book.claim(number) == (None, None)
        given.append(book.params(number))
    assert sorted(params["x"] for params in given) == [0, 1, 2, 4]
    assert book.claim(5) is None
    check(book)


def test_a_prefix_is_all_that_a_trial_must_use_from_the_root():
    book = tree()
    book.claim(0)
    walk(book, 0, ("x", BIT, 1.0), ("y", CategoricalDistribution(["a", None, True]), 2.0))
    assert book.params(0) == {"x": 1, "y": True}
    book.asked(0, "x", BIT, 1.0)  # of its own prefix, told late
    assert book.params(0) == {"x": 1, "y": True}
    found = []
    while book.claim(len(found) + 1):
        found.append(book.params(len(found) + 1))
    assert sorted(found, key=repr) == [{"x": 0}, {"x": 1, "y": "a"}, {"x": 1, "y": None}]
    check(book)


def test_a_failed_path_comes_back_until_max_failures_and_an_invalid_one_never():
    book = tree(max_failures=2)
    book.claim(0)
    book.asked(0, "x", BIT, 0.0)
    assert book.failed(0) == ()
    assert book.free() == 2
    assert book.claim_params(1, {"x": 0}) == (None, None)
    book.failed(1)
    assert book.claim_params(2, {"x": 0}) is None
    assert book.counts() == {"free": 1, "leased": 0, "done": 0, "dead": 1}
    book.claim(3)
    book.failed(3, is_final=True)
    assert book.free() == 0
    check(book)


def test_a_trial_that_asks_for_nothing_ends_the_study():
    book = tree()
    book.claim(0)
    assert book.done(0) == ()
    assert book.free() == 0
    assert book.claim(1) is None
    assert book.done(0) == book.failed(0) == book.done(77) == ()
    assert book.counts() == {"free": 0, "leased": 0, "done": 1, "dead": 0}


def test_a_finished_trial_from_elsewhere_takes_its_path():
    book = tree()
    book.claim_params(0, {"x": 1, "y": 0})
    walk(book, 0, ("x", BIT, 1.0), ("y", BIT, 0.0))
    book.done(0)
    assert book.claim_params(1, {"x": 1, "y": 0}) is None, "the same again"
    assert book.claim_params(1, {"z": 1}) is None, "of another objective"
    assert book.claim_params(1, {"x": 5}) is None, "not a value"
    assert book.claim_params(1, {"x": "no number"}) is None
    found = []
    while book.claim(len(found) + 2):
        found.append(book.params(len(found) + 2))
    assert sorted(found, key=repr) == [{"x": 0}, {"x": 1, "y": 1}]
    check(book)


def test_an_enqueued_trial_is_led_where_its_parameters_say_nothing():
    book = tree()
    book.claim(0)
    walk(book, 0, ("x", IntDistribution(0, 9), 4.0), ("y", IntDistribution(0, 9), 1.0))
    book.done(0)
    assert book.claim_below(1, {"x": 4}) == (None, None)
    assert book.params(1)["x"] == 4
    assert book.params(1)["y"] != 1
    assert book.claim_below(2, {"y": 7}) == (None, None)
    assert set(book.params(2)) in ({"x"}, {"x", "y"})
    assert book.params(2).get("y", 7) == 7
    assert book.claim_below(2, {"x": 9}) is None, "it holds a node already"
    assert book.claim_below(3, {"x": 4, "y": 1}) is None, "done: it runs, and holds nothing"
    assert book.params(3) == {}
    walk(book, 3, ("x", IntDistribution(0, 9), 4.0))
    book.done(3)
    check(book)


def test_another_name_at_a_known_place_loses_and_breaks_nothing():
    book = tree()
    book.claim(0)
    walk(book, 0, ("x", BIT, 0.0), ("y", BIT, 0.0))
    book.done(0)
    # trial 1 was given x or (x, y), and asks for z and then for x with another range
    book.claim(1)
    prefix = book.params(1)
    walk(book, 1, ("z", BIT, 1.0), ("x", IntDistribution(0, 9), 7.0))
    assert book.params(1) == {**prefix, "z": 1}
    book.done(1)
    check(book)
    number = 2
    while book.claim(number):
        book.done(number)
        number += 1
    check(book)
    assert book.counts()["leased"] == 0
    assert number == 4  # (x, y) in all but one way, and z = 0 beside z = 1


def test_a_continuous_parameter_is_passed_over():
    book = tree()
    book.claim(0)
    walk(book, 0, ("free", FloatDistribution(0, 1), 0.3), ("x", BIT, 0.0))
    assert book.params(0) == {"x": 0}
    assert book.free() == 1


def test_a_huge_range_costs_what_is_touched():
    book = tree()
    book.claim(0)
    book.asked(0, "x", IntDistribution(0, 2**53 - 1), 17.0)
    assert book.free() == 2**53 - 1
    for number in range(1, 50):
        book.claim(number)
    assert len(book.nodes) == 51
    assert len({book.params(number)["x"] for number in range(50)}) == 50
    check(book)


def test_values_are_handed_out_in_an_order_that_the_seed_chooses():
    def order(seed):
        book = tree(seed)
        book.claim(0)
        book.asked(0, "x", IntDistribution(0, 19), 0.0)
        for number in range(1, 20):
            book.claim(number)
        return [book.params(number)["x"] for number in range(20)]

    assert order(1) == order(1)
    assert sorted(order(1)) == list(range(20))
    assert order(1) != order(2)  # false alarm: 1 / 19!
    assert order(1)[1:] != sorted(order(1)[1:])


@pytest.mark.parametrize(
    "distribution",
    [
        CategoricalDistribution(["a", None, True, 1, 1.5]),
        IntDistribution(-3, 11),
        IntDistribution(5, 50, step=5),
        IntDistribution(1, 100, log=True),
        FloatDistribution(0.1, 0.7, step=0.1),
        FloatDistribution(-1.0, 2.0, step=0.25),
        FloatDistribution(0.3, 0.3),
        IntDistribution(7, 7),
    ],
)
def test_values_and_indices_are_a_bijection(distribution):
    values = [value_at(distribution, index) for index in range(n_values(distribution))]
    internal = [distribution.to_internal_repr(value) for value in values]
    assert [index_of(distribution, value) for value in internal] == list(range(len(values)))
    assert {distribution.from_unit((i + 0.5) / 1000) for i in range(1000)} == set(internal)


def test_what_has_no_end_of_values_has_no_number_of_them():
    assert n_values(FloatDistribution(0, 1)) is None
    assert n_values(FloatDistribution(1, 2, log=True)) is None
    assert n_values(IntDistribution(0, 2**60)) is None
    assert index_of(FloatDistribution(0, 1), 0.5) is None
    assert index_of(BIT, 2.0) is None


# --- any objective, any number of workers, any failures --------------------------------------------------------------


@dataclass
class Space:
    """A random define-by-run tree: the answer to "which parameter next?" is a function of the path so far."""

    seed: int
    depth: int
    width: int

    def ask(self, path):
        """(name, distribution), or None at a leaf."""
        draw = random.Random(f"{self.seed} {path}")
        if len(path) >= self.depth or draw.random() < 0.2:
            return None
        names = [name for name in "abcdef" if name not in dict(path)]
        n = draw.randint(1, self.width)
        kinds = [
            IntDistribution(0, n - 1),
            CategoricalDistribution([f"v{i}" for i in range(n)]),
            FloatDistribution(0, 0.5 * (n - 1), step=0.5 if n > 1 else None),
        ]
        return draw.choice(names), draw.choice(kinds)

    def leaves(self, path=()):
        asked = self.ask(path)
        if asked is None:
            return {path}
        name, distribution = asked
        values = [value_at(distribution, i) for i in range(n_values(distribution))]
        return set().union(*(self.leaves((*path, (name, value))) for value in values))


@dataclass
class Executor:
    """W workers that take turns by chance; an objective may fail at any point, and a lost attempt starts again."""

    book: Tree
    space: Space
    draw: random.Random
    failing: float
    live: dict = field(default_factory=dict)  # trial -> path that its objective has taken so far
    used: dict = field(default_factory=dict)  # trial -> parameters that are recorded of it
    log: list = field(default_factory=list)
    done: list = field(default_factory=list)
    next_number: int = 0

    def event(self, move, *arguments):
        self.log.append((move, arguments))
        return getattr(self.book, move)(*arguments)

    def claim(self):
        free, number = self.book.free(), self.next_number
        claimed = self.book.claim(number)
        assert (claimed is not None) == (free > 0) == (number in self.book.at)
        if claimed:
            self.log.append(("claim", (number,)))
            self.next_number += 1
            self.live[number], self.used[number] = (), self.book.params(number)

    def step(self, number):
        path = self.live[number]
        asked = self.space.ask(path)
        if self.draw.random() < self.failing:
            if self.draw.random() < 0.5:
                self.live[number] = ()  # a retry: the same trial with the same parameters, from its beginning
            else:
                del self.live[number]
                self.event("failed", number)
        elif asked is None:
            assert set(path) == set(self.used[number].items()), "a prefix is used, all of it"
            del self.live[number]
            self.event("done", number)
            self.done.append(path)
        else:
            name, distribution = asked
            if name not in self.used[number]:
                value = distribution.from_unit(self.draw.random())
                self.used[number][name] = distribution.to_external_repr(value)
                self.event("asked", number, name, distribution, value)
            elif self.draw.random() < 0.5:  # what was fixed is told, too, sooner or later
                value = distribution.to_internal_repr(self.used[number][name])
                self.event("asked", number, name, distribution, value)
            self.live[number] = (*path, (name, self.used[number][name]))

    def run(self, workers):
        while self.live or self.book.free():
            if len(self.live) < workers and self.draw.random() < 0.5:
                self.claim()
            elif self.live:
                self.step(self.draw.choice(sorted(self.live)))
            check(self.book)


@given(
    seed=st.integers(0, 10**6),
    depth=st.integers(0, 4),
    width=st.integers(1, 3),
    workers=st.integers(1, 9),
    failing=st.sampled_from([0.0, 0.2]),
)
@settings(max_examples=60, deadline=None)
def test_every_path_is_recorded_exactly_once_and_the_study_ends(seed, depth, width, workers, failing):
    space = Space(seed, depth, width)
    run = Executor(tree(seed, max_failures=10**9), space, random.Random(seed), failing)
    run.run(workers)
    assert len(run.done) == len(set(run.done))
    assert set(run.done) == space.leaves()
    assert run.book.counts() == {"free": 0, "leased": 0, "done": len(run.done), "dead": 0}
    if not failing:
        assert run.next_number == len(run.done), "no trial was in vain"
    again = tree(seed, max_failures=10**9)
    for move, arguments in run.log:  # a fold of the log is the same tree
        getattr(again, move)(*arguments)
    assert (again.nodes, again.at, again.counts()) == (run.book.nodes, run.book.at, run.book.counts())


MOVES = ["claim", "claim_params", "claim_below", "ask", "end", "fail"]


@given(
    seed=st.integers(0, 10**6),
    script=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 99))),
)
@settings(max_examples=100, deadline=None)
def test_no_order_of_calls_breaks_the_tree(seed, script):
    # trials that ask for whatever they like: the worst objective there is
    book, number, draw = tree(seed), 0, random.Random(seed)
    names = ["a", "b", "c"]
    for move, x in script:
        some = {name: draw.randint(0, 3) for name in names if draw.random() < 0.5}
        live = sorted(book.at)
        if move.startswith("claim"):
            claimed = book.claim(number) if move == "claim" else getattr(book, move)(number, some)
            assert (claimed is not None) == (number in book.at)
            if move != "claim":
                given = book.params(number)
                assert {**given, **some} == {**some, **given}, "led another way than its own parameters say"
            number += 1
        elif move == "ask":
            width = draw.randint(1, 4)
            asking = live[x % len(live)] if live and x % 5 else x
            book.asked(asking, draw.choice(names), IntDistribution(0, width - 1), float(draw.randrange(width)))
        elif live:
            (book.done if move == "end" else book.failed)(live[x % len(live)])
        check(book)
        paths = [tuple(book.params(trial).items()) for trial in book.at]
        assert len(paths) == len(set(paths)), "two trials on one path"
