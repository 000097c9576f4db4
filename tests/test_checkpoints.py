"""A checkpoint is complete or absent, and a damaged one is never taken for a start from zero."""

from __future__ import annotations

import collections
import errno
import hashlib
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raytune_lite.checkpoints.directories import MANIFEST, DirectoryStore
from raytune_lite.checkpoints.state_files import load_state, save_state
from raytune_lite.core.messages import CheckpointRef
from raytune_lite.exceptions import CheckpointCorruptedError, CheckpointDiskError, CheckpointError

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "study.checkpoints")


def published(
    store: DirectoryStore, number: int = 7, attempt: int = 2, step: int = 9, text: str = "x"
) -> CheckpointRef:
    temporary = store.begin(number, attempt, step)
    (temporary / "model.bin").write_text(text * 1000)
    (temporary / "deep" / "er").mkdir(parents=True)
    (temporary / "deep" / "er" / "optimizer.bin").write_text(text)
    return store.publish(temporary, number, attempt, step)


def everything_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


# --- publish, verify, discard -------------------------------------------------------------------------------


def test_a_published_checkpoint_verifies_and_a_discarded_one_is_gone(store: DirectoryStore) -> None:
    ref = published(store)
    assert (ref.uri, ref.step, ref.attempt, ref.size) == ("trial-00007/attempt-2/step-9", 9, 2, 1001)
    path = store.verify(ref)
    assert path == store.root / ref.uri
    assert (path / "deep/er/optimizer.bin").read_text() == "x"
    store.discard(ref.uri)
    store.discard(ref.uri)
    assert everything_below(store.root) == []
    with pytest.raises(CheckpointCorruptedError, match="no such directory"):
        store.verify(ref)


def test_the_same_step_saved_again_never_overwrites_nor_reuses_a_name(store: DirectoryStore) -> None:
    refs = [published(store, text=text) for text in "abc"]
    assert [ref.uri.rpartition("/")[2] for ref in refs] == ["step-9", "step-9.1", "step-9.2"]
    for ref in refs:
        store.verify(ref)
        store.discard(ref.uri)
    # a Discard that is performed twice must not meet a newer checkpoint under the old name
    assert published(store).uri.endswith("step-9.3")


def test_a_new_process_of_the_same_attempt_does_not_overwrite_either(store: DirectoryStore) -> None:
    first = published(store)
    second = published(DirectoryStore(store.root))
    assert second.uri == f"{first.uri}.1"
    store.verify(first)


def test_a_ghost_attempt_writes_beside_its_successor(store: DirectoryStore) -> None:
    successor = published(store, attempt=3, text="new")
    ghost = published(store, attempt=2, text="old")
    assert ghost.uri != successor.uri
    store.verify(successor)


def test_references_survive_a_moved_root(store: DirectoryStore) -> None:
    ref = published(store)
    moved = store.root.rename(store.root.with_name("elsewhere"))
    assert DirectoryStore(moved).verify(ref) == moved / ref.uri
    with pytest.raises(CheckpointDiskError, match="mounted on this node"):
        store.verify(ref)


def test_a_relative_root_is_fixed_when_the_store_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = DirectoryStore("here")
    ref = published(store)
    monkeypatch.chdir("/")
    assert store.verify(ref) == tmp_path / "here" / ref.uri


def test_an_abandoned_checkpoint_leaves_nothing(store: DirectoryStore) -> None:
    temporary = store.begin(1, 1, 1)
    (temporary / "half").write_text("half")
    store.abandon(temporary)
    store.abandon(temporary)
    assert everything_below(store.root) == []
    with pytest.raises(CheckpointError, match="left alone"):
        store.abandon(store.root)
    with pytest.raises(CheckpointError, match="left alone"):
        store.abandon(store.root / ".." / "x" / temporary.name)


def test_sweep_deletes_orphans_and_leavings_but_not_what_is_kept_live_or_foreign(
    store: DirectoryStore,
) -> None:
    kept, orphan = published(store, step=1), published(store, step=2)
    live = published(store, number=8, attempt=1)
    being_written = store.begin(8, 1, 2)
    stale = store.begin(7, 1, 5)
    (store.root / "trial-00007" / "notes.txt").write_text("mine")
    assert store.sweep([kept.uri], ended={7: 2, 8: 0}) == [orphan.uri]
    store.verify(kept)
    store.verify(live)
    assert being_written.is_dir()
    assert not stale.exists()
    assert store.sweep([]) == [kept.uri, live.uri]
    assert everything_below(store.root) == ["trial-00007", "trial-00007/notes.txt"]
    assert DirectoryStore(store.root / "never-made").sweep([]) == []


