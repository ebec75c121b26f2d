"""Fits to other laws, and of steps: beside a minimiser of SciPy's, and a scan of the size."""

import numpy as np
import pytest
from jumpcheck.breaks import other_laws, smooth_law
from jumpcheck.breaks.pools import Judged
from jumpcheck.breaks.scoring import Rows, maxima
from jumpcheck.breaks.smooth_law import Shares
from jumpcheck.breaks.step_sizes import STEP_SD, steps_fitted
from jumpcheck.theory.attack_worlds import LOG_SCALES, attack_world
from jumpcheck.theory.worlds import world
from scipy.optimize import minimize


def some(n=40, name="power laws", seed=2):
    shares = attack_world(name, n_curves=4 * n, seed=seed).shares
    is_visible = (shares.y.max(axis=1) > 0.3) & (shares.y.min(axis=1) < 0.9)
    return shares.take(np.flatnonzero(is_visible)[:n])


@pytest.mark.parametrize("law", ["_logistic", "_bent"])
def test_slopes_are_those_of_differences(law):
    rng = np.random.default_rng(0)
    u = np.tile(np.linspace(-0.5, 0.5, 12), (30, 1))
    rows = Rows(np.stack([u, 3 * u], axis=1), *[np.zeros((30, 12))] * 6)
    theta = rng.normal(0, 0.4, (30, 4 if law == "_logistic" else 5))
    eta = getattr(other_laws, law)
    _, slopes = eta(theta, rows)
    for k in range(slopes.shape[2]):
        step = np.zeros(theta.shape[1])
        step[k] = 1e-6
        difference = (eta(theta + step, rows)[0] - eta(theta - step, rows)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, :, k], difference, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("law", [0, 1], ids=other_laws.NAMES)
def test_no_other_minimiser_finds_a_likelier_fit(law, monkeypatch):
    """From the parameters that were found, and by a method that knows no derivatives."""
    shares = some(6, "power laws, 10 % logistic over 1 decade")
    kept = []
    monkeypatch.setattr(other_laws, "maxima", lambda *given: kept.append((given, maxima(*given))) or kept[-1][1])
    best, _ = other_laws.best_other_law(shares, np.ones_like(shares.y))
    (eta, _, rows, _), (values, thetas, _) = kept[law]
    assert best.max() >= values[: len(shares)].max() - 1e-9
    for k in range(len(shares)):
        row = rows.take(np.array([k]))

        def minus(theta, row=row):
            at = eta(theta[None, :], row)[0]
            floor = row.chance + theta[-1]
            mean = np.clip(floor + (1 - floor) * np.exp(-np.exp(np.clip(at, -30, 6.5))), 1e-9, 1 - 1e-9)
            likelihood = (row.weight * (row.y * np.log(mean) + (1 - row.y) * np.log1p(-mean))).sum()
            return 0.5 * (row.precision * (theta - row.prior) ** 2).sum() - likelihood

        assert minus(thetas[k]) == pytest.approx(-values[k], rel=1e-9)
        other = minimize(minus, thetas[k], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000})
        assert -other.fun <= values[k] + 1e-3


def test_a_step_is_as_large_as_a_scan_says():
    shares = some(12)
    prior = smooth_law.penalty(shares.chance, np.zeros(len(shares)), np.full(len(shares), 0.5))
    dispersion = np.full(shares.y.shape, 2.0)
    value, size, error = steps_fitted(Judged(shares, prior, dispersion, np.zeros(len(shares))), 11)
    place, sizes = 6, np.linspace(-3, 3, 241)
    after = np.arange(12) > place
    log_posterior = np.array(
        [
            smooth_law.log_posterior(shares, prior, dispersion, smooth_law.fit(shares, prior, dispersion, -s * after))
            - 0.5 * (s / STEP_SD) ** 2
            for s in sizes
        ]
    )
    best = log_posterior.argmax(axis=0)
    inside = (best > 0) & (best < len(sizes) - 1)
    assert inside.sum() > 8
    np.testing.assert_allclose(size[inside, place], sizes[best[inside]], atol=0.03)
    assert (value[:, place] >= log_posterior.max(axis=0) - 1e-6).all()
    curved = -np.array([np.gradient(np.gradient(log_posterior[:, k], sizes), sizes)[b] for k, b in enumerate(best)])
    np.testing.assert_allclose(error[inside, place], curved[inside] ** -0.5, rtol=0.25)


def test_the_law_of_a_curve_is_known_again():
    """A logistic on many examples is likelier as one than as a bent power law; and the other way round."""
    u = LOG_SCALES - LOG_SCALES.mean()
    logistic = 0.8 / (1 + np.exp(-1.5 * u))
    bent = np.exp(-np.exp(1.5 - 0.05 * u - 0.6 * np.maximum(u, 0)))
    y = np.round(np.array([logistic, bent]) * 100_000) / 100_000
    shares = Shares(np.tile(LOG_SCALES, (2, 1)), y, np.full(y.shape, 1e5), np.zeros((2, 1)))
    _, law = other_laws.best_other_law(shares, np.ones_like(y))
    assert law.tolist() == [0, 1]


def test_the_unit_of_the_scale_does_not_matter():
    shares = world(seed=4, n_curves=60).shares
    other = Shares(2 * shares.x + 3, shares.y, shares.n, shares.chance)
    values = [other_laws.best_other_law(one, np.full(shares.y.shape, 3.0))[0] for one in (shares, other)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-7)
