# pyright: strict
"""`jaxswap.open_run`: a trained run at work in Python, on arrays of chips."""

import dataclasses
import functools
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import config, images, runs
from jaxswap.api import paths
from jaxswap.augmentation import view
from jaxswap.conversion import swapper
from jaxswap.places import local_copies

BATCH_SIZE = 16


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A trained run, with the parameters of its latest checkpoint in memory.

    A chip is a square picture of one face, upright and aligned as `extract` writes it into a
    faceset's folder `chips/`; its side may be any number of pixels. The model sees the *view*: the
    chip's central square, whose side is `coverage` of the chip's, at `image_size` pixels.
    """

    step: int
    """Of the checkpoint."""
    parameters: dict[str, Any]
    """Arrays in a tree of dicts, by the names of the parts: those that conversion uses, which are
    the running averages where the run keeps any."""
    digest: str
    """SHA-256 in hex of the parameters, as `jaxswap info` shows it."""
    _run: runs.Run

    @classmethod
    def of(cls, run: runs.Run) -> "Run":
        """Load the latest checkpoint of a run folder.

        Raises:
            RunError: if there is no checkpoint, or it is broken.
        """
        parameters, step = run.load_params()
        return cls(
            step=step,
            parameters=parameters,
            digest=runs.parameters_sha256(parameters),
            _run=run,
        )

    @property
    def identities(self) -> tuple[str, ...]:
        """The names of the people whose faces the run has learned."""
        return self._run.identities

    @property
    def config(self) -> config.Config:
        """What the run was trained with."""
        return self._run.config

    @property
    def coverage(self) -> float:
        """The share of the chip's side that the view covers, in (0, 1]."""
        return self.config.augmentation.coverage

    @property
    def image_size(self) -> int:
        """The side of the view in pixels."""
        return self.config.model.image_size

    def view(self, chips_u8: UInt8[np.ndarray, "n s s 3"]) -> Float[np.ndarray, "n v v 3"]:
        """What the model sees of chips, RGB in [0, 1]: the same pixels as the faces of `swap`.

        Args:
            chips_u8: RGB, 0..255.
        """
        return np.asarray(view.view(chips_u8, size=self.image_size, coverage=self.coverage))

    def swap(
        self,
        chips_u8: UInt8[np.ndarray, "n s s 3"],
        *,
        to: str,
        masks_u8: UInt8[np.ndarray, "n s s 1"] | None = None,
    ) -> tuple[Float[np.ndarray, "n v v 3"], Float[np.ndarray, "n v v 1"] | None]:
        """The faces of an identity with the pose and expression of each chip.

        `masks * faces + (1 - masks) * view(chips_u8)` shows the new face in place.

        Args:
            chips_u8: RGB, 0..255; any number of them, of anybody.
            to: the identity whose face is put on. With a chip's own identity the model
                reconstructs the chip.
            masks_u8: 255 where the chip shows the face, which only a model with a mask encoder
                (`config.model.mask.own_encoder`) asks for, and that model needs.

        Returns:
            The faces over the views, RGB in [0, 1]; and masks in [0, 1], 1 where the face belongs,
            or None from a model that learns no mask.

        Raises:
            RunError: if the run has no such identity.
            ValueError: if the chips are not square, or the model needs masks and none came.
        """
        self._run.check_identity(to)
        if self._model.needs_masks and masks_u8 is None:
            raise ValueError("This model reads masks: give `masks_u8`, one for each chip.")
        faces: list[np.ndarray] = []
        masks: list[np.ndarray] = []
        for start in range(0, max(len(chips_u8), 1), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            face, mask = self._model.swap(
                self._view_u8(chips_u8[batch]),
                identity=to,
                masks_u8=None if masks_u8 is None else self._view_u8(masks_u8[batch]),
            )
            faces.append(face)
            if mask is not None:
                masks.append(mask)
        return np.concatenate(faces), np.concatenate(masks) if masks else None

    def _view_u8(self, pictures_u8: UInt8[np.ndarray, "n s s c"]) -> UInt8[np.ndarray, "n v v c"]:
        seen = view.view(pictures_u8, size=self.image_size, coverage=self.coverage)
        return images.to_u8(np.asarray(seen))

    @functools.cached_property
    def _model(self) -> swapper.Swapper:
        return swapper.Swapper(
            self.parameters,
            self.config.model,
            identities=self.identities,
            batch_size=BATCH_SIZE,
        )


def open_run(run: paths.AnyPath) -> Run:
    """Open a trained run at its latest checkpoint.

    Args:
        run: the run folder.

    Raises:
        PlaceError: if a URL cannot be read.
        RunError: if the folder is no run, or has no checkpoint.
    """
    with local_copies.LocalCopies() as copies:
        return Run.of(runs.Run.open(copies.fetch(paths.place(run))))
