"""Checkpoints: state, data position and manifest, saved by Orbax in the background.

A checkpoint appears under its number only when it is complete, and the one before it is kept until
then. All of it is arrays and JSON; nothing is pickled.
"""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from jaxswap import errors


class Store:
    """The checkpoints of one run, by step."""

    def __init__(self, folder: Path, *, keep: int):
        """Open or create `folder`; the latest `keep` checkpoints stay."""
        logging.getLogger("absl").setLevel(logging.ERROR)  # Orbax tells its every move
        self._folder = folder.resolve()
        options = ocp.CheckpointManagerOptions(
            preservation_policy=checkpoint_managers.LatestN(keep),
            enable_async_checkpointing=True,
        )
        self._manager = ocp.CheckpointManager(self._folder, options=options)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def steps(self) -> list[int]:
        """Steps with a complete checkpoint, rising."""
        return sorted(self._manager.all_steps())

    def save(
        self, step: int, state: Any, *, position: dict[str, Any], manifest: dict[str, Any]
    ) -> None:
        """Save in the background; returns once the arrays are safe from later updates."""
        self._manager.save(
            step,
            args=ocp.args.Composite(
                state=ocp.args.StandardSave(state),
                position=ocp.args.JsonSave(position),
                manifest=ocp.args.JsonSave(manifest),
            ),
        )

    def restore(self, step: int, abstract_state: Any) -> tuple[Any, dict[str, Any]]:
        """State and data position of a checkpoint.

        Args:
            step: one of `steps`.
            abstract_state: the state's tree of `jax.ShapeDtypeStruct`, with shardings.

        Raises:
            RunError: if the checkpoint is broken or of another model.
        """
        with self._readable(step):
            restored = self._manager.restore(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardRestore(abstract_state),
                    position=ocp.args.JsonRestore(),
                ),
            )
            return restored.state, restored.position

    def restore_part(self, step: int, name: str, abstract: Any) -> Any:
        """One top-level part of the state, such as `params`, without the rest.

        Raises:
            RunError: if the checkpoint is broken or of another model.
        """
        with self._readable(step):
            restored = self._manager.restore(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.PyTreeRestore(
                        item={name: abstract},
                        restore_args=ocp.checkpoint_utils.construct_restore_args({name: abstract}),
                        partial_restore=True,
                    )
                ),
            )
            return restored.state[name]

    def wait(self) -> None:
        """Block until every save is complete; raises what went wrong in the background."""
        self._manager.wait_until_finished()

    def close(self) -> None:
        """Wait for saves and free the threads."""
        self._manager.close()

    @contextlib.contextmanager
    def _readable(self, step: int) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError) as error:
            others = [s for s in self.steps() if s != step]
            remedy = (
                f"Remove that folder to go on from step {others[-1]}."
                if others
                else "Train again in a new run folder."
            )
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "broken"
            raise errors.RunError(
                f"The checkpoint {self._folder / str(step)} cannot be read ({reason}). {remedy}"
            ) from error
