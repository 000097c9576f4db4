"""optuna-dashboard on a study of ours: our tables are Optuna's, so it only has to be pointed at the database."""

from __future__ import annotations

HOST = "127.0.0.1"  # it has no password, and can change a study: for this machine only


def serve(storage: str, port: int) -> None:
    """Serve optuna-dashboard on this machine until the process is interrupted.

    Args:
        storage: URL of the database, with its password.
        port: of the loopback interface.

    Raises:
        ImportError: optuna-dashboard is not installed.
    """
    try:
        from optuna_dashboard import run_server
    except ImportError as error:
        raise ImportError(
            f"raytune-lite dashboard needs optuna-dashboard, which cannot be imported ({error}). Install it: "
            "pip install 'raytune-lite[dashboard]'."
        ) from error
    run_server(storage, host=HOST, port=port)


__all__ = ["HOST", "serve"]