def test_sweep_deletes_nothing_when_a_kept_uri_is_of_another_root(store: DirectoryStore) -> None:
    ref = published(store)
    with pytest.raises(CheckpointError, match="not a checkpoint below"):
        store.sweep([f"/another/root/{ref.uri}"])
    store.verify(ref)


# --- damage -------------------------------------------------------------------------------------------------


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def link_elsewhere(path: Path) -> None:
    path.rename(path.parent.parent / "moved")
    path.symlink_to(path.parent.parent / "moved")


@pytest.mark.parametrize("harm", [flip_a_bit, truncate, Path.unlink, link_elsewhere])
@pytest.mark.parametrize("name", ["model.bin", "deep/er/optimizer.bin", MANIFEST])
def test_a_damaged_file_raises(store: DirectoryStore, name: str, harm) -> None:
    ref = published(store)
    harm(store.root / ref.uri / name)
    with pytest.raises(CheckpointCorruptedError) as caught:
        store.verify(ref)
    assert caught.value.path == str(store.root / ref.uri)
    assert name in str(caught.value) or name == MANIFEST
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_added_file_and_another_checkpoint_in_its_place_raise(store: DirectoryStore) -> None:
    ref, other = published(store), published(store, step=10)
    (store.root / ref.uri / "deep" / "extra").write_text("x")
    with pytest.raises(CheckpointCorruptedError, match="added file 'deep/extra'"):
        store.verify(ref)
    store.discard(ref.uri)
    (store.root / other.uri).rename(store.root / ref.uri)
    with pytest.raises(CheckpointCorruptedError, match=ref.digest):
        store.verify(ref)


# --- hostile or mistaken input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "", "/", ".", "..", "trial-00007", "trial-00007/attempt-2", "../victim/step-1", "/etc/passwd/x",
        "trial-00007/attempt-2/..", "trial-00007/attempt-2/../../../victim",
        "trial-00007/attempt-2/step-9/deep", "trial-00007/attempt-2/.writing-" + "0" * 32,
        "trial-00007/attempt-2/step-9\n", "trial-00007/attempt-2/step-\u0663",
        "file:///trial-00007/attempt-2/step-9",
    ],
)  # fmt: skip
def test_a_uri_outside_the_root_is_refused(store: DirectoryStore, uri: str) -> None:
    ref = published(store)
    victim = store.root.parent / "victim"
    victim.mkdir()
    with pytest.raises(CheckpointError, match="not a checkpoint below"):
        store.discard(uri)
    with pytest.raises(CheckpointError, match="not a checkpoint below"):
        store.verify(CheckpointRef(step=9, attempt=2, uri=uri, digest=ref.digest, size=1))
    assert victim.is_dir()
    store.verify(ref)


def test_an_absolute_uri_below_the_root_is_understood(store: DirectoryStore) -> None:
    ref = published(store)
    store.discard(str(store.root / ref.uri))
    assert everything_below(store.root) == []


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_symlink_on_the_way_is_refused(store: DirectoryStore, level: int) -> None:
    ref = published(store)
    path = [store.root / ref.uri, *(store.root / ref.uri).parents][level]
    outside = path.rename(store.root.parent / "outside")
    path.symlink_to(outside)
    for call in (lambda: store.discard(ref.uri), lambda: store.verify(ref), lambda: store.sweep([ref.uri])):
        with pytest.raises(CheckpointError, match="symlink"):
            call()
    assert store.sweep([]) == []  # not followed
    assert list(outside.rglob("model.bin"))


def plant_symlink(directory: Path) -> None:
    (directory / "deep").mkdir()
    (directory / "deep" / "link").symlink_to("/etc/hostname")


def plant_fifo(directory: Path) -> None:
    os.mkfifo(directory / "pipe")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (plant_symlink, "'deep/link' in the checkpoint is a symlink"),
        (plant_fifo, "not a regular file"),
        (lambda directory: (directory / "only-a-directory").mkdir(), "is empty"),
        (lambda directory: (directory / MANIFEST).write_text("{}"), "own manifest"),
    ],
)
def test_what_cannot_be_sealed_is_refused_and_leaves_nothing(
    store: DirectoryStore, plant, words: str
) -> None:
    temporary = store.begin(1, 1, 1)
    plant(temporary)
    with pytest.raises(CheckpointError, match=words):
        store.publish(temporary, 1, 1, 1)
    assert not [name for name in everything_below(store.root) if "step" in name or "writing" in name]


