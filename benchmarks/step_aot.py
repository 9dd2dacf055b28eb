"""What the training step needs on a TPU slice, compiled ahead of time on a machine that has none.

    pip install "jax[tpu]"
    JAX_PLATFORMS=cpu TPU_SKIP_MDS_QUERY=1 TPU_WORKER_HOSTNAMES=localhost \
        python -m benchmarks step_aot v5e:2x2 v5e:16x16 --preset quick

The compiler is the one that the slice would use: it says how much memory a chip needs, what is sent
between chips, and refuses what would not fit. It says nothing reliable about time.
"""

import dataclasses
import re
import time
from collections import Counter
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import topologies
from jax.sharding import Mesh

from benchmarks import measuring
from jaxswap import config, presets
from jaxswap.training import sharding, state, step

IDENTITIES = 2
COLLECTIVES = (
    r"= .* (all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute)(?:-start)?\("
)


def measure(topology: str, configuration: config.Config) -> dict[str, object]:
    """Compile the step for a slice, with the configuration's batch on each of its chips."""
    found = topologies.get_topology_desc(platform="tpu", topology_name=topology)
    mesh = Mesh(np.array(found.devices), ("data",))
    chips = len(found.devices)
    rows = configuration.train.batch_size * chips
    size = configuration.data.chip_size
    picture = jax.ShapeDtypeStruct(
        (rows, IDENTITIES, size, size, 3), jnp.uint8, sharding=sharding.batched(mesh)
    )
    before = jax.eval_shape(lambda: state.create(configuration, num_identities=IDENTITIES))
    begin = time.perf_counter()
    compiled = (
        step.make_step(configuration, mesh)
        .lower(before, {"image": picture, "regions": picture})
        .compile()
    )
    seconds = time.perf_counter() - begin
    memory = compiled.memory_analysis()
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return {
        "topology": topology,
        "chips": chips,
        "batch": rows,
        "compile_s": round(seconds, 1),
        "state_and_batch_mib": round(held / 2**20, 1),
        "temporary_mib": round(memory.temp_size_in_bytes / 2**20, 1),
        "gflop_per_chip": round(compiled.cost_analysis()["flops"] / 1e9, 2),
        "collectives": dict(Counter(re.findall(COLLECTIVES, compiled.as_text()))),
    }


def main(argv: Sequence[str]) -> None:
    """Compile for each slice, print a table, write JSON."""
    parser = measuring.parser(__doc__, "step_aot", sampled=False)
    parser.add_argument("topologies", nargs="+", help="slices, such as v5e:4x4")
    parser.add_argument("--preset", default="quick", choices=presets.PRESETS)
    parser.add_argument("--batch-size", type=int, help="chips of each identity on each chip")
    parser.add_argument("--dtype", default="bfloat16", choices=("float32", "bfloat16"))
    options = parser.parse_args(argv)
    chosen = presets.PRESETS[options.preset]
    batch_size = options.batch_size or chosen.train.batch_size
    chosen = dataclasses.replace(
        chosen,
        model=dataclasses.replace(chosen.model, dtype=options.dtype),
        train=dataclasses.replace(chosen.train, batch_size=batch_size),
    )
    rows = [measure(topology, chosen) for topology in options.topologies]
    measuring.show(rows)
    measuring.write(options.out, options=options, rows=rows)
