"""One suite for every checkpoint store: a disk, objects in memory, objects behind S3's protocol; and what is theirs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from raytune_lite.checkpoints import copies
from raytune_lite.checkpoints.layout import chosen_base, study_directory
from raytune_lite.checkpoints.objects import ObjectStore
from raytune_lite.checkpoints.remote import masked
from raytune_lite.checkpoints.store import CheckpointStore, open_store
from raytune_lite.core.messages import CheckpointRef
from raytune_lite.exceptions import CheckpointCorruptedError, CheckpointDiskError, CheckpointError

from .object_server import BUCKET, KEY, S3, SECRET, fill, serving

URL = f"s3://{BUCKET}/runs/study-1-abc"


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with serving() as found:
        yield found


@pytest.fixture
def s3(server: S3) -> S3:
    server.reset()
    return server


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where directories for temporary files are made in this test."""
    path = tmp_path / "tmp"
    path.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(path))
    monkeypatch.setattr(copies, "_homes", {})
    return path


@pytest.fixture(params=["directory", "file", "memory", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path, temporary: Path) -> str:
    if request.param == "s3":
        request.getfixturevalue("s3")
        return URL
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return "memory://base/study-1-abc"
    return str(tmp_path / "root") if request.param == "directory" else f"file://{tmp_path}/root"


@pytest.fixture
def store(root: str) -> CheckpointStore:
    return open_store(root)


@pytest.fixture
def objects(s3: S3, temporary: Path) -> ObjectStore:
    return ObjectStore(URL)


def published(
    store: CheckpointStore, number: int = 7, attempt: int = 2, step: int = 9, text: str = "x"
) -> CheckpointRef:
    directory = store.begin(number, attempt, step)
    fill(directory, text)
    store.check(directory)
    return store.publish(directory, number, attempt, step)


def below(store: CheckpointStore) -> list[str]:
    """The paths of all files below the root."""
    if isinstance(store, ObjectStore):
        return sorted(path[len(store._path) + 1 :] for path in store._filesystem.find(store._path))
    return sorted(str(path.relative_to(store.root)) for path in Path(store.root).rglob("*") if path.is_file())


def damage(store: CheckpointStore, name: str, content: bytes | None) -> None:
    """Change a file below the root, or delete it."""
    if isinstance(store, ObjectStore):
        path = f"{store._path}/{name}"
        store._filesystem.rm(path) if content is None else store._filesystem.pipe_file(path, content)
    elif content is None:
        Path(store.root, name).unlink()
    else:
        Path(store.root, name).write_bytes(content)


# --- what every store promises ---------------------------------------------------------------------------------------


def test_a_published_checkpoint_is_whole_and_a_discarded_one_is_gone(store: CheckpointStore) -> None:
    ref, other = published(store), published(store, step=10)
    assert (ref.uri, ref.step, ref.attempt, ref.size) == ("trial-00007/attempt-2/step-9", 9, 2, 1001)
    path = store.verify(ref)
    assert (path / "model.bin").read_text() == "x" * 1000
    assert (path / "deep" / "optimizer.bin").read_text() == "x"
    assert store.published() == sorted([ref.uri, other.uri])
    assert store.half_written() == []
    store.discard(ref.uri)
    store.discard(ref.uri)
    store.close()
    assert store.published() == [other.uri]
    assert not [name for name in below(store) if "step-9" in name]
    with pytest.raises(CheckpointCorruptedError, match=r"no such directory|no object"):
        store.verify(ref)


def test_every_store_gives_the_same_reference_for_the_same_files(root: str, tmp_path: Path) -> None:
    assert published(open_store(root)) == published(open_store(tmp_path / "other"))


def test_no_name_is_used_twice(store: CheckpointStore, root: str) -> None:
    refs = [published(store, text=text) for text in "abc"]
    assert [ref.uri.rpartition("/")[2] for ref in refs] == ["step-9", "step-9.1", "step-9.2"]
    again = published(open_store(root), text="d")  # another process of the same attempt
    assert again.uri.endswith("step-9.3")
    for ref in (*refs, again):
        store.verify(ref)
        store.discard(ref.uri)
    assert published(store).uri.rpartition(".")[2] in ("3", "4")


def test_another_process_finds_what_was_published(store: CheckpointStore, root: str) -> None:
    ref = published(store)
    other = open_store(root)
    assert (other.verify(ref) / "model.bin").read_text() == "x" * 1000
    other.close()


@pytest.mark.parametrize("name", ["model.bin", "deep/optimizer.bin", ".rtl-manifest.json"])
@pytest.mark.parametrize("content", [b"", b"y" * 1000, None], ids=["empty", "other", "missing"])
def test_damage_is_found(store: CheckpointStore, name: str, content: bytes | None) -> None:
    ref = published(store)
    damage(store, f"{ref.uri}/{name}", content)
    with pytest.raises(CheckpointCorruptedError, match="is damaged"):
        store.verify(ref)


def test_a_root_that_is_gone_is_no_damaged_checkpoint(store: CheckpointStore) -> None:
    ref = published(store)
    with pytest.raises(CheckpointDiskError, match="start from zero"):
        open_store(f"{store.root}-elsewhere").verify(ref)


def test_a_sweep_deletes_what_nobody_needs_and_nothing_else(store: CheckpointStore) -> None:
    kept, orphan = published(store, step=1), published(store, step=2)
    live = published(store, number=8, attempt=1)
    assert store.sweep([kept.uri], ended={7: 2, 8: 0}) == [orphan.uri]
    assert store.sweep([kept.uri], ended={7: 2}) == []
    assert sorted(store.published()) == sorted([kept.uri, live.uri])
    store.verify(kept)
    assert store.sweep([]) == [kept.uri, live.uri]
    assert below(store) == []
    assert open_store(f"{store.root}-never").sweep([]) == []


def test_a_sweep_deletes_nothing_when_a_kept_uri_is_of_another_root(store: CheckpointStore) -> None:
    ref = published(store)
    with pytest.raises(CheckpointError, match="not a checkpoint below"):
        store.sweep([f"/another/root/{ref.uri}"])
    store.verify(ref)


@pytest.mark.parametrize("uri", ["..", "trial-1/attempt-1", "trial-1/../../x", "s3://other/trial-1/attempt-1/step-1"])
def test_a_uri_outside_the_root_is_refused(store: CheckpointStore, uri: str) -> None:
    ref = published(store)
    for call in (lambda: store.verify(replace(ref, uri=uri)), lambda: store.discard(uri)):
        with pytest.raises(CheckpointError, match="not a checkpoint below"):
            call()
    store.verify(ref)


def test_what_is_no_checkpoint_is_refused(store: CheckpointStore, tmp_path: Path) -> None:
    directory = store.begin(1, 1, 1)
    with pytest.raises(CheckpointError, match="is empty"):
        store.check(directory)
    (directory / "link").symlink_to("/etc/passwd")
    with pytest.raises(CheckpointError, match="a symlink"):
        store.check(directory)
    store.abandon(directory)
    store.abandon(directory)
    assert not directory.exists()
    with pytest.raises(CheckpointError, match="left alone"):
        store.abandon(tmp_path)
    with pytest.raises(CheckpointError, match="made by begin"):
        store.publish(tmp_path, 1, 1, 1)
    with pytest.raises(CheckpointError, match="integer >= 0"):
        store.begin(1, 1, -1)
    assert below(store) == []


def test_a_machine_tells_by_the_mark_whether_it_sees_the_root(store: CheckpointStore, root: str) -> None:
    assert not store.is_marked("run-1")
    store.mark("run-1")
    assert open_store(root).is_marked("run-1")
    assert not open_store(root).is_marked("run-2")
    store.unmark("run-2")
    assert store.is_marked("run-1")
    assert store.published() == store.half_written() == store.sweep([]) == []
    store.unmark("run-1")
    assert not store.is_marked("run-1")
    assert below(store) == []


# --- objects ---------------------------------------------------------------------------------------------------------


def test_nothing_is_published_whichever_request_fails(objects: ObjectStore, s3: S3) -> None:
    before = published(objects, step=1)
    n_requests = 3  # two files and the manifest
    for n in range(1, n_requests + 1):
        failed = s3.after(n)
        with pytest.raises(CheckpointDiskError, match="could not be uploaded") as caught:
            published(objects, step=n + 1)
        assert failed
        assert SECRET not in str(caught.value)
        s3.fault = None
        assert objects.published() == [before.uri], n
        objects.verify(before)
    assert [item.number for item in objects.half_written()] == [7] * (n_requests - 1)
    s3.after(n_requests + 1)
    assert published(objects, step=9).step == 9
    s3.fault = None
    assert objects.sweep([before.uri], ended={7: 2}) == ["trial-00007/attempt-2/step-9"]
    assert {name.rpartition("/step-")[2].partition("/")[0] for name in below(objects)} == {"1"}


def test_the_manifest_is_uploaded_last(objects: ObjectStore, s3: S3) -> None:
    s3.requests.clear()
    published(objects)
    puts = [path.rpartition("/")[2] for method, path in s3.requests if method == "PUT"]
    assert sorted(puts) == [".rtl-manifest.json", "model.bin", "optimizer.bin"]
    assert puts[-1] == ".rtl-manifest.json"


def test_several_machines_write_one_checkpoint(objects: ObjectStore, s3: S3) -> None:
    other, own = ObjectStore(URL), objects.begin(7, 2, 9)
    fill(own)
    uri = objects.share(own, 7, 2, 9)
    part = other.begin(7, 2, 9)
    (part / "deep").mkdir()
    (part / "deep" / "shard-1").write_text("one")
    files = other.upload_part(part, uri)
    other.abandon(part)
    assert objects.published() == []
    objects.add_part(own, files)
    objects.add_part(own, files)  # told twice
    with pytest.raises(CheckpointError, match="different files 'deep/shard-1'"):
        objects.add_part(own, {"deep/shard-1": (3, "another digest")})
    ref = objects.publish(own, 7, 2, 9)
    assert (ref.uri, ref.size) == (uri, 1001 + 3)
    found = ObjectStore(URL).verify(ref)
    assert (found / "deep" / "shard-1").read_text() == "one"
    damage(objects, f"{uri}/deep/shard-1", b"two")
    with pytest.raises(CheckpointCorruptedError):
        ObjectStore(URL).verify(ref)
    damage(objects, f"{uri}/deep/shard-1", None)
    with pytest.raises(CheckpointCorruptedError, match="missing object"):
        ObjectStore(URL).verify(ref)
    assert published(objects).uri == f"{uri}.1", "the next one of this step has another name"


def test_parts_of_a_checkpoint_that_is_given_up_are_deleted(objects: ObjectStore, s3: S3) -> None:
    own, part = objects.begin(7, 2, 9), objects.begin(7, 2, 9)
    fill(own)
    fill(part, "y")
    uri = objects.share(own, 7, 2, 9)
    objects.add_part(own, objects.upload_part(part, uri))
    assert len(below(objects)) == 2
    objects.abandon(own)
    assert below(objects) == []
    objects.abandon(part)


def test_a_part_may_be_all_there_is_and_none_is_no_checkpoint(objects: ObjectStore) -> None:
    own = objects.begin(7, 2, 9)
    uri = objects.share(own, 7, 2, 9)
    with pytest.raises(CheckpointError, match="is empty"):
        objects.check(own)
    part = objects.begin(7, 2, 9)
    (part / "model.bin").write_text("x")
    objects.add_part(own, objects.upload_part(part, uri))
    objects.abandon(part)
    objects.check(own)
    ref = objects.publish(own, 7, 2, 9)
    assert (objects.verify(ref) / "model.bin").read_text() == "x"


def test_a_deletion_that_fails_half_way_leaves_no_checkpoint_that_lacks_files(objects: ObjectStore, s3: S3) -> None:
    ref = published(objects)
    s3.after(2)  # the manifest is gone, its files are not
    with pytest.raises(CheckpointDiskError, match="could not be deleted"):
        objects.discard(ref.uri)
    s3.fault = None
    assert objects.published() == []
    assert [item.path for item in objects.half_written()] == [ref.uri]
    objects.sweep([])
    assert below(objects) == []


def test_the_way_to_the_store_may_fail_and_the_rights_may_be_missing(objects: ObjectStore, s3: S3) -> None:
    ref = published(objects)
    for status, kind in ((403, CheckpointError), (400, CheckpointDiskError)):
        s3.fault = lambda method, path, status=status: status
        calls = (
            lambda: objects.verify(ref), lambda: objects.discard(ref.uri), objects.published, lambda: objects.mark("r"),
        )  # fmt: skip
        for call in calls:
            objects.close()
            with pytest.raises(kind) as caught:
                call()
            assert type(caught.value) is kind
            assert isinstance(caught.value.__cause__, OSError)
    s3.fault = None
    objects.verify(ref)


def test_a_bucket_that_is_not_there_is_the_users_error_and_is_not_made(s3: S3, temporary: Path) -> None:
    store = ObjectStore("s3://no-such-bucket/x/study-1-a")
    for call in (lambda: store.mark("run"), lambda: published(store)):
        with pytest.raises(CheckpointError, match=r"no-such-bucket.*Is that bucket there") as caught:
            call()
        assert not isinstance(caught.value, CheckpointDiskError)


def test_parts_of_files_whose_upload_was_cut_off_are_swept(objects: ObjectStore, s3: S3) -> None:
    client = s3.client()
    prefix = URL.partition(f"{BUCKET}/")[2]
    for name in ("trial-00007/attempt-1/step-3/big", "trial-00007/attempt-2/step-4/big", "other"):
        client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}/{name}")
    objects.sweep([], ended={7: 1})
    left = [item["Key"].rpartition("abc/")[2] for item in client.list_multipart_uploads(Bucket=BUCKET)["Uploads"]]
    assert sorted(left) == ["other", "trial-00007/attempt-2/step-4/big"]


