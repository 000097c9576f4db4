"""``raytune-lite submit``: what it refuses, what it sends, which job it takes. No Ray runs."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from raytune_lite.cli import cli
from raytune_lite.runtime.on_ray import jobs
from raytune_lite.runtime.on_ray.jobs import JobServer

pytest.importorskip("aiohttp", reason="Ray's job client is missing: pip install 'raytune-lite[jobs]'")


class Client:
    """A job server: jobs by their id, and what each submission is answered."""

    def __init__(self, **statuses):
        self.jobs, self.submitted, self.lost_races, self.code = dict(statuses), [], 0, 0

    def list_jobs(self):
        return [SimpleNamespace(submission_id=name, status=status) for name, status in self.jobs.items()]

    def submit_job(self, **given):
        name = given["submission_id"]
        if self.lost_races:
            self.lost_races -= 1
            self.jobs[name] = "RUNNING"
            raise RuntimeError(f"Job with submission_id {name} already exists")
        assert name not in self.jobs, "Ray refuses an id that it has seen"
        self.jobs[name] = "PENDING"
        self.submitted.append(given)
        return name

    async def tail_job_logs(self, job):
        for text in ("one\n", "two\n"):
            yield text
        self.jobs[job] = "SUCCEEDED" if self.code == 0 else "FAILED"

    def get_job_logs(self, job):
        return "one\ntwo\nthree\n"

    def get_job_info(self, job):
        return SimpleNamespace(status=self.jobs[job], driver_exit_code=self.code)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RTL_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "train.py").write_text("print('trained')")
    return tmp_path


def submit(monkeypatch, client, *words):
    server = object.__new__(JobServer)
    server._client = client
    monkeypatch.setattr(jobs, "JobServer", lambda address: server)
    return CliRunner().invoke(cli, ["submit", *words])


def test_a_script_is_submitted_with_its_folder_and_its_log_and_exit_code_are_the_jobs(folder, monkeypatch):
    client = Client()
    done = submit(monkeypatch, client, "train.py", "--epochs", "3", "a b")
    assert (done.exit_code, done.stdout) == (0, "one\ntwo\n")
    [given] = client.submitted
    assert given["entrypoint"] == "python train.py --epochs 3 'a b'"
    assert given["runtime_env"] == {"working_dir": str(folder)}
    client.code = 7
    assert submit(monkeypatch, client, "train.py", "--epochs", "3", "a b").exit_code == 7
    first, second = (one["submission_id"] for one in client.submitted)
    assert second == f"{first}-2"
    client.code = -9
    assert submit(monkeypatch, client, "train.py").exit_code == 137


@pytest.mark.parametrize("breaks", [False, True])
def test_the_log_of_a_job_that_has_ended_is_not_waited_for_and_nothing_is_shown_twice(folder, monkeypatch, breaks):
    class Late(Client):
        async def tail_job_logs(self, job):
            yield "one\n"
            if breaks and not self.broken:
                self.broken = True
                raise OSError("the connection")
            yield "two\n"
            self.jobs[job] = "SUCCEEDED"
            await asyncio.sleep(600)  # as Ray's server, only longer

    client = Late()
    client.broken = False
    done = submit(monkeypatch, client, "train.py")
    assert (done.exit_code, done.stdout) == (0, "one\ntwo\nthree\n")


def test_the_job_that_runs_under_a_name_is_followed_and_none_is_submitted(folder, monkeypatch):
    client = Client(**{"rtl-train": "FAILED", "rtl-train-2": "RUNNING", "rtl-train-old": "RUNNING"})
    done = submit(monkeypatch, client, "--name", "train", "train.py")
    assert "already under way: job rtl-train-2" in done.stderr
    assert (client.submitted, done.exit_code) == ([], 0)
    client.lost_races = 1  # another one submits at the same time
    done = submit(monkeypatch, client, "--name", "train", "--no-wait", "train.py")
    assert "already under way: job rtl-train-3" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train.py", "--storage", "postgresql://me:geheim@host/db"], "there is a secret in the command line"),
        (["train.py", "--api-key=geheim"], "(python train.py '--api-key=***'): Ray's list of jobs"),
        (["train.py", "--api-key", "geheim", "--lr", "3"], "(python train.py --api-key '***' --lr 3)"),
        (["train.py", "+db.password=geheim"], "(python train.py '+db.password=***')"),
        (["train.py", "+db={user:me,password:geheim}"], "(python train.py '+db={user:me,password:***}')"),
        (["train.py", '{"api_key": "geheim"}'], "there is a secret in the command line"),
        (["bash", "-c", "API_KEY=geheim python train.py"], "there is a secret in the command line"),
        (["bash", "-c", "python train.py --api-key geheim"], "there is a secret in the command line"),
        (["bash", "-c", "A_TOKEN=geheim python train.py --api-key geheim"], "'A_TOKEN=***'"),
        (["env", "API_KEY=geheim", "python", "train.py"], "there is a secret in the command line"),
        (["--not-secret", "max-tokens", "train.py", "--max-tokens=9", "--api-key=geheim"], "--max-tokens=9 '--api-key"),
        (["--runtime-env", "env.yaml", "train.py"], "holds a secret (env_vars.DB_PASSWORD)"),
        (["--runtime-env", "url.yaml", "train.py"], "holds a secret (env_vars.WHERE)"),
        (["--runtime-env", "pip.yaml", "train.py"], "holds a secret (pip.packages)"),
        (["gone.py"], "there is no script 'gone.py' in the working directory"),
        (["../train.py"], "there is no script '../train.py' in the working directory"),
        (["--working-dir", "nowhere", "train.py"], "--working-dir must be a directory, got 'nowhere'"),
        (["--name", "a/b", "train.py"], "--name must be of letters, digits"),
        (["--runtime-env", "no.yaml", "train.py"], "--runtime-env no.yaml: it cannot be read"),
    ],
)
def test_what_cannot_or_must_not_be_sent_is_refused_before_anything_is(folder, monkeypatch, words, said):
    (folder / "env.yaml").write_text("env_vars: {DB_PASSWORD: geheim}")
    (folder / "url.yaml").write_text("env_vars: {WHERE: 'https://me:geheim@host'}")
    (folder / "pip.yaml").write_text("pip: {packages: ['--index-url https://me:geheim@host/simple', torch]}")
    client = Client()
    done = submit(monkeypatch, client, *words)
    assert (done.exit_code, client.submitted) == (2, [])
    assert said in done.stderr
    assert "geheim" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["train.py", "--password-file", "/run/secrets/db", "--token-path=t"],
        ["train.py", "--data", "https://host/a%20b?version=2&x=a b"],
        ["--not-secret", "max-tokens", "train.py", "--max-tokens", "512", "model.max_tokens=9"],
        ["--not-secret", "MAX_TOKENS", "bash", "-c", "python train.py --max-tokens=512"],
        ["--not-secret", "N_TOKENS", "--runtime-env", "env.yaml", "train.py"],
        ["train.py", "--save-tokens", "--lr", "3"],
    ],
)
def test_the_name_of_a_file_is_no_secret_and_what_is_none_can_be_said(folder, monkeypatch, words):
    (folder / "env.yaml").write_text("{env_vars: {N_TOKENS: 9, TLS_KEY_FILE: /etc/key}, pip: [torch]}")
    client = Client()
    done = submit(monkeypatch, client, *words)
    assert (done.exit_code, len(client.submitted)) == (0, 1), done.stderr


def test_the_storage_of_this_machine_is_not_sent_and_it_says_so(folder, monkeypatch):
    monkeypatch.setenv("RTL_STORAGE", "postgresql://me:geheim@host/db")
    client = Client()
    done = submit(monkeypatch, client, "train.py")
    assert "RTL_STORAGE of this machine is not passed on" in done.stderr
    assert "geheim" not in done.stderr + repr(client.submitted)


def test_an_address_that_is_no_job_server_is_explained(folder):
    done = CliRunner().invoke(cli, ["submit", "--address", "ray://host:10001", "train.py"])
    assert (done.exit_code, "is an address of Ray Client, which takes no jobs" in done.stderr) == (2, True)
    done = CliRunner().invoke(cli, ["submit", "--address", "http://127.0.0.1:9", "train.py"])
    assert done.exit_code == 1
    assert "no job server answers at http://127.0.0.1:9" in done.stderr
    assert "--address http://HEAD:8265" in done.stderr
