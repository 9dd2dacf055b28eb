"""Levels lie apart on the canvas, and the net sees each as if it were alone."""

import itertools

import cv2
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.vision import mtcnn, mtcnn_nets, mtcnn_weights, pyramid

SIZES = [(288, 384), (301, 203), (97, 410), (720, 1280), (40, 40)]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_levels_halve_the_area_down_to_one_cell(height, width):
    levels = pyramid.layout(height, width, min_face_px=20).levels
    assert levels[0].scale == 12 / 20
    for level, smaller in itertools.pairwise(levels):
        assert smaller.scale / level.scale == pytest.approx(0.709)
    for level in levels:
        assert (level.height, level.width) == (int(height * level.scale), int(width * level.scale))
    assert min(levels[-1].height, levels[-1].width) >= 12
    assert min(height, width) * levels[-1].scale * 0.709 < 12


@pytest.mark.parametrize("min_face_px", [20, 37, 40])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_levels_do_not_overlap_and_tiles_cover_them(height, width, min_face_px):
    found = pyramid.layout(height, width, min_face_px=min_face_px)
    margin = pyramid.TILE - pyramid.STEP
    covered = np.zeros(
        (found.rows * pyramid.STEP + margin, found.columns * pyramid.STEP + margin), int
    )
    for level in found.levels:
        assert level.x % 2 == level.y % 2 == 0
        place = covered[level.y : level.y + level.height, level.x : level.x + level.width]
        assert place.shape == (level.height, level.width)
        place += 1
    assert covered.max() == 1


def test_a_frame_in_which_no_face_fits_has_no_tiles():
    found = pyramid.layout(39, 500, min_face_px=40)
    assert found.levels == ()
    assert found.num_tiles == 0


@pytest.mark.parametrize(("min_face_px", "block"), [(20, 1), (47, 1), (48, 2), (72, 3)])
def test_a_frame_that_is_reduced_once_shows_the_same(min_face_px, block, astronaut_u8):
    frame_u8 = astronaut_u8[:291, 60:393]
    found = pyramid.layout(*frame_u8.shape[:2], min_face_px=min_face_px)
    assert found.block == block
    first = found.levels[0]
    expected = cv2.resize(
        frame_u8.astype(np.float32), (first.width, first.height), interpolation=cv2.INTER_AREA
    )
    tile, _ = next(found.tiles(frame_u8))
    place = tile[first.y : first.y + first.height, first.x : first.x + first.width]
    difference = np.abs(place - expected[: place.shape[0], : place.shape[1]])
    assert difference.mean() < 1.5
    assert difference.max() < 30


@jax.jit
def plain_net(params: dict, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The first net by linen's own layers, on one level alone."""

    def conv(name: str, x: jax.Array) -> jax.Array:
        kernel = params[name]["kernel"]
        layer = nn.Conv(kernel.shape[-1], kernel.shape[:2], padding="VALID", precision="highest")
        return layer.apply({"params": params[name]}, x)

    def prelu(name: str, x: jax.Array) -> jax.Array:
        return jnp.where(x > 0, x, params[name]["alpha"] * x)

    x = prelu("PReLU_0", conv("Conv_0", x))
    x = nn.max_pool(x, (2, 2), strides=(2, 2), padding="SAME")
    x = prelu("PReLU_1", conv("Conv_1", x))
    x = conv("Conv_3", prelu("PReLU_2", conv("Conv_2", x)))
    return x[0, ..., :4], jax.nn.softmax(x[0, ..., 4:])[..., 1]


def test_the_net_sees_each_level_as_if_it_were_alone(astronaut_u8):
    # A level of odd side has its last pooling window over its edge.
    frame_u8 = astronaut_u8[:291, 60:393]
    variables = mtcnn_weights.load("pnet")
    found = pyramid.layout(*frame_u8.shape[:2], min_face_px=20)
    tiles, inside = (np.stack(parts) for parts in zip(*found.tiles(frame_u8), strict=True))
    assert found.rows >= 2
    offsets, scores = (
        found.join(np.asarray(output)) for output in mtcnn.propose(variables, tiles, inside)
    )
    assert [(level.height % 2, level.width % 2) for level in found.levels[:3]] == [
        (0, 1),
        (1, 1),
        (1, 0),
    ]
    for level in found.levels[:3] + found.levels[-1:]:  # each compiles a program of its own
        size = (level.width, level.height)
        image = (frame_u8.astype(np.float32) - 127.5) / 128
        alone = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        expected_offsets, expected_scores = plain_net(variables["params"], alone[None])
        place = (
            slice(level.y // 2, level.y // 2 + level.cells[0]),
            slice(level.x // 2, level.x // 2 + level.cells[1]),
        )
        assert expected_scores.shape == level.cells
        np.testing.assert_allclose(scores[place], expected_scores, atol=5e-4)
        np.testing.assert_allclose(offsets[place], expected_offsets, atol=5e-4)


def test_the_phased_convolution_is_the_plain_one():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 10, 14, 3)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 3, 5)).astype(np.float32)
    variables = {"params": {"kernel": kernel, "bias": np.arange(5, dtype=np.float32)}}
    phased = mtcnn_nets.PhasedConv(5)
    phases = np.asarray(jax.jit(phased.apply)(variables, x))
    plain_conv = nn.Conv(5, (3, 3), padding="VALID", precision="highest")
    plain = np.asarray(jax.jit(plain_conv.apply)(variables, x))
    for phase, (i, j) in enumerate(np.ndindex(2, 2)):
        np.testing.assert_allclose(phases[..., phase, :], plain[:, i::2, j::2], atol=1e-5)
