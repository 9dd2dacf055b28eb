"""The Poisson solver of the conversion, on the device and by OpenCV on this machine's processor.

A call takes regions and faces from the host's memory and puts the result there, as conversion does.
The same call on the CPU says what should come out.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from benchmarks import _faces, measuring
from benchmarks._accelerator import sections, timing
from jaxswap.conversion.blending import poisson, seamless_clone

FRAME = (1920, 1080)
LEVELS = 1.0
"""Most grey levels, of 255, by which the device may differ from the CPU: both stop at a tolerance
of half a level (`poisson.TOLERANCE`)."""


def measure(
    tell: sections.Teller,
    *,
    faces_px: Sequence[int],
    batch_sizes: Sequence[int],
    pace: Sequence[float],
) -> None:
    """A section: a row for each size of face and batch; the first is compared with the CPU."""
    kinds = [(face_px, number) for number in batch_sizes for face_px in faces_px]
    names = [f"face of {face_px} px, {number} in a call" for face_px, number in kinds]
    tell.plan(names)
    frame_u8 = _faces.random_frame_u8(width=FRAME[0], height=FRAME[1])
    for (face_px, number), name in zip(kinds, names, strict=True):
        with tell.attempt(name):
            tasks = [_faces.task(frame_u8, face_px=face_px)] * number
            values = row(tasks, pace=timing.Pace(*pace))
            apart = levels_from_cpu(tasks[:1]) if name == names[0] else ""
            tell.row(name, {"face px": face_px, "faces": number, **values, "levels off": apart})
            if apart != "" and not apart <= LEVELS:
                tell.failed(f"{name}: {apart:.3g} grey levels from the CPU, more than {LEVELS:g}")


def row(tasks: Sequence[poisson.Task], *, pace: timing.Pace) -> dict[str, Any]:
    """Both solvers on the same tasks; OpenCV's, which takes one by one, on a single one alone."""
    number = len(tasks)

    def by(clone: poisson.Clone) -> measuring.Spread:
        def call(times: int) -> None:
            for _ in range(times):
                clone(tasks, gradients="normal")

        return timing.spread(call, pace=pace)

    first = measuring.sample(lambda: poisson.clone(tasks, gradients="normal"))
    ours = by(poisson.clone)
    return {
        "ms a face": _of_each(ours, number),
        "faces/s": timing.inverse(ours, units=number),
        "OpenCV, host, ms a face": _of_each(by(seamless_clone.clone), 1) if number == 1 else "",
        "first call s": first.wall_s,
    }


def levels_from_cpu(tasks: Sequence[poisson.Task]) -> float:
    """The largest difference from what the CPU makes of it, in grey levels of 255."""
    here = poisson.clone(tasks, gradients="normal")
    with jax.default_device(jax.devices("cpu")[0]):
        there = poisson.clone(tasks, gradients="normal")
    return 255 * max(
        float(np.abs(one - other).max()) for one, other in zip(here, there, strict=True)
    )


def _of_each(seconds: measuring.Spread, number: int) -> measuring.Spread:
    return measuring.Spread(*(1e3 * value / number for value in seconds))
