"""Which formulation each kind of layer takes on CPU."""

import pytest

from jaxswap.convolutions import choice, formulations, winograd

FEW_OUTPUTS = formulations.DIRECT._replace(kernel_gradient=formulations.kn2row_kernel_gradient)
TAPS = formulations.DIRECT._replace(kernel_gradient=formulations.taps_kernel_gradient)
STRIDED = formulations.DIRECT._replace(input_gradient=formulations.product_input_gradient)


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "stride", "exact", "fast"),
    [
        ((32, 64, 64, 3), (5, 5, 3, 128), 2, formulations.DIRECT, None),
        ((32, 32, 32, 128), (5, 5, 128, 256), 2, formulations.DIRECT, winograd.WINOGRAD),
        ((32, 16, 16, 256), (5, 5, 256, 512), 2, formulations.PRODUCT, winograd.WINOGRAD),
        ((32, 8, 8, 512), (5, 5, 512, 1024), 2, formulations.PRODUCT, None),
        ((32, 4, 4, 1024), (3, 3, 1024, 2048), 1, formulations.PRODUCT, None),
        ((16, 8, 8, 512), (3, 3, 512, 1024), 1, formulations.PRODUCT, winograd.WINOGRAD),
        ((16, 32, 32, 128), (3, 3, 128, 256), 1, TAPS, winograd.WINOGRAD),
        ((16, 32, 32, 32), (3, 3, 32, 64), 1, formulations.DIRECT, winograd.WINOGRAD),
        ((16, 32, 32, 16), (3, 3, 16, 32), 1, formulations.DIRECT, None),
        ((32, 8, 8, 64), (5, 5, 64, 64), 2, STRIDED, None),
        ((32, 64, 64, 64), (5, 5, 64, 3), 1, FEW_OUTPUTS, None),
        ((32, 64, 64, 16), (5, 5, 16, 3), 1, formulations.BLOCKS, None),
        ((32, 63, 63, 16), (5, 5, 16, 3), 1, formulations.DIRECT, None),
    ],
)
def test_the_rule_of_the_cpu(x_shape, kernel_shape, stride, exact, fast):
    expected = {"exact": exact, "fast": fast or exact}
    for precision, formulation in expected.items():
        chosen = choice.cpu_formulation(x_shape, kernel_shape, stride=stride, precision=precision)
        assert chosen == formulation
