"""One rule says which names hold secrets: for URLs, recorded commands, submitted environments, errors of buckets."""

from __future__ import annotations

import click
import pytest

from raytune_lite.checkpoints import remote
from raytune_lite.cli.submit import _refuse_secrets
from raytune_lite.masking import is_secret, masked
from raytune_lite.storages.url import mask
from raytune_lite.study.surroundings import command

VALUE = "hunter22222"
SECRET = [
    "password", "PGPASSWORD", "db_passwd", "pass", "sslpassword", "passphrase", "pwd", "client_secret",
    "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "token", "HF_TOKEN", "session_token", "credentials", "api_key",
    "api-key", "WANDB_API_KEY", "account_key", "private_key", "auth_key", "X-Amz-Signature", "sas_token",
    "AZURE_STORAGE_SAS",
]  # fmt: skip
HARMLESS = [
    "lr", "passes", "n-passes", "passive", "tokenizer", "TOKENIZERS_PARALLELISM", "monkey", "keyword", "hockey",
    "key_size", "host", "sasha", "design", "signal", "user", "password-file", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "RAY_AUTH_TOKEN_PATH",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_a_secrets_name_hides_it_everywhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_secret(name)
    assert is_secret(name.upper())
    identifier = name.replace("-", "_")
    texts = [
        masked(f"GET failed: {name}={VALUE}"),
        masked(f"{{'{name}': '{VALUE}'}}"),
        mask(f"postgresql://host/db?{name}={VALUE}"),
        command(["train.py", f"--{name}={VALUE}"]),
        command(["train.py", f"--{name}", VALUE]),
        command(["train.py", f"db.{name}={VALUE}"]),  # as Hydra's overrides
    ]
    monkeypatch.setenv(identifier, VALUE)
    texts.append(remote.masked(f"cannot sign with {VALUE}"))
    for text in texts:
        assert VALUE not in text
        assert "***" in text
    with pytest.raises(click.ClickException) as refused:
        _refuse_secrets([], {"env_vars": {identifier: VALUE}})
    assert VALUE not in str(refused.value)


@pytest.mark.parametrize("name", HARMLESS)
def test_other_names_hide_nothing(name: str) -> None:
    assert not is_secret(name)
    assert masked(f"{name}={VALUE}") == f"{name}={VALUE}"
    assert mask(f"postgresql://host/db?{name}={VALUE}") == f"postgresql://host/db?{name}={VALUE}"
    assert VALUE in command(["train.py", f"--{name}={VALUE}"])
    assert VALUE in command(["train.py", f"--{name}", VALUE])
    _refuse_secrets([], {"env_vars": {name.replace("-", "_"): VALUE}})


def test_short_names_count_whole() -> None:
    assert is_secret("key")
    assert is_secret("sig")
    assert not is_secret("--key")


def test_a_password_by_its_place() -> None:
    assert masked(f"cannot reach s3://user:{VALUE}@host/x") == "cannot reach s3://user:***@host/x"
