"""The filter under the level of days: a structural time-series model with known variances.

A thin wrapper of statsmodels' ``UnobservedComponents``, which has one variance for all
observations where we need one for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andon.errors import MissingExtra

__all__ = ["Ahead", "LevelFilter", "Smoothed", "Variances"]

Floats = npt.NDArray[np.float64]

_LEVEL: Final = 5.0
_DRIFT: Final = 0.02
_EFFECT: Final = 2.0
"""Standard deviations, on the scale of logarithms, of what is believed before anything is seen: of
the level around the median day, of its drift a day, and of a regressor's effect. Wide, but not
without end: the filter for that fails where regressors move slowly, as a season does."""


@dataclass(frozen=True, slots=True)
class Variances:
    """How restless a level is.

    Attributes
    ----------
    wander : float
        Standard deviation of the level's daily step for good, on the scale of logarithms.
    swing : float
        Standard deviation of what is added to it and returns to 0.
    memory : float
        How much of the swing is left after a day, 0 up to 1.
    """

    wander: float
    swing: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Smoothed:
    """What all days together say of each.

    Attributes
    ----------
    level : array of float, shape (days,)
        Level and swing, without regressors.
    effects : array of float, shape (regressors,)
    signal : array of float, shape (days,)
        Level and regressors: what is expected of each day.
    variance : array of float, shape (days,)
        Of ``signal``.
    """

    level: Floats
    effects: Floats
    signal: Floats
    variance: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ahead:
    """The state on the day after the last, and how it goes on.

    Attributes
    ----------
    mean : array of float, shape (states,)
    root : array of float, shape (states, states)
        Times standard normal numbers it gives the state's doubt.
    step : array of float, shape (states, states)
    shocks : array of float, shape (states,)
        Standard deviation of what is added to each state a day.
    load : array of float, shape (states,)
        What of the state makes the level; 0 for regressors, which are the last of the states.
    """

    mean: Floats
    root: Floats
    step: Floats
    shocks: Floats
    load: Floats


class LevelFilter:
    """Level, drift, swing and regressors behind a series with gaps.

    Parameters
    ----------
    log : array of float, shape (days,)
        NaN where a day was not seen.
    x : array of float, shape (days, regressors)
        Their effects are part of the state, so that their doubt is carried on.
    drift : bool
        Whether the level follows a straight line.
    swinging : bool
        Whether there is a swing that returns to 0.

    Raises
    ------
    MissingExtra
        If statsmodels is not installed.
    """

    def __init__(self, log: Floats, x: Floats, *, drift: bool, swinging: bool) -> None:
        try:
            from statsmodels.tsa.statespace.structural import (  # noqa: PLC0415
                UnobservedComponents,
            )
        except ImportError as missing:
            raise MissingExtra.named("plan", needs="statsmodels", purpose="A forecast") from missing
        self._swinging = swinging
        self._drifting = drift
        self._regressors = x.shape[1]
        self._model: Any = UnobservedComponents(
            log,
            level="lldtrend" if drift else "llevel",
            autoregressive=1 if swinging else None,
            exog=x if x.shape[1] else None,
            mle_regression=False,
        )
        seen = log[np.isfinite(log)]
        first = [_LEVEL, *([_DRIFT] if drift else []), *([0.0] if swinging else [])]
        self._start = np.zeros(len(first) + x.shape[1])
        self._start[0] = float(np.median(seen)) if len(seen) else 0.0
        self._prior = np.array([*first, *([_EFFECT] * x.shape[1])]) ** 2
        self._swing_at = len(first) - 1

    def log_likelihood(self, point: Variances, observed: Floats) -> float:
        """Of the days, each predicted from those before it.

        Parameters
        ----------
        point : Variances
        observed : array of float, shape (days,)
            Variance of each day around the level.
        """
        return float(self._set(point, observed).loglike())

    def smoothed(self, point: Variances, observed: Floats) -> Smoothed:
        """What all days together say of each."""
        found = self._set(point, observed).smooth()
        state, cov, design = found.smoothed_state, found.smoothed_state_cov, self._design()
        signal = np.einsum("kt,kt->t", design, state)
        effects = state[len(state) - self._regressors :, -1]
        regressed = np.einsum("kt,k->t", design[len(state) - self._regressors :], effects)
        return Smoothed(
            level=signal - regressed,
            effects=effects,
            signal=signal,
            variance=np.maximum(np.einsum("kt,klt,lt->t", design, cov, design), 0.0),
        )

    def predicted(self, point: Variances, observed: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of each day's signal from the days before it that were seen."""
        found = self._set(point, observed).filter()
        design = self._design()
        days = design.shape[1]
        state, cov = found.predicted_state[:, :days], found.predicted_state_cov[:, :, :days]
        mean = np.einsum("kt,kt->t", design, state)
        return mean, np.maximum(np.einsum("kt,klt,lt->t", design, cov, design), 0.0)

    def ahead(self, point: Variances, observed: Floats, *, damping: float = 1.0) -> Ahead:
        """The state on the day after the last; ``damping`` is left of a drift after each day."""
        space = self._set(point, observed)
        found = space.filter()
        cov = found.predicted_state_cov[:, :, -1]
        values, vectors = np.linalg.eigh((cov + cov.T) / 2)
        selection = space["selection"]
        load = np.array(self._design()[:, 0])
        load[len(load) - self._regressors :] = 0.0
        step = np.array(space["transition"])
        if self._drifting:
            step[1, 1] = damping
        return Ahead(
            mean=found.predicted_state[:, -1],
            root=vectors * np.sqrt(np.maximum(values, 0.0)),
            step=step,
            shocks=selection @ np.sqrt(np.diag(space["state_cov"])),
            load=load,
        )

    def _design(self) -> Floats:
        design = self._model.ssm["design"][0]
        days = self._model.nobs
        return np.asarray(
            np.broadcast_to(design, (len(design), days))
            if design.ndim == 2
            else np.repeat(design[:, None], days, axis=1),
            dtype=np.float64,
        )

    def _set(self, point: Variances, observed: Floats) -> Any:
        params = [1.0, point.wander**2]
        if self._swinging:
            params += [point.swing**2 * (1 - point.memory**2), point.memory]
        self._model.update(np.array(params), transformed=True)
        prior = self._prior.copy()
        if self._swinging:
            prior[self._swing_at] = point.swing**2
        self._model.ssm.initialize_known(self._start, np.diag(prior))
        # A copy: the next update writes into what it was given.
        self._model.ssm["obs_cov"] = np.array(observed, dtype=np.float64)[None, None, :]
        return self._model.ssm