def test_names_that_mean_something_to_a_store_are_kept(objects: ObjectStore) -> None:
    directory = objects.begin(1, 1, 1)
    names = ["a b", "c*d", "e?f", "g[h]", "#i", "ä", "%20", ".hidden", "j+k"]
    for name in names:
        (directory / name).write_text(name)
    ref = objects.publish(directory, 1, 1, 1)
    path = ObjectStore(URL).verify(ref)
    assert {name: (path / name).read_text() for name in names} == {name: name for name in names}
    objects.discard(ref.uri)
    assert below(objects) == []


def test_a_manifest_that_leads_out_of_its_checkpoint_is_refused(objects: ObjectStore, tmp_path: Path) -> None:
    import hashlib

    ref = published(objects)
    content = b'{"files":[{"path":"../../../planted","size":1,"sha256":"0"}]}'
    damage(objects, f"{ref.uri}/.rtl-manifest.json", content)
    with pytest.raises(CheckpointCorruptedError, match="leads out"):
        objects.verify(replace(ref, digest=hashlib.sha256(content).hexdigest()))


# --- kill -9 in the middle of an upload ------------------------------------------------------------------------------

_UPLOADER = """
    import sys
    from raytune_lite.checkpoints.store import open_store
    from tests.object_server import fill
    store = open_store(sys.argv[1])
    directory = store.begin(3, 1, 5)
    fill(directory)
    print(directory, flush=True)
    store.publish(directory, 3, 1, 5)
"""


