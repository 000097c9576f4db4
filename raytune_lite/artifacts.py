"""Optuna's artifacts: files that belong to a trial or a study. For checkpoints see Trial.save_checkpoint."""

from __future__ import annotations

from .integrations.optuna.lending import lender

_NAMES = (
    "ArtifactMeta", "Backoff", "Boto3ArtifactStore", "FileSystemArtifactStore", "GCSArtifactStore",
    "download_artifact", "get_all_artifact_meta", "upload_artifact",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.artifacts", _NAMES, classes=False)


def __dir__() -> list[str]:
    return sorted(__all__)
