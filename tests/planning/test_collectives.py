"""Each collective is counted once, whole, and as often as it runs."""

import json
import os
import subprocess
import sys

import pytest

from jaxswap.planning import collectives

PROGRAM = """
import json
import jax, jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec as P
from jaxswap.planning import collectives

mesh = Mesh(np.array(jax.devices()), ("d",))
own = jax.ShapeDtypeStruct((8, 64), jnp.float32)
half = jax.ShapeDtypeStruct((8, 24), jnp.bfloat16)

def read(f, *shapes, out=P("d")):
    mapped = jax.shard_map(f, mesh=mesh, in_specs=P("d"), out_specs=out, check_vma=False)
    text = jax.jit(mapped).lower(*shapes).compile().as_text()
    return [(c.kind, c.times, c.size, c.num_bytes) for c in collectives.read(text)]

def looped(x):
    return lax.fori_loop(0, 5, lambda i, y: jnp.sin(lax.psum(y, "d")), x)

def twice(x):
    return lax.fori_loop(0, 3, lambda i, y: looped(y) + 1, x)

print(json.dumps({
    "sum": read(lambda x: lax.psum(x, "d"), own, out=P()),
    "tuple": read(lambda x, y: lax.psum((x, y.astype(jnp.float32)), "d"), own, half, out=P()),
    "gather": read(lambda x: lax.all_gather(x, "d", tiled=True), own, out=P()),
    "scatter": read(lambda x: lax.psum_scatter(x, "d", scatter_dimension=1, tiled=True), own),
    "permute": read(lambda x: lax.ppermute(x, "d", [(0, 1), (1, 0)]), own),
    "swap": read(lambda x: lax.all_to_all(x, "d", 1, 0, tiled=True), own),
    "loop": read(looped, own),
    "loops": read(twice, own),
    "none": read(lambda x: 2 * x, own),
}))
"""


@pytest.fixture(scope="module")
def found():
    """What is read from programs that this JAX compiles for eight devices."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sum", [["all-reduce", 1, 64, 256]]),
        ("tuple", [["all-reduce", 1, 88, 352]]),
        ("gather", [["all-gather", 1, 512, 2048]]),
        ("scatter", [["reduce-scatter", 1, 64, 256]]),
        ("permute", [["collective-permute", 1, 64, 256]]),
        ("swap", [["all-to-all", 1, 64, 256]]),
        ("loop", [["all-reduce", 5, 320, 1280]]),
        ("loops", [["all-reduce", 15, 960, 3840]]),
        ("none", []),
    ],
)
def test_what_jax_compiles_is_read(found, name, expected):
    assert found[name] == expected


# As libtpu writes it, shortened: one gather in three fusions between which it goes on.
ASYNC_FUSIONS = """HloModule jit_step, is_scheduled=true

%started (p: bf16[1,64,16]) -> (bf16[1,64,16], bf16[4,64,16], u32[]) {
  %p = bf16[1,64,16]{1,2,0:T(8,128)(2,1)} parameter(0)
  %ag.1 = bf16[4,64,16]{1,2,0:T(8,128)} all-gather(%p), frontend_attributes={chain_id="3"}
  ROOT %start = (bf16[1,64,16], bf16[4,64,16], u32[]{:S(2)}) custom-call(%ag.1)
}

%between (p.1: bf16[1,64,16]) -> bf16[4,64,16] {
  %p.1 = bf16[1,64,16]{1,2,0} parameter(0)
  ROOT %ag.2 = bf16[4,64,16]{1,2,0} all-gather(%p.1), frontend_attributes={chain_id="3"}
}

ENTRY %main (x: bf16[1,64,16]) -> bf16[4,64,16] {
  %x = bf16[1,64,16]{1,2,0} parameter(0)
  %f = (bf16[1,64,16], bf16[4,64,16], u32[]) fusion(%x), kind=kCustom, calls=%started
  %g = bf16[4,64,16] fusion(%x), kind=kOutput, calls=%between
  ROOT %ag.3 = bf16[4,64,16]{1,2,0} all-gather(%x), channel_id=1, dimensions={0}
}
"""

STARTS = """HloModule starts

%wrapped (p: f32[8,4]) -> f32[2,4] {
  %p = f32[8,4]{1,0} parameter(0)
  ROOT %rs.1 = f32[2,4]{1,0} reduce-scatter(%p), to_apply=%add, metadata={op_name="jit/sum"}
}

%add (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %s = f32[] add(%a, %b)
}

ENTRY %main (x: f32[8,4], y: bf16[4]) -> f32[8,4] {
  %x = f32[8,4]{1,0} parameter(0)
  %y = bf16[4]{0} parameter(1)
  %rs = ((f32[8,4]{1,0}), f32[2,4]{1,0}, u32[]) async-start(%x), calls=%wrapped
  %rs.done = f32[2,4]{1,0} async-done(%rs), calls=%wrapped
  %ar = (f32[8,4]{1,0}, /*index=1*/bf16[4]{0}) all-reduce-start(%x, %y), to_apply=%add
  %ar.done = (f32[8,4]{1,0}, bf16[4]{0}) all-reduce-done(%ar)
  %ag = ((f32[8,4]{1,0}, bf16[4]), (f32[32,4]{1,0}, bf16[16])) all-gather-start(%x, %y)
  %ag.done = (f32[32,4]{1,0}, bf16[16]{0}) all-gather-done(%ag)
  %cp = (f32[8,4]{1,0}, f32[8,4]{1,0}, u32[], u32[]) collective-permute-start(%x)
  ROOT %cp.done = f32[8,4]{1,0} collective-permute-done(%cp)
}
"""


def test_a_chain_of_copies_is_one_collective():
    found = collectives.read(ASYNC_FUSIONS)
    assert [(each.kind, each.size, each.num_bytes) for each in found] == [
        ("all-gather", 4096, 8192)
    ] * 2


def test_starts_count_and_their_ends_do_not():
    found = {each.kind: each for each in collectives.read(STARTS)}
    assert len(collectives.read(STARTS)) == 4
    assert {kind: (each.times, each.num_bytes) for kind, each in found.items()} == {
        "reduce-scatter": (1, 128),
        "all-reduce": (1, 136),
        "all-gather": (1, 544),
        "collective-permute": (1, 128),
    }
    assert found["reduce-scatter"].source == "jit/sum"


def test_other_text_is_refused():
    with pytest.raises(ValueError, match="no HLO module"):
        collectives.read("nothing of the kind")
