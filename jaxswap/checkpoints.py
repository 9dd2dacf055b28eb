"""Checkpoints: state, data position and manifest, saved by Orbax in the background.

A checkpoint appears under its number only when it is complete, with the SHA-256 of its files, and
the one before it is kept until then. All of it is arrays and JSON; nothing is pickled.
"""

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib import parse

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from jaxswap import errors, files
from jaxswap.places import checkpoint_names

ITEMS = ("state", "position", "manifest")
SUMS = checkpoint_names.SUMS


class Store:
    """The checkpoints of one run, by step."""

    def __init__(self, folder: Path, *, keep: int | None = None):
        """Open `folder`.

        Args:
            folder: is created if checkpoints will be saved.
            keep: how many of the latest checkpoints stay; None opens the folder only for reading,
                which does no harm to a training that goes on there.
        """
        # Orbax tells its every move; what goes wrong it raises as well.
        logging.getLogger("absl").setLevel(logging.CRITICAL)
        self._folder = folder.resolve()
        self._saving = 0
        options: dict[str, Any] = {"read_only": True, "create": False}
        if keep is not None:
            options = {
                "preservation_policy": checkpoint_managers.LatestN(keep),
                "async_options": ocp.options.AsyncOptions(post_finalization_callback=self._sign),
                "cleanup_tmp_directories": True,  # what a killed run left half-written
            }
        self._manager = ocp.CheckpointManager(
            self._folder, options=ocp.CheckpointManagerOptions(**options)
        )

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def steps(self) -> list[int]:
        """Steps with a complete checkpoint, rising."""
        return steps(self._folder)

    def save(
        self, step: int, state: Any, *, position: dict[str, Any], manifest: dict[str, Any]
    ) -> None:
        """Save in the background; returns once the arrays are safe from later updates.

        Raises:
            OutputError: if this checkpoint, or the one before it, could not be written.
        """
        self.wait()
        with self._writable(step):
            self._saving = step
            self._manager.save(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(_renamed(state, _quoted)),
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
        abstract_state = _renamed(abstract_state, _quoted)
        with self._readable(step):
            _check_shapes(self._folder / str(step), abstract_state, whole=True)
            restored = self._manager.restore(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardRestore(abstract_state),
                    position=ocp.args.JsonRestore(),
                ),
            )
            return _renamed(restored.state, parse.unquote), restored.position

    def restore_part(self, step: int, name: str, abstract: Any) -> Any:
        """One top-level part of the state, such as `params`, without the rest.

        Raises:
            RunError: if the checkpoint is broken or of another model.
        """
        item = {name: _renamed(abstract, _quoted)}
        with self._readable(step):
            folder = self._folder / str(step)
            _check_shapes(folder, item, whole=False)
            with ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as reader:
                restored = reader.restore(
                    folder / "state",
                    args=ocp.args.PyTreeRestore(
                        item=item,
                        restore_args=ocp.checkpoint_utils.construct_restore_args(item),
                        partial_restore=True,
                    ),
                )
            return _renamed(restored[name], parse.unquote)

    def wait(self) -> None:
        """Block until every save is complete.

        Raises:
            OutputError: if the last one could not be written.
        """
        with self._writable(self._saving):
            self._manager.wait_until_finished()

    def close(self) -> None:
        """Wait for saves and free the threads.

        Raises:
            OutputError: if the last one could not be written.
        """
        with self._writable(self._saving):
            self._manager.close()

    def _sign(self) -> None:
        """Write the sums of the checkpoint that is about to appear under its number."""
        if jax.process_index() != 0:
            return
        for folder in self._folder.glob(f"{self._saving}.*tmp*"):
            paths = [p for item in ITEMS for p in sorted((folder / item).rglob("*")) if p.is_file()]
            sums = {str(path.relative_to(folder)): files.sha256(path) for path in paths}
            files.write_json(folder / SUMS, sums)

    def _verify(self, step: int) -> None:
        folder = self._folder / str(step)
        sums = json.loads((folder / SUMS).read_text(encoding="utf-8"))
        for name, expected in sums.items():
            path = folder / name
            if not path.is_file() or files.sha256(path) != expected:
                raise ValueError(f"{name} is not as it was written")

    @contextlib.contextmanager
    def _readable(self, step: int) -> Iterator[None]:
        try:
            self._verify(step)
            yield
        except Exception as error:  # TensorStore raises what it likes
            others = [other for other in self.steps() if other != step]
            remedy = (
                f"Remove that folder to go on from step {others[-1]}."
                if others
                else "Train again in a new run folder."
            )
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise errors.RunError(
                f"The checkpoint {self._folder / str(step)} cannot be read ({reason}). {remedy}"
            ) from error

    @contextlib.contextmanager
    def _writable(self, step: int) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            whole = self.steps()
            former = f"that of step {whole[-1]} is whole" if whole else "there is none before it"
            # TensorStore's message ends with the system's word for it
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            reason = reason.split(" [")[0].rsplit(": ", 1)[-1]
            raise errors.OutputError(
                f"The checkpoint {self._folder / str(step)} cannot be written ({reason}); "
                f"{former}. Free some space and run the same command again."
            ) from error


def steps(folder: Path) -> list[int]:
    """Steps with a complete checkpoint in a folder, rising; what is incomplete has another name."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())


def _check_shapes(folder: Path, abstract: Any, *, whole: bool) -> None:
    """Compare names and shapes first, since Orbax's own words for it fill a page."""
    there = _shapes(ocp.StandardCheckpointHandler().metadata(folder / "state").tree)
    wanted = _shapes(abstract)
    for name in sorted(wanted.keys() | there.keys() if whole else wanted.keys()):
        if there.get(name) != wanted.get(name):
            raise ValueError(
                f"it is of another configuration: {name} is {there.get(name, 'missing')} there and "
                f"{wanted.get(name, 'missing')} here"
            )


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): tuple(leaf.shape)
        for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]
        if hasattr(leaf, "shape")
    }


def _quoted(key: str) -> str:
    """A key without dots, with which Orbax joins keys to the name of an array.

    Else the array `Conv_0` of an identity named a.Upscale_0 would be that of an identity a.
    """
    return key.replace("%", "%25").replace(".", "%2E")


def _renamed(tree: Any, rename: Callable[[str], str]) -> Any:
    """The same tree with the keys of its dictionaries renamed."""
    if isinstance(tree, dict):
        return {rename(key): _renamed(value, rename) for key, value in tree.items()}
    children, structure = jax.tree.flatten(tree, is_leaf=lambda part: part is not tree)
    if any(child is tree for child in children):
        return tree
    return jax.tree.unflatten(structure, [_renamed(child, rename) for child in children])
