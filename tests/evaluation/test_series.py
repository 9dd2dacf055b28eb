"""Columns of frames."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from jaxswap.evaluation import series


def test_rows_go_into_columns_and_what_is_missing_is_nan():
    rows = series.Series(("a", "b"))
    rows.append(a=1, b=True)
    rows.append(b=None)
    rows.append(a=2.5, b=False)
    assert (len(rows), rows.names) == (3, ("a", "b"))
    assert_array_equal(rows["a"], [1, np.nan, 2.5])
    assert_array_equal(rows["b"], [1, np.nan, 0])
    assert rows.mean("a") == 1.75


def test_a_mean_of_nothing_is_none():
    rows = series.Series(("a",))
    assert rows.mean("a") is None
    rows.append()
    assert rows.mean("a") is None


def test_a_column_is_filled_afterwards_and_copied():
    rows = series.Series(("a",))
    rows.append(a=1)
    rows.append(a=2)
    rows["a"][:] = 0
    assert_array_equal(rows["a"], [1, 2])
    rows.fill("a", np.array([3.0, 4.0]))
    assert_array_equal(rows["a"], [3, 4])
    with pytest.raises(ValueError, match="2 rows, not 3"):
        rows.fill("a", [1.0, 2.0, 3.0])


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match=r"no column \['c'\]"):
        series.Series(("a",)).append(c=1)
