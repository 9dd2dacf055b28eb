"""What a run must remember of its making: versions, hardware, commit, and who is who."""

import datetime
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from jaxswap import version

PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def collect(preset: str | None, identities: Sequence[Mapping[str, str | None]]) -> dict[str, Any]:
    """The manifest of a new run, as plain JSON values.

    Args:
        preset: name of the preset that has this model; None if none has.
        identities: `name`, `source` (path as the user gave it) and `fingerprint` (of the data) of
            each identity, in the order of the decoders.
    """
    import jax

    # What JAX says of devices and hosts goes through jaxlib, which has no types.
    device = cast(Any, jax.devices()[0])  # pyright: ignore[reportUnknownMemberType]
    return {
        "preset": preset,
        "identities": [dict(identity) for identity in identities],
        "versions": {
            "jaxswap": version.__version__,
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in PACKAGES},
        },
        "platform": {
            "system": platform.platform(),
            "backend": device.platform,
            "device_kind": device.device_kind,
            "devices": jax.device_count(),  # pyright: ignore[reportUnknownMemberType]
            "processes": jax.process_count(),  # pyright: ignore[reportUnknownMemberType]
        },
        "commit": _commit(Path(version.__file__).parent),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _commit(package: Path) -> str | None:
    """The commit of the checkout that the package lies in, or None outside of one."""
    if not (package.parent / ".git").exists():
        return None
    command = ["git", "-C", str(package.parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):  # git is missing, or refuses the folder's owner
        return None
    return done.stdout.strip()