def test_only_a_directory_of_begin_is_published(store: DirectoryStore, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").write_text("x")
    with pytest.raises(CheckpointError, match="was not made by begin"):
        store.publish(mine, 1, 1, 1)
    temporary = store.begin(1, 1, 1)
    with pytest.raises(CheckpointError, match="was not made by begin"):
        store.publish(temporary, 1, 2, 1)
    assert (mine / "file").exists()


@pytest.mark.parametrize("step", [-1, 1.5, "1", None, True])
def test_a_step_is_an_integer(store: DirectoryStore, step) -> None:
    with pytest.raises(CheckpointError, match="step must be an integer >= 0"):
        store.begin(1, 1, step)


def test_numpy_integers_are_integers(store: DirectoryStore) -> None:
    ref = published(store, number=np.int64(7), step=np.int64(9))  # type: ignore[arg-type]
    assert ref.uri.endswith("step-9")
    assert type(ref.step) is int


# --- a disk that does not play along ------------------------------------------------------------------------


def test_a_root_that_cannot_be_made_names_the_path_the_error_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/raytune-lite")):
        with pytest.raises(CheckpointError, match="another checkpoint directory") as caught:
            DirectoryStore(root).begin(1, 1, 1)
        assert str(root) in str(caught.value) or str(root.parent) in str(caught.value)
        assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("failing_call", range(9))
def test_a_disk_that_fails_at_any_fsync_keeps_the_previous_checkpoint_and_no_rubbish(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, failing_call: int
) -> None:
    # Patched, because no real filesystem fails at a chosen fsync: 3 files, 3 directories, then the parent.
    previous = published(store, step=8)
    temporary = store.begin(7, 2, 9)
    (temporary / "deep" / "er").mkdir(parents=True)
    for name in ("a", "deep/b"):
        (temporary / name).write_text(name)
    real, calls = os.fsync, iter(range(100))

    def fsync(descriptor: int) -> None:
        if next(calls) == failing_call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    if failing_call < 7:
        with pytest.raises(CheckpointError, match=r"No space left on device.*Free space"):
            store.publish(temporary, 7, 2, 9)
        assert os.listdir(store.root / "trial-00007" / "attempt-2") == ["step-8"]
    else:  # there are exactly 7
        store.verify(store.publish(temporary, 7, 2, 9))
    store.verify(previous)


def test_a_filesystem_without_directory_fsync_is_believed(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store.verify(published(store))


@pytest.fixture
def tiny_disk(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("with_torch", [True, False])
def test_a_full_disk_is_a_clear_error_and_the_previous_checkpoint_stays(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch, with_torch: bool
) -> None:
    if with_torch:
        pytest.importorskip("torch")
    else:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
    store = DirectoryStore(tiny_disk / "root")
    previous = published(store, step=1)
    temporary = store.begin(7, 2, 2)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_state(temporary, {"weights": np.zeros(1 << 20, dtype=np.uint8)})
    store.abandon(temporary)
    store.verify(previous)
    (tiny_disk / "filler").write_bytes(bytes(100_000))
    published(store, step=3)


PUBLISH_FOREVER = """
import sys
from raytune_lite.checkpoints.directories import DirectoryStore
store = DirectoryStore(sys.argv[1])
previous = None
print("ready", flush=True)
for step in range(10**6):
    temporary = store.begin(0, 1, step % 50)
    for index in range(4):
        (temporary / f"file-{index}").write_bytes(bytes([step % 256]) * 50_000)
    ref = store.publish(temporary, 0, 1, step % 50)
    if previous is not None:
        store.discard(previous.uri)
    previous = ref
"""


@pytest.mark.kill
def test_kill_at_any_moment_leaves_only_whole_checkpoints_under_final_names(tmp_path: Path) -> None:
    chance, seen, leavings = random.Random(0), 0, 0
    for repeat in range(20):
        root = tmp_path / str(repeat)
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISH_FOREVER, str(root)], cwd=REPOSITORY, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = DirectoryStore(root)
        names = list(root.glob("trial-*/attempt-*/step-*"))
        for path in names:
            digest = hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()
            uri = path.relative_to(root).as_posix()
            store.verify(CheckpointRef(step=0, attempt=1, uri=uri, digest=digest, size=0))
        seen += len(names)
        leavings += len(list(root.glob("trial-*/attempt-*/.*")))
        store.sweep([path.relative_to(root).as_posix() for path in names])
        assert not list(root.glob("trial-*/attempt-*/.*"))
    assert seen >= 10  # the test saw something: most kills came after the first publish,
    assert leavings >= 5  # and many in the middle of one


def test_importing_the_package_imports_neither_torch_nor_sqlalchemy_nor_ray() -> None:
    code = """
        import sys
        import raytune_lite.checkpoints.state_files, raytune_lite.checkpoints.store
        print(sorted({"torch", "sqlalchemy", "ray"} & set(sys.modules)))
    """
    assert run_python(code) == "[]"


def run_python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- states -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["torch", "plain"])
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both files: a process that has imported torch, and one that has not."""
    if request.param == "torch":
        pytest.importorskip("torch")
    else:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
    return request.param


def round_trip(state, directory: Path):
    save_state(directory, state)
    return load_state(directory)


def same(left, right) -> bool:
    """Equal in type, order, and every bit."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (np.ndarray, np.generic)):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, dict):
        pairs = zip(left.items(), right.items(), strict=True)
        return len(left) == len(right) and all(same(a, c) and same(b, d) for (a, b), (c, d) in pairs)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return repr(left) == repr(right)
    return left == right


ODD = {
    "scalars": [None, True, False, 0, -1, 2**63, -(2**70), 2**3000, 1.5, -0.0, 1e-320, 3 + 4j],
    "non-finite": [float("nan"), float("inf"), -float("inf")],
    "text": ["", "ä\n\x00", "\ud800", "__rtl__"],
    "bytes": [b"", b"\x00\xff", bytearray(b"ab"), bytearray()],
    "containers": [(), (1, (2, [3])), [], {}, {1, 2}, frozenset({"a"}), {(1, 2), 3}],
    "keys": {1: "int", None: "none", 2.5: "float", "1": "str", (1, "a"): "tuple", b"k": "b", False: "bool"},
    "ordered": collections.OrderedDict([("b", 1), ("a", (2,))]),
    "counter": collections.Counter({30: 1, 80: 2}),
    "looks like a tag": {"__rtl__": "int", "of": "0x10", "more": {"__rtl__": None}},
    "numpy scalars": [
        np.float64(0.1), np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("s"),
        np.datetime64("2020-01-01"),
    ],
    "arrays": [
        np.arange(6, dtype=">f4").reshape(2, 3), np.array(1.5), np.empty((0, 3), dtype=np.uint64),
        np.array([True]), np.array(["ab", "c"]), np.array([b"x"]), np.asfortranarray(np.eye(2)),
        np.arange(10)[::2], np.array([1 + 2j], dtype=np.complex64), np.array([np.nan], dtype=np.float16),
    ],
    np.int64(5): "a numpy key",
}  # fmt: skip


def test_every_plain_type_and_bit_survives(tmp_path: Path, dialect: str) -> None:
    loaded = round_trip(ODD, tmp_path)
    for (key, value), (key_2, value_2) in zip(ODD.items(), loaded.items(), strict=True):
        assert same(key, key_2)
        assert same(value, value_2), key
    assert {path.name for path in tmp_path.iterdir()} == (
        {"state.pt"} if dialect == "torch" else {"state.json", "state.npz"}
    )
    loaded["arrays"][0][0, 0] = 5  # arrays are writable


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=20)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner), max_leaves=3)
STATES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.dictionaries(st.sampled_from(["__rtl__", "of", "a"]), inner)
    ),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.parametrize("with_torch", [True, False])
