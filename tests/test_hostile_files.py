"""Planted, torn and flipped files; storage URLs and sockets that say anything: a typed error, and nothing runs."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import socket
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raytune_lite.checkpoints.directories import MANIFEST, DirectoryStore
from raytune_lite.checkpoints.state_files import load_state, save_state
from raytune_lite.core.messages import CheckpointRef
from raytune_lite.exceptions import CheckpointCorruptedError, CheckpointError, StorageURLError
from raytune_lite.runtime import sockets
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.storages.url import mask, normalize_url

from .core_tools import brief

relaxed = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
STATE = {"step": 3, "w": np.arange(6.0), "names": ("a", b"x"), "big": 2**100}


class Planted:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (self.target, "w")


def same(found):
    return repr(found) == repr(STATE)


def written(directory, *, with_torch):
    """The files of STATE, as a process with or without torch writes them."""
    import sys

    if with_torch:
        pytest.importorskip("torch")
    hidden = None if with_torch else sys.modules.pop("torch", None)
    try:
        save_state(directory, STATE)
    finally:
        if hidden is not None:
            sys.modules["torch"] = hidden
    return sorted(directory.iterdir())


# --- a state on disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_torch", [False, True])
def test_a_torn_or_flipped_state_is_refused_or_read_as_plain_values(tmp_path, with_torch):
    files = written(tmp_path, with_torch=with_torch)
    assert same(load_state(tmp_path))
    for path in files:
        content = path.read_bytes()
        n = len(content)
        torn = [content[: n * k // 40] for k in range(40)]
        places = [n * k // 150 for k in range(150)]
        flipped = [content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :] for i in places]
        for harmed in (*torn, *flipped):
            path.write_bytes(harmed)
            try:
                assert isinstance(load_state(tmp_path), dict)
            except CheckpointError as error:
                brief(error)
        path.write_bytes(content)
    assert same(load_state(tmp_path))


@pytest.mark.parametrize("name", ["state.pt", "state.json", "state.npz"])
def test_a_planted_pickle_is_not_run(tmp_path, name):
    if name == "state.pt":
        pytest.importorskip("torch")
    target = tmp_path / "touched"
    pickle.loads(pickle.dumps(Planted(str(target)))).close()
    assert target.exists(), "the pickle would act, if anything loaded it"
    target.unlink()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text('{"w":{"__rtl__":"ndarray","of":"a0"}}')
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        planted = pickle.dumps({"w": Planted(str(target))}, protocol)
        (tmp_path / "state" / name).write_bytes(planted)
        with pytest.raises(CheckpointError):
            load_state(tmp_path / "state")
    assert not target.exists()


def test_a_pickle_inside_a_torch_file_or_an_array_file_is_not_run(tmp_path):
    torch = pytest.importorskip("torch")
    target = tmp_path / "touched"
    (tmp_path / "a").mkdir()
    torch.save({"w": Planted(str(target))}, tmp_path / "a" / "state.pt")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "state.json").write_text('{"w":{"__rtl__":"ndarray","of":"a0"}}')
    array = np.empty(1, dtype=object)
    array[0] = Planted(str(target))
    np.savez(tmp_path / "b" / "state.npz", a0=array)
    for directory in ("a", "b"):
        with pytest.raises(CheckpointError, match="Nothing in it was run"):
            load_state(tmp_path / directory)
    assert not target.exists()


def test_a_file_cannot_claim_more_memory_than_it_is_long(tmp_path):
    torch = pytest.importorskip("torch")
    view = torch.zeros(1, dtype=torch.uint8).expand(2**50)
    (tmp_path / "a").mkdir()
    torch.save({"w": {"__rtl__": "bytes", "of": view}}, tmp_path / "a" / "state.pt")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "state.json").write_text('{"w":{"__rtl__":"ndarray","of":"a0"}}')
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**60,)})
    with zipfile.ZipFile(tmp_path / "b" / "state.npz", "w") as packed:
        packed.writestr("a0.npy", header.getvalue())
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "state.json").write_text('{"w":{"__rtl__":"ndarray","of":"a0"}}')
    np.savez_compressed(tmp_path / "c" / "state.npz", a0=np.zeros(10**6))
    for directory in "abc":
        with pytest.raises(CheckpointError, match="cannot be read safely"):
            load_state(tmp_path / directory)


tags = st.sampled_from(["int", "complex", "ndarray", "scalar", "tuple", "set", "dict", "bytes", "Counter", "eval"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    | st.fixed_dictionaries({"__rtl__": tags | inner, "of": inner})
    | st.fixed_dictionaries({"__rtl__": tags}),
    max_leaves=10,
)


@relaxed
@given(trees)
def test_any_json_tree_is_read_or_refused(tmp_path, tree):
    (tmp_path / "state.json").write_text(json.dumps(tree))
    with contextlib.suppress(CheckpointError):
        load_state(tmp_path)


# --- a checkpoint and its manifest ----------------------------------------------------------------------------------


def published(store, number=0):
    temporary = store.begin(number, 1, 1)
    (temporary / "model.bin").write_bytes(b"x" * 100)
    return store.publish(temporary, number, 1, 1)


@relaxed
@given(st.binary(max_size=50) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["files", "path", "size", "sha256"]), inner, max_size=4),
).map(lambda tree: json.dumps({"files": tree}).encode()))  # fmt: skip
def test_a_manifest_changed_together_with_its_digest_is_refused(tmp_path, content):
    import hashlib

    store = DirectoryStore(tmp_path / "root")
    ref = published(store)
    (store.root / ref.uri / MANIFEST).write_bytes(content)
    changed = CheckpointRef(
        step=1, attempt=1, uri=ref.uri, digest=hashlib.sha256(content).hexdigest(), size=ref.size
    )
    with pytest.raises(CheckpointCorruptedError):
        store.verify(changed)
    store.discard(ref.uri)


def test_a_manifest_of_any_size_is_not_read_whole(tmp_path):
    store = DirectoryStore(tmp_path / "root")
    ref = published(store)
    with (store.root / ref.uri / MANIFEST).open("wb") as file:
        file.truncate(2**40)  # sparse: a terabyte that takes no disk
    with pytest.raises(CheckpointCorruptedError, match="a manifest of more than"):
        store.verify(ref)


@relaxed
@given(
    st.text(max_size=40)
    | st.from_regex(r"trial-\d+/attempt-\d+/step-\d+(/\.\.)*", fullmatch=True)
    | st.none()
    | st.integers()
)
def test_no_uri_deletes_what_is_not_the_checkpoint_it_names(tmp_path, uri):
    store = DirectoryStore(tmp_path / "root")
    ref = published(store)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    if uri != ref.uri:
        with contextlib.suppress(CheckpointError):
            store.discard(uri)
        assert store.verify(ref)
    assert victim.read_text() == "mine"
    store.discard(ref.uri)


def test_a_path_that_no_file_system_takes_is_refused(tmp_path):
    store = DirectoryStore(tmp_path / "root")
    for uri in (f"trial-{'9' * 300}/attempt-1/step-1", "trial-1\0/attempt-1/step-1", "\ud800", "x" * 10**6):
        with pytest.raises(CheckpointError, match="Nothing was read or deleted") as caught:
            store.discard(uri)
        assert len(str(caught.value)) < 1000


def test_a_workers_word_never_deletes_the_checkpoint_of_another_trial(storage):
    """The whole way: a lying report, the end of both trials, and what is on the disk then."""
    from .test_hostile_worker import Talk, ref

    talk = Talk(storage, n_trials=2)
    talk.claim("a")
    talk.claim("b")
    store = talk.session.checkpoints
    mine = published(store, 0)
    talk.report(0, (1, 0.5), checkpoint=mine)
    for uri in (mine.uri, f"../{store.root.name}/{mine.uri}", str(store.root / mine.uri), "../../../etc"):
        with pytest.raises(ValueError, match="nothing was recorded or deleted"):
            talk.report(1, checkpoint=ref(1, uri=uri))
    talk.end("b", 1, 5.0)
    assert store.verify(mine) == Path(store.root) / mine.uri
    talk.end("a", 0, 1.0)
    assert store.verify(mine), "the best trial keeps its last checkpoint"
    talk.driver.close()


# --- storage URLs ---------------------------------------------------------------------------------------------------

DIALECTS = st.sampled_from(["sqlite", "postgresql", "mysql", "mariadb", "oracle", "os", "", "postgres"])
DRIVERS = st.sampled_from(["types", "base", "os", "psycopg2", "asyncpg", "x.y", ""])
URLS = st.one_of(
    st.text(max_size=30),
    st.builds("{}+{}://{}".format, DIALECTS, DRIVERS, st.text(max_size=15)),
    st.builds("{}://{}".format, DIALECTS, st.text(st.sampled_from("/:@?=&[]%.-\\\0\n\ud800a1"), max_size=15)),
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(URLS)
def test_any_text_is_a_storage_url_or_a_storage_url_error(url):
    try:
        found = normalize_url(url)
    except StorageURLError:
        assert isinstance(mask(url), str)
    else:
        assert found.get_backend_name() in ("sqlite", "postgresql", "mysql", "mariadb")


@pytest.mark.parametrize("url", [None, 3, b"sqlite:///x.db", ["sqlite:///x.db"]])
def test_a_storage_that_is_no_text_is_refused(url):
    with pytest.raises(StorageURLError, match="as text"):
        normalize_url(url)


@relaxed
@given(st.text(st.characters(codec="utf-8", exclude_characters="@:/?#[]%"), min_size=12, max_size=20), DIALECTS)
def test_a_password_is_in_no_error(secret, dialect):
    for url in (f"{dialect}+nothing://u:{secret}@host/db", f"{dialect}://u:{secret}@host:port/db", f"u:{secret}@host"):
        with pytest.raises(StorageURLError) as caught:
            normalize_url(url)
        assert secret not in str(caught.value)


# --- the socket -----------------------------------------------------------------------------------------------------

KEY = b"k" * 32


@pytest.fixture
def server():
    def reverse(mails):
        for mail in mails:
            mail.reply(mail.message[::-1])

    found = SocketServer("127.0.0.1", KEY, reverse, busy=b"", patience=60.0)
    yield found
    found.close()


def still_serves(server):
    client = sockets.SocketClient(server.address, KEY)
    assert client.call(b"ab", 5) == b"ba"
    client.close()


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\0" * 100, b"\xff" * 100, struct.pack("!i", 2**31 - 1), struct.pack("!i", -1) + struct.pack("!Q", 2**63),
     struct.pack("!i", -7), struct.pack("!i", 20) + b"half", b"GET / HTTP/1.1\r\n\r\n" * 50,
     pickle.dumps(Planted("/x"))],
    ids=lambda garbage: repr(garbage[:12]),
)  # fmt: skip
def test_garbage_before_the_handshake_ends_that_connection_only(server, garbage):
    with socket.create_connection(server.address) as stranger:
        stranger.sendall(garbage)
        with contextlib.suppress(OSError):  # the server may have hung up already
            stranger.shutdown(socket.SHUT_WR)
        still_serves(server)
        stranger.settimeout(5)
        with contextlib.suppress(ConnectionError):
            while stranger.recv(1000):
                pass  # the challenge, and then the end


@pytest.mark.parametrize(
    "frame",
    [struct.pack("!i", sockets.MAX_MESSAGE + 1), struct.pack("!i", -1) + struct.pack("!Q", 2**62),
     struct.pack("!i", 1000) + b"half"],
    ids=["too long", "claims an exabyte", "half"],
)  # fmt: skip
def test_a_bad_frame_after_the_handshake_ends_that_connection_only(server, frame):
    client = sockets.SocketClient(server.address, KEY)
    raw = client._socket
    raw.sendall(frame)
    raw.shutdown(socket.SHUT_WR)
    raw.settimeout(5)
    assert raw.recv(100) == b"", "the server hangs up, and answers nothing"
    client.close()
    still_serves(server)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=5))
def test_every_message_comes_back_as_it_was_sent(server, messages):
    client = sockets.SocketClient(server.address, KEY)
    assert [client.call(message, 5) for message in messages] == [message[::-1] for message in messages]
    client.close()


def test_the_longest_message_of_an_attempt_passes_the_socket():
    from raytune_lite.core.bounds import MAX_MESSAGE

    assert MAX_MESSAGE <= sockets.MAX_MESSAGE
