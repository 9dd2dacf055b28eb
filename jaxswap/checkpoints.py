"""Checkpoints: state, data position and manifest, saved by Orbax in the background.

A checkpoint appears under its number only when it is complete, with the SHA-256 of its files, and
the one before it is kept until then. All of it is arrays and JSON; nothing is pickled.
"""

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib import parse

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from jaxswap import errors, files, owners, storing
from jaxswap.places import checkpoint_names

ITEMS = ("state", "position", "manifest")
SUMS = checkpoint_names.SUMS

_STEP = re.compile(r"[0-9]{1,18}")


class OtherTreeError(ValueError):
    """A checkpoint that holds other parameters than were asked for."""


class Store:
    """The checkpoints of one run, by step."""

    def __init__(self, folder: Path, *, keep: int | None = None):
        """Open `folder`.

        Args:
            folder: is created if checkpoints will be saved.
            keep: how many of the latest checkpoints stay; None opens the folder only for reading,
                which does no harm to a training that goes on there.

        Raises:
            OutputError: if the path is no UTF-8.
        """
        files.check_plain(folder)
        owners.need_no_name()
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
            return _renamed(restored["state"], parse.unquote), restored["position"]

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
        sums = storing.parse_json((folder / SUMS).read_bytes())
        if not isinstance(sums, dict):
            raise ValueError(f"{SUMS} must hold an object")
        for name, expected in sums.items():
            path = folder / name
            if not path.resolve().is_relative_to(folder):
                raise ValueError(f"{name} leads out of the folder")
            if not path.is_file() or files.sha256(path) != expected:
                raise ValueError(f"{name} is not as it was written")

    @contextlib.contextmanager
    def _readable(self, step: int) -> Iterator[None]:
        try:
            self._verify(step)
            yield
        except OtherTreeError as error:
            raise errors.RunError(
                f"The checkpoint {self._folder / str(step)} is not of this run: {error}. Put the "
                "run.json and the checkpoints together that belong together."
            ) from error
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
    return sorted(int(path.name) for path in folder.iterdir() if _STEP.fullmatch(path.name))


def _check_shapes(folder: Path, abstract: Any, *, whole: bool) -> None:
    """Compare names and shapes first, since Orbax's own words for it fill a page.

    Names are compared from the top, so that other identities are told as such: the message lists
    what stands in their place.

    Args:
        folder: of the checkpoint.
        abstract: the tree that is asked for.
        whole: whether all of the checkpoint is, or a part of its names at any depth.
    """
    state: Any = folder / "state"  # Orbax asks for its own kind of path, and takes any
    there = _tree(ocp.StandardCheckpointHandler().metadata(state).tree)
    _check_same(there, _tree(abstract), "", whole=whole)


def _check_same(
    there: Mapping[str, Any], wanted: Mapping[str, Any], where: str, *, whole: bool
) -> None:
    if there.keys() != wanted.keys() if whole else wanted.keys() - there.keys():
        sides = " and ".join(
            f"{', '.join(sorted(side))} {place}"
            for side, place in ((there, "there"), (wanted, "here"))
        )
        raise OtherTreeError(f"{where or 'it'} has {sides}")
    for name, part in wanted.items():
        below, other = f"{where}/{name}" if where else name, there[name]
        if isinstance(part, dict) and isinstance(other, dict):
            _check_same(other, part, below, whole=whole)
        elif part != other:
            raise OtherTreeError(f"{below} is {_said(other)} there and {_said(part)} here")


def _said(part: tuple[int, ...] | dict[str, Any]) -> str:
    return f"{len(part)} arrays" if isinstance(part, dict) else str(part)


def _tree(tree: Any) -> dict[str, Any]:
    """The shapes of the arrays, in dicts by their names."""
    found: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        if not hasattr(leaf, "shape"):
            continue
        *parents, name = (jax.tree_util.keystr((key,), simple=True) for key in path)
        part = found
        for parent in parents:
            part = part.setdefault(parent, {})
        part[name] = tuple(leaf.shape)
    return found


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