@given(value=STATES)
def test_any_tree_of_plain_values_round_trips(tmp_path_factory, with_torch: bool, value) -> None:
    if with_torch:
        pytest.importorskip("torch")
    with pytest.MonkeyPatch.context() as patch:
        if not with_torch:
            patch.delitem(sys.modules, "torch", raising=False)
        assert same({"value": value}, round_trip({"value": value}, tmp_path_factory.mktemp("state")))


def test_random_states_go_on_bit_for_bit(tmp_path: Path, dialect: str) -> None:
    python, legacy = random.Random(1), np.random.RandomState(2)
    generators = [
        np.random.Generator(kind(3))
        for kind in (np.random.PCG64, np.random.Philox, np.random.MT19937, np.random.SFC64)
    ]
    python.gauss(0, 1)
    legacy.standard_normal()  # leaves half a pair behind, which is part of the state
    for generator in generators:
        generator.integers(5, dtype=np.uint8)
    state = {
        "python": python.getstate(),
        "numpy": legacy.get_state(),
        "generators": [generator.bit_generator.state for generator in generators],
    }
    expected = [
        python.gauss(0, 1),
        legacy.standard_normal(),
        *(g.standard_normal(50).tobytes() for g in generators),
    ]
    loaded = round_trip(state, tmp_path)
    python.setstate(loaded["python"])
    legacy.set_state(loaded["numpy"])
    for generator, saved in zip(generators, loaded["generators"], strict=True):
        generator.bit_generator.state = saved
    assert [
        python.gauss(0, 1),
        legacy.standard_normal(),
        *(g.standard_normal(50).tobytes() for g in generators),
    ] == expected


