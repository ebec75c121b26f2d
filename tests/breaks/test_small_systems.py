"""Small systems beside NumPy's linear algebra."""

import numpy as np
import pytest
from jumpcheck.breaks.small_systems import inverse_factor, solve, sums_from


def positive_definite(n, k, seed=0):
    root = np.random.default_rng(seed).standard_normal((n, k, k + 2))
    return root @ np.swapaxes(root, 1, 2)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [1, 7])
def test_solve_is_that_of_numpy_and_leaves_its_arguments_alone(n, k):
    matrix = positive_definite(n, k)
    rng = np.random.default_rng(1)
    for right in (rng.standard_normal((n, k)), rng.standard_normal((n, k, 5))):
        before = matrix.copy(), right.copy()
        expected = np.linalg.solve(matrix, right if right.ndim == 3 else right[:, :, None])
        np.testing.assert_allclose(solve(matrix, right), expected.reshape(right.shape), rtol=1e-9)
        np.testing.assert_array_equal(matrix, before[0])
        np.testing.assert_array_equal(right, before[1])


def test_systems_of_very_different_scales_are_solved():
    """As where one prior is known to 1e-6 and another not at all."""
    scale = np.array([1.0, 1e6, 1e-4, 1e3])
    matrix = positive_definite(5, 4) * np.outer(scale, scale)
    x = np.random.default_rng(2).standard_normal((5, 4)) / scale
    right = np.einsum("nij,nj->ni", matrix, x)
    np.testing.assert_allclose(solve(matrix, right), x, rtol=1e-7)


def test_a_singular_system_raises_nothing_and_spoils_no_other():
    matrix = np.stack([np.ones((2, 2)), np.eye(2)])
    found = solve(matrix, np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert not np.isfinite(found[0]).all()
    np.testing.assert_array_equal(found[1], [3.0, 4.0])


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_factor_gives_the_inverse(k):
    matrix = positive_definite(6, k)
    factor = inverse_factor(matrix)
    np.testing.assert_allclose(np.swapaxes(factor, 1, 2) @ factor, np.linalg.inv(matrix), rtol=1e-9)
    np.testing.assert_allclose(factor, np.linalg.inv(np.linalg.cholesky(matrix)), rtol=1e-9, atol=1e-12)


def test_sums_from():
    np.testing.assert_array_equal(sums_from(np.array([[1.0, 2.0, 4.0]])), [[7.0, 6.0, 4.0]])
