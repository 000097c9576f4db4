"""What accumulation with zero_nans and clipping costs over plain torch, on an MLP of 10 million parameters.

    python benchmarks/training.py [--repeats 15] [--batch 32 128] [--k 4] [--optimizer adam] [--clock cpu] [--cuda]

Every variant runs in its own process, because the C allocator depends on what ran before: whether gradients get used or
fresh pages can be a third of the time of a small micro-batch. Each repeat runs one window of k micro-batches (or k
windows of one) in every process, in changing order. A ratio is the median of the ratios of the repeats, because the
speed of a shared machine drifts. The baseline accumulates as torch does, ``(loss / k).backward()`` k times, then
``step`` and ``zero_grad``; it neither checks for NaN nor clips. With ``--cuda`` a profiler counts the calls that wait
for the GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import _load
import torch
from torch import nn

from raytune_lite.training.accumulation import MultiSteps
from raytune_lite.training.transforms import clip_by_global_norm

GOAL = 5.0  # percent
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "adam": lambda params: torch.optim.Adam(params, lr=1e-3),
    "sgd": lambda params: torch.optim.SGD(params, lr=1e-3, momentum=0.9),
}
# name: (MultiSteps?, in windows of k?, what else)
VARIANTS: dict[str, tuple[bool, bool, str]] = {
    "plain, windows of k": (False, True, ""),
    "plain, windows of k, zero_grad(set_to_none=False)": (False, True, "keep"),
    "plain + clip_grad_norm_, windows of k": (False, True, "clip"),
    "plain, a step each": (False, False, ""),
    "MultiSteps + zero_nans + clip, windows of k": (True, True, ""),
    "MultiSteps + zero_nans + clip, a step each": (True, False, ""),
}
PAIRS = [(0, 4), (1, 4), (2, 4), (3, 5)]  # (baseline, ours)
WAITS = ("Synchronize", "cudaMemcpy", "aten::item", "aten::_local_scalar_dense", "aten::nonzero")


def mlp() -> nn.Module:
    """784 - 10 times 1024 - 10: 10.3 million parameters in 22 tensors."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(784, 1024), nn.ReLU()]
    for _ in range(9):
        layers += [nn.Linear(1024, 1024), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(1024, 10))


class Loop:
    """One variant: ``run(n)`` does n micro-batches."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.device = args.device
        ours, windows, self.what = VARIANTS[args.variant]
        self.k = args.k if windows else 1
        self.model = mlp().to(args.device)
        self.optimizer = OPTIMIZERS[args.optimizer](self.model.parameters())
        self.x = torch.randn(args.rows, 784, device=args.device)
        self.y = torch.randint(10, (args.rows,), device=args.device)
        self.steps = None
        if ours:
            # on_bad="zero", the default, is zero_nans() on each micro-batch
            self.steps = MultiSteps(self.optimizer, self.k, transform=clip_by_global_norm(1.0))

    def loss(self) -> torch.Tensor:
        return nn.functional.cross_entropy(self.model(self.x), self.y)

    def run(self, n: int) -> None:
        for i in range(1, n + 1):
            if self.steps is not None:
                self.loss().backward()
                self.steps.step()
                continue
            (self.loss() / self.k).backward()
            if i % self.k == 0:
                if self.what == "clip":
                    nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=self.what != "keep")

    def timed(self, n: int, clock: Callable[[], float]) -> float:
        """Milliseconds a micro-batch."""
        self.wait()
        start = clock()
        self.run(n)
        self.wait()
        return 1e3 * (clock() - start) / n

    def wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def shares(self, n: int, clock: Callable[[], float]) -> dict[str, float]:
        """Milliseconds a micro-batch of our loop, by part; only on the CPU."""
        assert self.steps is not None
        spent = {"forward and backward": 0.0, "MultiSteps": 0.0, "optimizer.step": 0.0}
        inner = self.optimizer.step

        def timed(what: str, action: Callable[[], Any]) -> None:
            start = clock()
            action()
            spent[what] += 1e3 * (clock() - start) / n

        self.optimizer.step = lambda *_: timed("optimizer.step", inner)  # type: ignore[method-assign]
        for _ in range(n):
            timed("forward and backward", lambda: self.loss().backward())
            timed("MultiSteps", self.steps.step)
        self.optimizer.step = inner  # type: ignore[method-assign]
        spent["MultiSteps"] -= spent["optimizer.step"]
        return spent

    def waits(self) -> dict[str, int]:
        """The calls that may wait for the GPU, in ten windows. The profiler's own are in every variant."""
        from torch.profiler import ProfilerActivity, profile

        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
            self.run(10 * self.k)
        found = {event.key: event.count for event in profiler.key_averages()}
        # cudaMemcpyAsync between buffers of the device does not wait
        return {
            key: n for key, n in found.items() if any(w in key for w in WAITS) and not key.startswith("cudaMemcpyAsync")
        }


