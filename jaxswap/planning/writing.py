"""A plan as JSON values, and as lines of text."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from jaxswap.planning import fitting, plan, program

FORMAT = 1


def to_dict(made: plan.Plan) -> dict[str, Any]:
    """A plan as plain JSON values; all sizes in bytes, all of one device."""
    chip, step = made.where.chip, made.step
    return {
        "format": FORMAT,
        "preset": made.preset,
        "topology": str(made.where),
        "devices": made.where.size,
        "hosts": made.num_hosts,
        "fsdp": made.fsdp,
        "dtype": made.dtype,
        "identities": len(program.IDENTITIES),
        "batch_per_device": made.batch_per_device,
        "batch_size": made.batch_per_device * made.where.size,
        "memory": dataclasses.asdict(step.memory)
        | {"total": step.memory.total, "capacity": chip.hbm_bytes if chip else None},
        "flops": step.flops,
        "bytes_accessed": step.bytes_accessed,
        "least_bytes": step.least_bytes,
        "flops_per_byte": list(made.intensity),
        "ridge_flops_per_byte": chip.ridge if chip else None,
        "collectives": _collectives(step),
        "unexpected": list(step.unexpected),
        "largest_batch": dataclasses.asdict(made.fit) if made.fit else None,
        "input": _input(made),
    }


def lines(made: plan.Plan) -> Iterator[str]:
    """The same for people."""
    found = to_dict(made)
    yield (
        f"{made.preset} on {made.where}: {found['devices']} devices on {made.num_hosts} host(s), "
        f"fsdp {made.fsdp}, {made.dtype}"
    )
    yield (
        f"batch {found['batch_size']} (--train.batch-size), {made.batch_per_device} of each of "
        f"{len(program.IDENTITIES)} identities on each device"
    )
    yield ""
    yield "memory of each device, MiB"
    for name, size in found["memory"].items():
        if size is not None:
            yield f"  {name:<14}{size / 2**20:>12,.1f}"
    yield ""
    yield "work of each device in a step"
    least, most = made.intensity
    yield f"  operations  {made.step.flops / 1e9:,.1f} GFLOP"
    yield (
        f"  bytes       {made.step.least_bytes / 1e9:,.1f} GB at least, "
        f"{made.step.bytes_accessed / 1e9:,.1f} GB as the compiler counts them"
    )
    yield f"  intensity   {least:,.0f} to {most:,.0f} FLOP a byte{_bound(made)}"
    yield ""
    yield "collectives in a step"
    for row in found["collectives"]:
        yield f"  {row['kind']:<20}{row['count']:>5}{row['bytes'] / 2**20:>12,.2f} MiB"
    yield from made.step.unexpected or ("  none that should not be there",)
    if made.where.chip is not None:
        yield ""
        yield f"largest batch on each device: {_fit(made.fit)}"
        yield ""
        yield "input, if the step ran at a share of the chip's peak, images/s"
        for row in found["input"]:
            yield (
                f"  {row['share_of_peak']:>4.0%}  {row['images_per_s_per_device']:>10,.0f} a device"
                f"{row['images_per_s_per_host']:>12,.0f} a host"
            )


def _bound(made: plan.Plan) -> str:
    chip = made.where.chip
    if chip is None:
        return ""
    least, most = made.intensity
    if least > chip.ridge:
        side = "its peak bounds the step"
    elif most < chip.ridge:
        side = "its memory bounds the step"
    else:
        side = "whether peak or memory bounds the step, only the chip can tell"
    return f"; the chip's ridge is {chip.ridge:,.0f}: {side}"


def _fit(fit: fitting.Fit | None) -> str:
    if fit is None:
        return "not looked for (--largest-batch)"
    refused = f", {fit.refused} is refused" if fit.refused else ""
    return f"{fit.largest} fits{refused} ({fit.compiles} more compiles)"


def _collectives(step: program.Program) -> list[dict[str, Any]]:
    counts: dict[str, int] = defaultdict(int)
    sizes: dict[str, int] = defaultdict(int)
    for each in step.sent:
        counts[each.kind] += each.times
        sizes[each.kind] += each.num_bytes
    return [{"kind": kind, "count": counts[kind], "bytes": sizes[kind]} for kind in sorted(counts)]


def _input(made: plan.Plan) -> list[dict[str, float]]:
    if made.where.chip is None:
        return []
    return [
        {
            "share_of_peak": share,
            "images_per_s_per_device": made.images_per_s(share),
            "images_per_s_per_host": made.images_per_s(share) * made.devices_per_host,
        }
        for share in plan.SHARES
    ]
