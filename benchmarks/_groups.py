"""Groups of problems that each have one difficulty: noise, plateaus, regions that fail, conditional parameters,
constraints, several objectives; and "plain", which has none. All are fast, made of ``_shapes``, and of known optimum.

The two halves have different shapes: bowl, ripples and ridge to tune on, valley, cone and basins for the report.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from _problem import Params, Problem, Result, Suggest
from _shapes import Array, Shape, generator, mixed_space, on_grid, shape_on, units

from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution

# group -> half -> names of tasks; a name is words with "-" between, of which the group's maker reads the first ones
TASKS: dict[str, dict[str, tuple[tuple[str, int], ...]]] = {
    "plain": {
        "tune": (("bowl", 3), ("ripples", 4), ("ridge", 6)),
        "report": (("valley", 3), ("cone", 4), ("basins", 6)),
    },
    "noise": {
        "tune": (("ripples-10", 2), ("bowl-3", 4), ("ridge-10", 6)),
        "report": (("cone-10", 2), ("valley-3", 4), ("basins-10", 6)),
    },
    "plateau": {
        "tune": (("ripples", 3), ("bowl", 5), ("ridge", 4)),
        "report": (("cone", 3), ("valley", 5), ("basins", 4)),
    },
    "failing": {
        "tune": (("bowl-wall", 3), ("ripples-choice", 4), ("ridge-box", 4)),
        "report": (("valley-wall", 4), ("cone-choice", 3), ("basins-band", 3)),
    },
    "conditional": {
        "tune": (("bowl-models", 3), ("ripples-layers", 4), ("ridge-switches", 5)),
        "report": (("valley-models", 3), ("cone-layers", 4), ("basins-switches", 5)),
    },
    "constraints": {
        "tune": (("bowl-plane", 4), ("ripples-islands", 2), ("ridge-two", 5)),
        "report": (("valley-plane", 3), ("cone-islands", 3), ("basins-two", 4)),
    },
    "objectives": {
        "tune": (("bowl-concave-2", 3), ("ripples-convex-2", 4), ("bowl-linear-3", 4), ("ridge-concave-3", 5)),
        "report": (("cone-linear-2", 3), ("valley-concave-2", 4), ("basins-convex-3", 4), ("cone-concave-3", 5)),
    },
}


def load(group: str, name: str, d: int, seed: int) -> Problem:
    """The task's instance for a seed."""
    kind, *more = name.split("-")
    full = f"{group}/{name}/{d}D"
    return MAKERS[group](kind, d, seed, full, *more)


def _plain(kind: str, d: int, seed: int, full: str) -> Problem:
    space, shape = shape_on(kind, d, seed, full)
    return Problem(space, lambda params, _: Result.of(shape(units(space, params))), 0.0, 1.0)


def _noise(kind: str, d: int, seed: int, full: str, percent: str) -> Problem:
    """Normal noise, its deviation in percent of a random point's regret; the same for all samplers' n-th trials."""
    space, shape = shape_on(kind, d, seed, full)

    def evaluate(params: Params, index: int) -> Result:
        truth = shape(units(space, params))
        noise = float(generator(seed, f"noise/{full}/{index}").standard_normal())
        return Result((truth + int(percent) / 100 * noise,), (truth,))

    return Problem(space, evaluate, 0.0, 1.0)


def _plateau(kind: str, d: int, seed: int, full: str) -> Problem:
    """An error rate on 300 examples: 0.04 at the optimum, and half as far from 0.64 at a random point."""
    space, shape = shape_on(kind, d, seed, full)

    def rate(value: float) -> float:
        return round(300 * (0.04 + 0.6 * value / (1.0 + value))) / 300

    return Problem(space, lambda params, _: Result.of(rate(shape(units(space, params)))), rate(0.0), rate(1.0))