@pytest.mark.parametrize("before", ["model.bin", ".rtl-manifest.json"])
def test_a_process_killed_in_the_middle_of_an_upload_leaves_half_of_nothing(
    objects: ObjectStore, s3: S3, temporary: Path, before: str
) -> None:
    reached: list[str] = []

    def hold_up(method: str, path: str) -> int | None:
        if method == "PUT" and path.endswith(before):
            reached.append(path)
            while process.poll() is None:
                time.sleep(0.01)
            return 503
        return None

    s3.fault = hold_up
    environment = {**os.environ, **s3.environment(), "TMPDIR": str(temporary), "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_UPLOADER), URL], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    directory = Path(process.stdout.readline().strip())
    while not reached:
        time.sleep(0.01)
        assert process.poll() is None
    process.kill()
    process.wait()
    s3.fault = None
    assert objects.published() == []
    assert before == "model.bin" or [item.path for item in objects.half_written()] == ["trial-00003/attempt-1/step-5"]
    assert objects.sweep([], ended={3: 1}) == []
    assert below(objects) == []
    assert directory.is_dir(), "nobody could delete it"
    copies.new()
    assert not directory.exists(), "the next process on that machine deletes it"


def test_the_directories_of_a_living_process_stay(temporary: Path) -> None:
    mine = copies.new()
    script = "from raytune_lite.checkpoints import copies; print(copies.new())"
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.getcwd()}
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert mine.is_dir()
    assert Path(other.stdout.strip()).parent.parent == mine.parent.parent == temporary
    assert not Path(other.stdout.strip()).exists(), "a process that ends deletes its own"
    assert mine.parent.stat().st_mode & 0o077 == 0


