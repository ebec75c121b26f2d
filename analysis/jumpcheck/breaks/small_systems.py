"""Linear algebra of many small systems, whose digits do not depend on the processor.

NumPy hands `@`, `np.linalg` and `np.matvec` to a library (OpenBLAS) that chooses its code by the processor: with AVX-512 it
adds in another order than without, and the last digits differ. A fit amplifies such differences, and a verdict must not
depend on the machine. What stands here adds in one order on every machine, and so does `np.einsum`, which calls no such
library. Modules of this room use these in place of `@` and `np.linalg`; a test checks that they do.
"""

from __future__ import annotations

import numpy as np


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """X of matrix x = right, for many symmetric matrices at once, by elimination without exchange of rows.

    It is exact to rounding where the matrices are positive definite. Where one is not, the result may be anything, infinity
    and NaN included, and no error is raised: the caller must try whether the step that it gives is an improvement.

    Parameters
    ----------
    matrix : array, shape (n, k, k)
        Symmetric, k from 1 to about 5.
    right : array, shape (n, k) or (n, k, m)
        One right side, or m of them, for every matrix.

    Returns
    -------
    array
        Of the shape of `right`.

    Examples
    --------
    >>> solve(np.array([[[4.0, 2.0], [2.0, 3.0]]]), np.array([[2.0, 5.0]]))
    array([[-0.5,  2. ]])

    """
    k = matrix.shape[-1]
    # Unknowns first, so that every operation runs over all systems at once. Copies, which the elimination overwrites.
    a = np.array(np.moveaxis(matrix, 0, -1), order="C")
    x = np.array(np.moveaxis(right, 0, -1), order="C")
    with np.errstate(all="ignore"):
        for i in range(k):
            for j in range(i + 1, k):
                factor = a[j, i] / a[i, i]
                a[j, i + 1 :] -= factor * a[i, i + 1 :]
                x[j] -= factor * x[i]
        for i in reversed(range(k)):
            for j in range(i + 1, k):
                x[i] -= a[i, j] * x[j]
            x[i] /= a[i, i]
    return np.ascontiguousarray(np.moveaxis(x, -1, 0))


def inverse_factor(matrix: np.ndarray) -> np.ndarray:
    """The inverse F of the lower Cholesky factor: F' F is the inverse of the matrix.

    Rows of standard normal numbers, times F, have the inverse of the matrix as their covariance.

    Parameters
    ----------
    matrix : array, shape (n, k, k)
        Symmetric and positive definite.

    Examples
    --------
    >>> inverse_factor(np.array([[[4.0, 2.0], [2.0, 26.0]]]))
    array([[[ 0.5,  0. ],
            [-0.1,  0.2]]])

    """
    k = matrix.shape[-1]
    lower = np.zeros((k, k, len(matrix)))
    inverse = np.zeros_like(lower)
    for i in range(k):
        for j in range(i):
            lower[i, j] = (matrix[:, i, j] - (lower[i, :j] * lower[j, :j]).sum(axis=0)) / lower[j, j]
        lower[i, i] = np.sqrt(matrix[:, i, i] - (lower[i, :i] ** 2).sum(axis=0))
        inverse[i, i] = 1 / lower[i, i]
        for j in range(i):
            inverse[i, j] = -(lower[i, j:i] * inverse[j:i, j]).sum(axis=0) / lower[i, i]
    return np.ascontiguousarray(np.moveaxis(inverse, -1, 0))


def sums_from(values: np.ndarray) -> np.ndarray:
    """Sums over the scales from every one on, along the second axis: element i is values_i + values_(i+1) + ... ."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
