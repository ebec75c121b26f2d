"""The interval of a share, against statsmodels."""

import numpy as np
import pytest
from jumpcheck.base.database import connect
from jumpcheck.base.tables import build
from statsmodels.stats.proportion import proportion_confint


def interval(share, n):
    with connect() as con:
        build(con, "base/wilson_interval")
        found = con.execute("select wilson_interval(?::double, ?::double)", [share, n]).fetchall()[0][0]
    return found and (found["low"], found["high"])


@pytest.mark.parametrize("n", [1, 2, 7, 100, 12_345])
def test_shares(n):
    for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        # At 0 and 1 the formula of statsmodels is off by a rounding error.
        assert interval(k / n, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("n", [1, 3, 7, 18, 41, 96, 12_345])
def test_the_ends_are_exact(n):
    """0 of n was [-0 %, ...]: rounding had left -1e-17."""
    assert interval(0, n)[0] == 0 and not np.signbit(interval(0, n)[0])
    assert interval(1, n)[1] == 1


@pytest.mark.parametrize("share", [-0.1, 1.0000001, 1.5, 80, np.inf, None])
def test_what_is_no_share_has_no_interval(share):
    assert interval(share, 100) is None


def test_of_an_unknown_number_of_cases():
    assert interval(0.5, None) == (None, None)