def test_copies_are_deleted_when_the_store_is_closed(objects: ObjectStore) -> None:
    path = objects.verify(published(objects))
    assert objects.verify(published(objects, text="y")) != path
    objects.close()
    assert not path.exists()
    assert [entry.name for entry in path.parent.iterdir()] == [".lock"]


# --- URLs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("s3://b/x/", "s3://b/x"), ("S3://b", "s3://b"), (Path("s3://b/x"), "s3://b/x"), ("gs://b/y//", "gs://b/y"),
        ("abfs://container@account.dfs.core.windows.net/x", "abfs://container@account.dfs.core.windows.net/x"),
        ("memory://x", "memory://x"),
    ],
)  # fmt: skip
def test_a_url_is_kept_as_it_is(given: Any, base: str) -> None:
    assert chosen_base(given) == base
    assert study_directory(base, "/home/me/study.db", 3, 1.5) == f"{base}/study-3-16e360"


@pytest.mark.parametrize(
    "given",
    [
        f"s3://{KEY}:{SECRET}@b/x", f"sftp://me:{SECRET}@host/x", f"s3://b/x?secret={SECRET}",
        f"abfs://c/x?sig={SECRET}", f"simplecache::s3://b/{SECRET}",
    ],
)  # fmt: skip
def test_a_url_with_a_password_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(ValueError, match="in the environment of every node") as caught:
        chosen_base(given)
    assert SECRET not in str(caught.value)