def _failing(kind: str, d: int, seed: int, full: str, where: str) -> Problem:
    """A part of the space always fails: behind a wall beside the optimum, with two of four choices (one of them only
    in a half of the space), outside of a box, or in a band across the cube."""
    space, shape = shape_on(kind, d, seed, full)
    rng = generator(seed, f"failing/{full}")
    towards = rng.standard_normal(d)
    # the optimum lies on the smaller side: more than half of the cube fails
    towards *= (np.sign((0.5 - shape.at) @ towards) or 1.0) / np.linalg.norm(towards)
    corner = 0.3 * rng.random(d)

    def wall(point: Array) -> bool:
        return bool((point - shape.at) @ towards > 0.1)

    def box(point: Array) -> bool:
        return bool((np.abs(point - shape.at - corner + 0.15) > 0.4).any())

    def band(point: Array) -> bool:
        return bool(0.1 < (point - shape.at) @ towards < 0.4)

    if where == "choice":
        order = [int(i) for i in rng.permutation(4)]
        space = {"choice": CategoricalDistribution(["a", "b", "c", "d"]), **space}
        numbers = {name: dist for name, dist in space.items() if name != "choice"}

        def evaluate_choice(params: Params, _: int) -> Result:
            point, rank = units(numbers, params), order["abcd".index(params["choice"])]
            if rank == 3 or (rank == 2 and point[0] > shape.at[0] - 0.1):
                return Result(None)
            return Result.of(shape(point) + 0.2 * rank)

        return Problem(space, evaluate_choice, 0.0, 1.0)
    fails = {"wall": wall, "box": box, "band": band}[where]

    def evaluate(params: Params, _: int) -> Result:
        point = units(space, params)
        return Result(None) if fails(point) else Result.of(shape(point))

    return Problem(space, evaluate, 0.0, 1.0)


def _conditional(kind: str, d: int, seed: int, full: str, tree: str) -> Problem:
    """``models``: a choice of four, each with parameters of its own, beside one that all share. ``layers``: a number of
    layers, each with a parameter. ``switches``: parameters that exist only where a switch is on."""
    return {"models": _models, "layers": _layers, "switches": _switches}[tree](kind, d, seed, full)


def _models(kind: str, d: int, seed: int, full: str) -> Problem:
    kinds = ("linear", "tree", "net", "kernel")
    rng = generator(seed, f"models/{full}")
    order = [int(i) for i in rng.permutation(4)]
    shared: dict[str, Distribution] = {"rate": FloatDistribution(1e-4, 1.0, log=True)}
    own = {model: {**shared, **mixed_space(max(1, d - i), f"{model}_")} for i, model in enumerate(kinds)}
    shapes = {
        model: Shape(kind, len(space), seed, f"{full}/{model}", on_grid(space, 0.15 + 0.7 * rng.random(len(space))))
        for model, space in own.items()
    }
    space = {"model": CategoricalDistribution(kinds), **{n: dist for part in own.values() for n, dist in part.items()}}

    def define(suggest: Suggest) -> Params:
        model = suggest("model", space["model"])
        return {"model": model, **{name: suggest(name, dist) for name, dist in own[model].items()}}

    def evaluate(params: Params, _: int) -> Result:
        model = params["model"]
        rank = order[kinds.index(model)]
        # the best model is the one that differs most with its parameters
        return Result.of(0.1 * rank + (1.5 - 0.3 * rank) * shapes[model](units(own[model], params)))

    return Problem(space, evaluate, 0.0, 1.0, define)


def _layers(kind: str, d: int, seed: int, full: str) -> Problem:
    rng = generator(seed, f"layers/{full}")
    most = d - 1
    right = int(rng.integers(2, most + 1))
    widths = {f"width{i}": IntDistribution(8, 512, log=True) for i in range(most)}
    spaces = [{"rate": FloatDistribution(1e-4, 1.0, log=True), **dict(list(widths.items())[:k])} for k in
              range(1, most + 1)]  # fmt: skip
    at = 0.15 + 0.7 * rng.random(d)
    at[1:] = [math.log(round(8 * 64**u) / 8) / math.log(64) for u in at[1:]]
    shapes = [Shape(kind, k + 1, seed, f"{full}/{k}", at[: k + 1]) for k in range(1, most + 1)]
    space: dict[str, Distribution] = {"layers": IntDistribution(1, most), **spaces[-1]}

    def define(suggest: Suggest) -> Params:
        k = suggest("layers", space["layers"])
        return {"layers": k, **{name: suggest(name, dist) for name, dist in spaces[k - 1].items()}}

    def evaluate(params: Params, _: int) -> Result:
        k = params["layers"]
        return Result.of(0.15 * abs(k - right) + shapes[k - 1](units(spaces[k - 1], params)))

    return Problem(space, evaluate, 0.0, 1.0, define)