def serve(args: argparse.Namespace) -> None:
    """The process of one variant: answers each line of stdin with one line of JSON."""
    clock = time.process_time if args.clock == "cpu" else time.perf_counter
    loop = Loop(args)
    loop.run(3 * args.k)
    answers: dict[str, Callable[[], Any]] = {
        "time": lambda: loop.timed(args.k, clock),
        "shares": lambda: loop.shares(5 * args.k, clock),
        "waits": loop.waits,
    }
    print(json.dumps(torch.get_num_threads()), flush=True)
    for line in sys.stdin:
        print(json.dumps(answers[line.strip()]()), flush=True)


class Served:
    """A handle on the process of one variant."""

    def __init__(self, args: argparse.Namespace, variant: str, rows: int, device: str) -> None:
        options = {"k": args.k, "optimizer": args.optimizer, "clock": args.clock, "device": device}
        options |= {"rows": rows, "variant": variant}
        command = [sys.executable, __file__, *(f"--{name}={value}" for name, value in options.items())]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.threads = self._read()

    def ask(self, what: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()


def report(args: argparse.Namespace, rows: int, device: str) -> list[tuple[str, float]]:
    """Print one table; returns (what was compared, overhead in percent)."""
    served = {name: Served(args, name, rows, device) for name in VARIANTS}
    names = list(served)
    took: dict[str, list[float]] = {name: [] for name in names}
    meter = _load.Meter()
    for repeat in range(args.repeats):
        turn = repeat % len(names)
        for name in names[turn:] + names[:turn]:
            took[name].append(served[name].ask("time"))
    load = meter.read()
    threads = served[names[0]].threads
    print(f"\n{device}, {rows} rows, {args.optimizer}, k={args.k}, {threads} threads, {args.clock} time ({load})")
    print(f"{'ms per micro-batch':52s} {'median':>9s} {'min':>9s} {'max':>9s}")
    for name, values in took.items():
        print(f"{name:52s} {statistics.median(values):9.2f} {min(values):9.2f} {max(values):9.2f}")
    found = []
    for base, mine in ((names[a], names[b]) for a, b in PAIRS):
        ratios = sorted(a / b for a, b in zip(took[mine], took[base], strict=True))
        percent, low, high = (100 * (r - 1) for r in (statistics.median(ratios), *_quartiles(ratios)))
        text = f"{percent:+7.2f} %  (quartiles {low:+.2f}, {high:+.2f})"
        meaningful = args.clock == "cpu" or args.force or not load.busy
        found += [(f"{rows} rows, over {base}", percent)] if meaningful else []
        print(f"overhead over {base:50s} {text if args.clock == 'cpu' else _load.ratio(text, [load], args.force)}")
    if device == "cpu":
        spent = served[names[4]].ask("shares")
        whole = sum(spent.values())
        shares = ", ".join(f"{what} {ms:.2f} ms ({100 * ms / whole:.1f} %)" for what, ms in spent.items())
        print(f"of a micro-batch in our windows of k: {shares}")
    for each in served.values():
        each.end()
    return found


def _quartiles(values: list[float]) -> tuple[float, float]:
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def count_waits(args: argparse.Namespace) -> bool:
    """Whether our windows have no call that waits for the GPU beyond those of plain torch."""
    counts = []
    plain, *_, ours, _ = VARIANTS
    for name in (plain, ours):
        served = Served(args, name, 128, "cuda")
        counts.append(served.ask("waits"))
        served.end()
        print(f"calls that may wait for the GPU, 10 windows, {name}: {counts[-1] or 'none'}")
    return all(n <= counts[0].get(key, 0) for key, n in counts[1].items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128], help="rows of a micro-batch")
    parser.add_argument("--k", type=int, default=4)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="adam")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: for a machine with other work")
    parser.add_argument("--cuda", action="store_true", help="on the GPU too, and count what waits for it")
    for name in ("--variant", "--device", "--rows"):
        parser.add_argument(name, help=argparse.SUPPRESS, type=int if name == "--rows" else str)
    _load.add_force(parser)
    args = parser.parse_args()
    if args.variant:
        serve(args)
        return 0
    _load.before()
    n_params = sum(param.numel() for param in mlp().parameters())
    print(f"torch {torch.__version__}, {n_params:,} parameters, medians of {args.repeats} repeats")
    goals = [goal for rows in args.batch for goal in report(args, rows, "cpu")]
    met = bool(goals) and all(percent < GOAL for _, percent in goals)
    if args.cuda and not torch.cuda.is_available():
        print("\n--cuda: torch finds no GPU here; nothing was measured on one")
    elif args.cuda:
        for rows in args.batch:
            report(args, rows, "cuda")
        silent = count_waits(args)
        print(f"no more waits than plain torch: {'yes' if silent else 'NO'}")
        met = met and silent
    if not goals:
        print("\nthe machine was too busy to judge")
        return 1
    worst = max(goals, key=lambda goal: goal[1])
    print(f"\nworst on the CPU: {worst[1]:+.2f} % ({worst[0]}); goal under {GOAL:g} %: {'met' if met else 'NOT MET'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