def test_no_message_shows_what_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "abc/def+token")
    monkeypatch.setenv("FSSPEC_GS", '{"token": "hidden-in-json", "project": "shown-project"}')
    text = masked("https://u:pw@h/x?X-Amz-Signature=123&a=b 'secret': 'me' abc/def+token hidden-in-json shown-project")
    assert text == "https://u:***@h/x?X-Amz-Signature=***&a=b 'secret': '***' *** *** shown-project"
    assert masked("No credentials: none") == "No credentials: none"


def test_a_scheme_that_nobody_knows_and_a_missing_package_say_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from raytune_lite.study.checks import checkpoint_directory

    with pytest.raises(ValueError, match=r"fsspec knows no s4://\. Use s3://"):
        checkpoint_directory("s4://b/x")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(ValueError, match=r'pip install "raytune-lite\[s3\]"'):
        checkpoint_directory("s3://b/x")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ValueError, match=r'needs the package fsspec.*pip install "raytune-lite\[s3\]"'):
        checkpoint_directory("s3://b/x")


def test_importing_the_store_imports_no_fsspec() -> None:
    script = (
        "import sys, raytune_lite.checkpoints.store, raytune_lite.runtime.trial\n"
        "assert 'fsspec' not in sys.modules and 's3fs' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_random_damage_is_never_taken_for_a_checkpoint(root: str) -> None:
    chance = random.Random(5)
    for seed in range(10):
        store = open_store(root)
        ref = published(store, number=seed)
        name = chance.choice([path for path in below(store) if path.startswith(ref.uri)])
        damage(store, name, chance.choice([None, b"", bytes(chance.randrange(256) for _ in range(1000))]))
        with pytest.raises(CheckpointCorruptedError):
            store.verify(ref)
        store.close()