class Thing:
    pass


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("state", "path"),
    [
        ({"a": {"b": [0, Thing()]}}, "state['a']['b'][1] is a tests.test_checkpoints.Thing"),
        ({"f": len}, "state['f'] is a builtins.builtin_function_or_method"),
        ({"p": (1, Point(1, 2))}, "state['p'][1] is a tests.test_checkpoints.Point"),
        ({"d": collections.defaultdict(list)}, "state['d'] is a collections.defaultdict"),
        ({"o": np.array([Thing()])}, "state['o'] is a numpy.ndarray of dtype object"),
        ({"k": {Point(1, 2): 1}}, "state['k'], key Point(x=1, y=2) is a tests.test_checkpoints.Point"),
    ],
)
def test_what_would_need_a_pickle_is_named_by_its_path_before_anything_is_written(
    tmp_path: Path, dialect: str, state, path: str
) -> None:
    with pytest.raises(CheckpointError) as caught:
        save_state(tmp_path, state)
    assert path in str(caught.value)
    assert "state_dict()" in str(caught.value)
    assert "trial.checkpoint_dir(step)" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_holds_itself_or_is_no_mapping_is_refused(tmp_path: Path, dialect: str) -> None:
    loop: list = []
    loop.append(loop)
    with pytest.raises(CheckpointError, match="holds itself"):
        save_state(tmp_path, {"loop": loop})
    with pytest.raises(CheckpointError, match="must be a dict"):
        save_state(tmp_path, [1])  # type: ignore[arg-type]


def test_a_state_is_written_once_and_its_absence_is_an_error(tmp_path: Path, dialect: str) -> None:
    with pytest.raises(CheckpointError, match=r"neither state.pt nor state.json"):
        load_state(tmp_path)
    save_state(tmp_path, {"epoch": 1})
    with pytest.raises(CheckpointError, match="holds a state already"):
        save_state(tmp_path, {"epoch": 2})
    assert load_state(tmp_path) == {"epoch": 1}


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"__rtl__": "eval", "of": "1"}', b'{"__rtl__": "ndarray", "of": "a0"}', b"\xff"]
)
def test_a_strange_json_state_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read safely"):
        load_state(tmp_path)


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def test_a_planted_pickle_does_not_run(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    boom = tmp_path / "boom"
    plants = {
        "zip": lambda path: torch.save({"model": Bomb(boom)}, path / "state.pt"),
        "raw": lambda path: (path / "state.pt").write_bytes(pickle.dumps(Bomb(boom), protocol=2)),
        "npz": lambda path: (
            np.savez(path / "state.npz", a0=np.array([Bomb(boom)])),
            (path / "state.json").write_text('{"x": {"__rtl__": "ndarray", "of": "a0"}}'),
        ),
    }
    for name, plant in plants.items():
        directory = tmp_path / name
        directory.mkdir()
        plant(directory)
        with pytest.raises(CheckpointError, match="Nothing in it was run") as caught:
            load_state(directory)
        assert "weights_only=False" not in str(caught.value)
    assert not boom.exists()


# --- torch --------------------------------------------------------------------------------------------------


def make_training(torch):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, amsgrad=True)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=3)
    steps = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 4])  # its state holds a Counter
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, steps], milestones=[3])
    return model, optimizer, scheduler


