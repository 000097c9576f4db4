"""A server with S3's protocol in this process, whose requests a test can count, fail and hold up."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

KEY, SECRET = "AKIATESTKEYOFNOBODY", "a-secret-that-nobody-may-see"
BUCKET = "bucket"


@dataclass
class S3:
    """The server. ``fault``: called with (method, path) of each request; what it answers is sent in place of the
    store's answer, unless it is None.
    """

    url: str
    fault: Callable[[str, str], int | None] | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    _client: Any = None

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to reach it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "FSSPEC_S3": json.dumps({"endpoint_url": self.url}),
        }  # fmt: skip

    def after(self, n: int, status: int = 400) -> list[tuple[str, str]]:
        """From the n-th request that writes on (1 is the first) all of them fail, which are listed."""
        count, failed = [0], list[tuple[str, str]]()

        def fault(method: str, path: str) -> int | None:
            count[0] += method in ("PUT", "POST", "DELETE")
            if count[0] < n:
                return None
            failed.append((method, path))
            return status

        self.fault = fault
        return failed

    def client(self) -> Any:
        """Another library's way to it."""
        import boto3

        if self._client is None:
            keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
            self._client = boto3.client("s3", endpoint_url=self.url, **keys)
        return self._client

    def reset(self) -> None:
        """An empty bucket and no faults."""
        self.fault, client = None, self.client()
        if BUCKET in (found["Name"] for found in client.list_buckets()["Buckets"]):
            for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
                client.delete_object(Bucket=BUCKET, Key=item["Key"])
        else:
            client.create_bucket(Bucket=BUCKET)
        self.requests.clear()


@contextmanager
def serving() -> Iterator[S3]:
    """The server, with its place in this process's environment."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app: Any = DomainDispatcherApplication(create_backend_app)
    found: list[S3] = []

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        s3, method, path = found[0], environ["REQUEST_METHOD"], environ["PATH_INFO"]
        s3.requests.append((method, path))
        status = s3.fault(method, path) if s3.fault is not None else None
        if status is None:
            return app(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        code = "AccessDenied" if status == 403 else "Simulated"
        body = f"<Error><Code>{code}</Code><Message>a fault of the test</Message></Error>".encode()
        headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        start_response(f"{status} Simulated", headers)
        return [] if method == "HEAD" else [body]  # a client refuses a HEAD's answer that has a body

    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, answer, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.append(S3(f"http://127.0.0.1:{server.server_port}"))
    before = dict(os.environ)
    os.environ.update(found[0].environment())
    _forget()
    try:
        found[0].reset()
        yield found[0]
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget()
        server.shutdown()


def _forget() -> None:
    """fsspec reads its variables when it is imported, and keeps the filesystems that it made."""
    import fsspec
    from fsspec.config import conf, set_conf_env

    conf.clear()
    set_conf_env(conf)
    fsspec.filesystem("s3").clear_instance_cache()


def fill(directory: Any, text: str = "x") -> None:
    """The files of a checkpoint."""
    (directory / "model.bin").write_text(text * 1000)
    (directory / "deep").mkdir()
    (directory / "deep" / "optimizer.bin").write_text(text)