def _switches(kind: str, d: int, seed: int, full: str) -> Problem:
    """Two switches, each with parameters of its own; the first should be on, the second off."""
    rng = generator(seed, f"switches/{full}")
    base, first, second = mixed_space(d - 2), mixed_space(2, "on_"), mixed_space(2, "off_")
    flag = CategoricalDistribution([False, True])
    space: dict[str, Distribution] = {"first": flag, "second": flag, **base, **first, **second}
    shapes = [
        Shape(kind, len(part), seed, f"{full}/{i}", on_grid(part, 0.15 + 0.7 * rng.random(len(part))))
        for i, part in enumerate((base, first, second))
    ]

    def define(suggest: Suggest) -> Params:
        params = {"first": suggest("first", flag), "second": suggest("second", flag)}
        asked = {**base, **(first if params["first"] else {}), **(second if params["second"] else {})}
        return params | {name: suggest(name, dist) for name, dist in asked.items()}

    def evaluate(params: Params, _: int) -> Result:
        value = 0.6 * shapes[0](units(base, params))
        value += 0.5 * shapes[1](units(first, params)) if params["first"] else 0.35
        value += 0.1 + 0.4 * shapes[2](units(second, params)) if params["second"] else 0.0
        return Result.of(value)

    return Problem(space, evaluate, 0.0, 1.0, define)


def _constraints(kind: str, d: int, seed: int, full: str, what: str) -> Problem:
    """``plane``: the objective falls on beyond the constraint. ``two``: two of them, one curved. ``islands``: three
    balls are feasible, the smallest has the optimum."""
    space, shape = shape_on(kind, d, seed, full)
    rng = generator(seed, f"constraints/{full}")
    normals = rng.standard_normal((2, d))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals *= np.where(normals @ (0.5 - shape.at) > 0.0, 1.0, -1.0)[:, None]  # most of the cube is infeasible
    others = rng.random((2, d))
    radii = np.array([0.12, 0.2, 0.25]) * math.sqrt(d / 2)

    def evaluate(params: Params, _: int) -> Result:
        off = units(space, params) - shape.at
        value, sides = shape(off + shape.at), normals @ off
        if what == "islands":
            centres = np.vstack([shape.at, others])
            away = np.linalg.norm(off + shape.at - centres, axis=1) - radii
            value, limits = value, (float(away.min()),)
        elif what == "plane":
            value, limits = value - 1.5 * float(sides[0]), (float(sides[0]),)
        else:
            value -= float(sides.sum())
            limits = (float(sides[0]), float(sides[1] + 0.3 * (off @ off)))
        return Result((value,), (value,), limits)

    return Problem(space, evaluate, 0.0, 1.0)


def _objectives(kind: str, d: int, seed: int, full: str, front: str, number: str) -> Problem:
    """A front of a known hypervolume, and the shape's value as the distance from it. Source: Deb et al. 2005 (DTLZ)."""
    m = int(number)
    space, shape = shape_on(kind, d - m + 1, seed, full)
    places: dict[str, Distribution] = {f"place{i}": FloatDistribution(0.0, 1.0) for i in range(m - 1)}
    bends = 0.5 + generator(seed, f"bends/{full}").random(m - 1)
    # sum f^p = 1 on the front
    power, missing = {
        "concave": (2.0, {2: math.pi / 4, 3: math.pi / 6}),
        "linear": (1.0, {2: 1 / 2, 3: 1 / 6}),
        "convex": (0.5, {2: 1 / 6, 3: 1 / 90}),
    }[front]
    worst = 2.0

    def evaluate(params: Params, _: int) -> Result:
        angles = 0.5 * math.pi * np.array([params[name] for name in places]) ** bends
        sides = np.append(np.cumprod(np.cos(angles))[::-1], 1.0) * np.append(1.0, np.sin(angles[::-1]))
        far = 1.0 + shape(units(space, params))
        values = tuple((far * np.maximum(sides, 0.0) ** (2.0 / power)).tolist())
        return Result(values, values)

    return Problem({**space, **places}, evaluate, 0.0, worst**m - missing[m], worst=worst, n_objectives=m)


MAKERS: dict[str, Callable[..., Any]] = {
    "plain": _plain,
    "noise": _noise,
    "plateau": _plateau,
    "failing": _failing,
    "conditional": _conditional,
    "constraints": _constraints,
    "objectives": _objectives,
}