def train(torch, model, optimizer, scheduler, n_steps: int) -> list[float]:
    losses = []
    for _ in range(n_steps):
        loss = (model(torch.randn(16, 4)) - 1).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def test_a_training_resumed_from_its_checkpoint_continues_bit_for_bit(store: DirectoryStore) -> None:
    torch = pytest.importorskip("torch")
    parts = make_training(torch)
    train(torch, *parts, n_steps=5)
    state = {
        "parts": [part.state_dict() for part in parts],
        "torch_rng": torch.get_rng_state(),
        "scaler": torch.amp.GradScaler("cpu").state_dict(),
        "epoch": 5,
    }
    temporary = store.begin(0, 1, 5)
    save_state(temporary, state)
    ref = store.publish(temporary, 0, 1, 5)
    expected = train(torch, *parts, n_steps=5)

    loaded = load_state(store.verify(ref))
    assert loaded["parts"][0]._metadata == state["parts"][0]._metadata  # BatchNorm's version is in it
    resumed = make_training(torch)
    for part, saved in zip(resumed, loaded["parts"], strict=True):
        part.load_state_dict(saved)
    torch.set_rng_state(loaded["torch_rng"])
    assert train(torch, *resumed, n_steps=5) == expected


def test_torch_values_survive_and_the_file_is_an_ordinary_torch_file(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    shared = torch.arange(4.0)
    state = {
        "tied": [shared, shared],
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "bfloat16": torch.tensor([1.0, float("nan")], dtype=torch.bfloat16),
        "sparse": torch.eye(3).to_sparse(),
        "graph": (torch.ones(2, requires_grad=True) * 2),
        "words": (torch.float16, torch.device("cuda:1"), torch.Size([2, 3]), torch.strided),
    }
    loaded = round_trip(state, tmp_path)
    assert loaded["tied"][0].data_ptr() == loaded["tied"][1].data_ptr()
    assert type(loaded["parameter"]) is torch.nn.Parameter
    assert loaded["bfloat16"].view(torch.int16).tolist() == state["bfloat16"].view(torch.int16).tolist()
    assert torch.equal(loaded["sparse"].to_dense(), torch.eye(3))
    assert loaded["words"] == state["words"]
    assert type(loaded["words"][2]) is torch.Size
    assert torch.equal(torch.load(tmp_path / "state.pt", weights_only=True)["parameter"], torch.ones(2))


def test_torch_values_that_would_not_come_back_are_named(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    marked = torch.ones(1)
    marked.owner = Thing()
    cases = {
        "state['x'] is a torch.nn.modules.linear.Linear": torch.nn.Linear(1, 1),
        "state['x'] is a torch.Tensor with attributes ['owner']": marked,
        "state['x'] is a torch.Tensor on the meta device": torch.ones(1, device="meta"),
        "state['x'] is a torch._C.Generator": torch.Generator(),
    }
    for words, value in cases.items():
        with pytest.raises(CheckpointError) as caught:
            save_state(tmp_path, {"x": value})
        assert words in str(caught.value)


def test_a_process_without_torch_saves_and_loads_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    code = """
        import sys
        sys.modules["torch"] = None    # import torch raises ImportError
        import random
        from pathlib import Path
        import numpy as np
        from raytune_lite.exceptions import CheckpointError
        from raytune_lite.checkpoints.state_files import load_state, save_state
        directory = Path(sys.argv[1])
        save_state(directory, {"python": random.getstate(), "w": np.ones(3), 7: (1, b"x")})
        state = load_state(directory)
        assert state["python"] == random.getstate() and state["w"].sum() == 3 and state[7] == (1, b"x")
        (directory / "other").mkdir()
        (directory / "other" / "state.pt").write_bytes(b"")
        try:
            load_state(directory / "other")
        except CheckpointError as error:
            print(error)
    """
    assert "cannot import" in run_python(code, str(tmp_path))
    assert load_state(tmp_path)[7] == (1, b"x")  # and a process that may have torch reads it


def test_saving_does_not_import_torch_but_loading_a_torch_file_does(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    save = """
        import sys
        from pathlib import Path
        from raytune_lite.checkpoints.state_files import load_state, save_state
        save_state(Path(sys.argv[1]), {"epoch": 1})
        print("torch" in sys.modules)
    """
    load = """
        import sys
        from pathlib import Path
        from raytune_lite.checkpoints.state_files import load_state
        print(load_state(Path(sys.argv[1]))["model"].tolist())
    """
    assert run_python(save, str(tmp_path)) == "False"
    import torch

    directory = tmp_path / "torch"
    directory.mkdir()
    save_state(directory, {"model": torch.arange(3)})
    assert run_python(load, str(directory)) == "[0, 1, 2]"
