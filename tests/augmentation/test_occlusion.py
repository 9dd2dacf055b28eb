import jax
import jax.numpy as jnp
import numpy as np

from jaxswap.augmentation import occlusion, warp


def drawn(count, *, share=1.0):
    draws = jax.random.uniform(jax.random.key(0), (count, occlusion.DRAWS))
    return occlusion.occluder(draws, share=share)


def one_finger(*, tip, direction, radius):
    tips = jnp.full((1, occlusion.FINGERS), 1e3 + 0j, jnp.complex64).at[0, 0].set(tip)
    return drawn(1)._replace(
        tips=tips,
        direction=jnp.asarray([direction], jnp.complex64),
        radius=jnp.asarray([radius], jnp.float32),
        side_shade=jnp.asarray([0.5], jnp.float32),
    )


def at(*points):
    return jnp.asarray(points, jnp.complex64).reshape(1, 1, -1)


def test_as_many_are_there_as_are_asked_for():
    assert not drawn(500, share=0.0).present.any()
    assert drawn(500, share=1.0).present.all()
    assert 0.25 < float(drawn(2000, share=0.3).present.mean()) < 0.35


def test_a_finger_is_a_ray_with_a_round_end():
    finger = one_finger(tip=0.1j, direction=1j, radius=0.05)
    points = at(0.4j, 0.049 + 0.4j, 0.051 + 0.4j, 0.1j, 0.06j, 0.049j, 0.036 + 0.064j)
    covered, _ = occlusion.cover(finger, points, edge=1e-4)
    np.testing.assert_array_equal(covered[0, 0], [1, 1, 0, 1, 1, 0, 0])


def test_its_sides_are_darker_than_its_middle():
    finger = one_finger(tip=0j, direction=1j, radius=0.1)
    _, light = occlusion.cover(finger, at(0.3j, 0.05 + 0.3j, 0.1 + 0.3j), edge=1e-4)
    np.testing.assert_allclose(light[0, 0], [1, 1 - 0.5 * 0.25, 0.5], atol=1e-5)


def test_one_that_is_absent_covers_nothing():
    absent = one_finger(tip=0j, direction=1j, radius=0.1)._replace(present=jnp.asarray([False]))
    covered, _ = occlusion.cover(absent, at(0.3j), edge=1e-4)
    assert float(covered.max()) == 0


def test_they_reach_the_face_and_leave_most_of_it():
    points = jnp.asarray(warp.sample_points(warp.regular_grid(0.625), size=32))
    covered, _ = occlusion.cover(drawn(500), jnp.broadcast_to(points, (500, 32, 32)), edge=0.01)
    share = np.asarray(covered.mean(axis=(1, 2)))
    assert 0.1 < share.mean() < 0.4
    assert (share > 0.01).mean() > 0.9
    assert (share < 0.9).mean() > 0.95


def test_paint_takes_the_skins_colour_or_its_own():
    images = jnp.zeros((2, 1, 1, 3))
    skin, color = jnp.full((2, 3), 0.5), jnp.full((2, 3), 0.2)
    one = drawn(2)._replace(
        is_skin=jnp.asarray([True, False]), color=color, light=jnp.asarray([1.2, 1.2])
    )
    whole = jnp.ones((2, 1, 1))
    painted = occlusion.paint(images, one, whole, whole, skin=skin)
    np.testing.assert_allclose(painted[:, 0, 0, 0], [0.6, 0.2], atol=1e-6)
    half = occlusion.paint(images, one, whole / 2, whole, skin=skin)
    np.testing.assert_allclose(half[:, 0, 0, 0], [0.3, 0.1], atol=1e-6)
