"""The model at work: views in, faces of an identity out, in batches of one size."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from jaxswap import config
from jaxswap.models import building, topologies


class Swapper:
    """Swaps with the decoders of some identities; one program, compiled once, serves them all."""

    def __init__(
        self,
        params: topologies.Params,
        model: config.Model,
        *,
        identities: Iterable[str],
        batch_size: int,
    ) -> None:
        """Put what is needed of the parameters on the device.

        Args:
            params: of the run, with the parts of these identities at least.
            model: the model they belong to.
            identities: names of those whose faces are put on; all others are left out.
            batch_size: faces in one call; fewer are padded, so that no call compiles anew.
        """
        names = sorted(set(identities))
        needed = jax.device_put(topologies.of_some(params, names))
        self._params = {name: topologies.of_one(needed, name) for name in names}
        net = building.build(model)
        self._batch_size, self._image_size = batch_size, model.image_size
        self.needs_masks = net.has_mask_encoder
        """Whether the model has a mask encoder, which sees the masks of the landmarks."""

        def swap(
            params: topologies.Params,
            views_u8: UInt8[Array, "n s s 3"],
            masks_u8: UInt8[Array, "n s s 1"] | None,
        ) -> topologies.Outputs:
            masks = None if masks_u8 is None else masks_u8.astype(jnp.float32) / 255
            views = views_u8.astype(jnp.float32) / 255
            outputs = topologies.swap(net, params, views, masks=masks)
            outputs = outputs._replace(mask=_seen(outputs))
            return jax.tree.map(lambda out: jnp.clip(out.astype(jnp.float32), 0, 1), outputs)

        self._swap = jax.jit(swap)

    def warm_up(self) -> None:
        """Compile, with a batch of nothing, so that the first faces need not wait."""
        views_u8 = np.zeros((1, self._image_size, self._image_size, 3), np.uint8)
        masks_u8 = views_u8[..., :1] if self.needs_masks else None
        self.swap(views_u8, identity=next(iter(self._params)), masks_u8=masks_u8)

    def swap(
        self,
        views_u8: UInt8[np.ndarray, "n s s 3"],
        *,
        identity: str,
        masks_u8: UInt8[np.ndarray, "n s s 1"] | None = None,
    ) -> tuple[Float[np.ndarray, "n s s 3"], Float[np.ndarray, "n s s 1"] | None]:
        """Faces, and masks where the model has learned them, over the views; in [0, 1].

        Args:
            views_u8: RGB, 0..255, at most `batch_size` of them.
            identity: whose face is put on, one of `identities`.
            masks_u8: the faces' masks, 0..255; only a model with a mask encoder reads them.

        Raises:
            ValueError: if there are more views than `batch_size`, or the identity was left out.
        """
        num = len(views_u8)
        if identity not in self._params:
            raise ValueError(f"`identity` must be one of {list(self._params)}, not {identity!r}.")
        if num > self._batch_size:
            raise ValueError(f"At most {self._batch_size} views go into a batch, not {num}.")
        masks_u8 = self._padded(masks_u8) if self.needs_masks and masks_u8 is not None else None
        params = self._params[identity]
        outputs = jax.device_get(self._swap(params, self._padded(views_u8), masks_u8))
        return outputs.face[:num], None if outputs.mask is None else outputs.mask[:num]

    def _padded(self, batch: np.ndarray) -> np.ndarray:
        missing = self._batch_size - len(batch)
        return np.pad(batch, [(0, missing)] + [(0, 0)] * (batch.ndim - 1))


def _seen(outputs: topologies.Outputs) -> Array | None:
    """The face that is put on, as far as nothing hides the one that is there."""
    if outputs.visible is None:
        return outputs.mask
    # Full at one half: the two masks must not both fade where the faces end.
    visible = jnp.minimum(1, 2 * outputs.visible)
    return visible if outputs.mask is None else visible * outputs.mask
