"""A real kube-apiserver with its etcd, without nodes: it judges and stores objects, and nothing runs.

Both listen on 127.0.0.1 only. Their binaries come from the PATH, or from where KUBE_APISERVER and ETCD say.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .reading import kubectl

_DEADLINE = 120.0  # seconds for the server to come up, and for a kind to be served


def binaries() -> tuple[str, str] | str:
    """The paths of kube-apiserver and etcd; or what is missing."""
    names = {"kube-apiserver": "KUBE_APISERVER", "etcd": "ETCD"}
    found = {name: shutil.which(os.environ.get(variable) or name) for name, variable in names.items()}
    missing = [f"{name} (or {names[name]}=its path)" for name, path in found.items() if path is None]
    return f"not in the PATH: {', '.join(missing)}" if missing else (str(found["kube-apiserver"]), str(found["etcd"]))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(server: str, etcd: str) -> Iterator[Path]:
    """Both processes; the kubectl configuration of an administrator."""
    folder = Path(tempfile.mkdtemp(prefix="rtl-kube-", dir="/tmp"))
    log = (folder / "log").open("wb")
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> None:
        started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder))

    try:
        store, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        start(
            etcd, f"--data-dir={folder}/etcd", "--unsafe-no-fsync", f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}", f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}",
        )  # fmt: skip
        key, token, port = folder / "accounts.pem", secrets.token_hex(16), free_port()
        key.write_bytes(rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ))  # fmt: skip
        (folder / "tokens.csv").write_text(f"{token},administrator,1,system:masters\n")
        start(
            server, f"--etcd-servers={store}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--secure-port={port}", f"--cert-dir={folder}", "--authorization-mode=RBAC", "--anonymous-auth=false",
            f"--token-auth-file={folder}/tokens.csv", "--service-account-issuer=https://127.0.0.1",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none", "--profiling=false",
        )  # fmt: skip
        config = folder / "kubeconfig"
        config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": f"https://127.0.0.1:{port}", "certificate-authority": str(folder / "apiserver.crt"),
            }}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }))  # fmt: skip

        def is_ready() -> bool:
            if any(process.poll() is not None for process in started):
                raise RuntimeError(f"a process has ended:\n{(folder / 'log').read_text()[-4000:]}")
            return kubectl("--kubeconfig", str(config), "get", "--raw", "/readyz", cwd=folder).returncode == 0

        wait_until(is_ready, "kube-apiserver is not ready")
        yield config
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """``what``: what is wrong if it never holds."""
    until = time.monotonic() + _DEADLINE
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"after {_DEADLINE:.0f} s: {what}")
        time.sleep(0.5)
