"""What a step may send, and what is said of the rest."""

import dataclasses

import pytest

from jaxswap.planning import collectives, expectations

WHOLE = expectations.Parameters(size=100_000, split_size=0, fsdp=1, num_devices=8)
SPLIT = expectations.Parameters(size=100_000, split_size=80_000, fsdp=4, num_devices=8)


def sent(kind, size, *, times=1):
    return collectives.Collective(
        kind=kind, arrays=(collectives.Array("f32", size),), times=times, source="jit(step)/conv"
    )


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        (dataclasses.replace(WHOLE, num_devices=1), []),
        (WHOLE, [sent("all-reduce", 60_000), sent("all-reduce", 40_000), sent("all-reduce", 9)]),
        (
            SPLIT,
            [
                sent("all-gather", 80_000),
                sent("all-gather", 80_000),
                sent("reduce-scatter", 80_000),
                sent("all-reduce", 40_009),
                sent("collective-permute", 800),  # libtpu shifts the parts of a padded scatter
            ],
        ),
        (SPLIT, [sent("all-reduce", 120_000)]),  # the scatter as a whole sum
    ],
)
def test_gradients_and_split_parameters_may_travel(parameters, found):
    assert expectations.unexpected(found, parameters) == []


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        (WHOLE, sent("all-reduce", 2_000)),
        (WHOLE, sent("all-reduce", 1, times=2_000)),
        (WHOLE, sent("all-gather", 1)),
        (WHOLE, sent("all-to-all", 1)),
        (WHOLE, sent("collective-permute", 1)),
        (SPLIT, sent("all-gather", 200_000)),
        (SPLIT, sent("reduce-scatter", 80_001)),
        (SPLIT, sent("all-reduce", 25_000)),
        (SPLIT, sent("collective-permute", 801)),
        (SPLIT, sent("all-to-all", 1)),
    ],
)
def test_anything_else_is_named_with_where_it_comes_from(parameters, wrong):
    (said,) = expectations.unexpected([sent("all-reduce", 100_000), wrong], parameters)
    assert said.startswith(f"{wrong.kind}: ")
    assert "jit(step)/conv" in said


def test_gradients_that_are_not_summed_are_missed():
    (said,) = expectations.unexpected([sent("all-reduce", 99_000)], WHOLE)
    assert "100,000 parameters should be summed, but only 99,000" in said
