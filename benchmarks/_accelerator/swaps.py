"""Faces that the model swaps in a second, in batches as the conversion calls it.

`swap` is what conversion does: views as bytes go to the device, faces and masks as float32 come
back. `forward` is the model alone, of the largest batch, whose views and faces stay there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from benchmarks import _layers, measuring
from benchmarks._accelerator import peaks, sections, timing
from jaxswap import config
from jaxswap.conversion import swapper
from jaxswap.models import building, topologies


def measure(
    tell: sections.Teller,
    *,
    models: Mapping[str, Mapping[str, Any]],
    batch_sizes: Sequence[int],
    pace: Sequence[float],
) -> None:
    """A section: a row for each model and batch, and the forward pass of the largest batch."""
    kinds = [("swap", size) for size in batch_sizes] + [("forward", max(batch_sizes))]
    tell.plan([_name(name, *kind) for kind in kinds for name in models])
    params: dict[str, topologies.Params] = {}
    for what, batch_size in kinds:
        for name, stored in models.items():
            model = config.from_dict(config.Config, dict(stored)).model
            with tell.attempt(_name(name, what, batch_size)):
                if name not in params:
                    params[name] = _params(model)
                one = swap if what == "swap" else forward
                values = one(model, params[name], batch_size=batch_size, pace=timing.Pace(*pace))
                row = {"preset": name, "what": what, "batch": batch_size, "type": model.dtype}
                tell.row(_name(name, what, batch_size), row | values)


def swap(
    model: config.Model, params: topologies.Params, *, batch_size: int, pace: timing.Pace
) -> dict[str, Any]:
    """The conversion's own calls, one after the other."""
    who = measuring.names(2)[0]
    own = swapper.Swapper(params, model, identities=[who], batch_size=batch_size)
    compiling = measuring.sample(own.warm_up)
    views_u8 = _views_u8(model, batch_size)
    masks_u8 = views_u8[..., :1] if own.needs_masks else None

    def call(number: int) -> None:
        for _ in range(number):
            own.swap(views_u8, identity=who, masks_u8=masks_u8)

    return _values(model, call, compiling.wall_s, batch_size=batch_size, pace=pace)


def forward(
    model: config.Model, params: topologies.Params, *, batch_size: int, pace: timing.Pace
) -> dict[str, Any]:
    """The model alone."""
    net = building.build(model)
    own = jax.device_put(topologies.of_one(params, measuring.names(2)[0]))
    views = jax.device_put(_views_u8(model, batch_size).astype(np.float32) / 255)
    masks = views[..., :1] if net.has_mask_encoder else None
    program = jax.jit(lambda params, views: topologies.swap(net, params, views, masks=masks))
    compiling = measuring.sample(lambda: jax.block_until_ready(program(own, views)))

    def call(number: int) -> None:
        found = None
        for _ in range(number):
            found = program(own, views)
        jax.block_until_ready(found)

    return _values(model, call, compiling.wall_s, batch_size=batch_size, pace=pace)


def _values(
    model: config.Model, call: Any, compile_s: float, *, batch_size: int, pace: timing.Pace
) -> dict[str, Any]:
    seconds = timing.spread(call, pace=pace)
    # A reconstruction of two identities with one decoder each is two swaps.
    macs = sum(layer.macs for layer in _layers.layers(model, batch_size=batch_size)) / 2
    kind = jax.devices()[0].device_kind
    peak = peaks.flops(kind, dtype=model.dtype, matmul=None)
    return {
        "call ms": timing.milliseconds(seconds),
        "faces/s": timing.inverse(seconds, units=batch_size),
        "of the peak": "" if peak is None else 2 * macs / peak / seconds.median,
        "compile s": compile_s,
    }


def _params(model: config.Model) -> topologies.Params:
    names = measuring.names(2)
    return jax.jit(lambda key: building.build(model).init(key, identities=names))(jax.random.key(0))


def _views_u8(model: config.Model, batch_size: int) -> np.ndarray:
    side = model.image_size
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (batch_size, side, side, 3), dtype=np.uint8)


def _name(model: str, what: str, batch_size: int) -> str:
    return f"{model} {what}, batch {batch_size}"
