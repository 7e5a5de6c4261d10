"""The way of water down the slope to the stream, shared by sediment and nutrients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.flood import priority_flood
from shanshui.kernels.multiflow import (
    accumulated,
    flow_order,
    shared_directions,
    streams,
    way_to_stream,
)
from shanshui.kernels.rim_slope import slope_percent
from shanshui.kernels.singleflow import resistance_down, single_directions, streams_above

ROUTINGS = ("mfd", "d8")
"""Water shared among all lower neighbours, or sent down the steepest way alone."""

SLOPE_LOW, SLOPE_HIGH = 0.005, 1.0
"""Least and greatest slope that counts in the index of connectivity, after Cavalli et al. 2013 [S]."""


@dataclass(frozen=True)
class Hillslope:
    """Routes of one surface; arrays are flat except where named (y, x).

    Attributes
    ----------
    cell : float [m]
        Side of a cell.
    valid : (y, x) array
        Where all inputs are present.
    slope : (y, x) array [%]
        Steepness of the filled surface.
    code : (y, x) array
        Shares of the eight neighbours.
    order : array
        Cells from the divides down.
    above : array [cell]
        Cells above each cell, itself included.
    stream : (y, x) array
        1 stream, 0 land that drains, 255 elsewhere.
    routing : str
        One of ``ROUTINGS``.
    """

    cell: float
    valid: NDArray[np.bool_]
    slope: NDArray[np.float32]
    code: NDArray[np.uint32]
    order: NDArray[np.signedinteger]
    above: NDArray[np.float64]
    stream: NDArray[np.uint8]
    routing: str

    def mean_above(self, weight: NDArray[np.float32]) -> NDArray[np.float64]:
        """Mean of a quantity over each cell and all above it."""
        total = np.empty(weight.size)
        accumulated(self.order, self.code, weight.ravel(), total)
        total /= self.above
        return total

    def way_down(self, resistance: NDArray[np.float32]) -> NDArray[np.float64]:
        """Resistance summed down to the stream."""
        out = np.empty(resistance.size)
        if self.routing == "d8":
            return resistance_down(self.order, self.code, self.stream, resistance.ravel(), out)
        way_to_stream(self.order, self.code, self.stream, resistance.ravel(), out)
        return out

    def steps_down(self) -> NDArray[np.float64]:
        """Length of the way to the stream in cells."""
        out = np.empty(self.above.size)
        way_to_stream(self.order, self.code, self.stream, np.ones(1, np.float32), out)
        return out

    def gradient(self) -> NDArray[np.float32]:
        """Slope within the limits of the index of connectivity."""
        return np.clip(self.slope / np.float32(100), np.float32(SLOPE_LOW), np.float32(SLOPE_HIGH))


def without_stream(way: Hillslope, threshold: float, layers: tuple[str, ...]) -> dict[str, str]:
    """Why layers that need a stream below are missing: what stands beside those of a ground that reaches none."""
    most = float(way.above[way.valid.ravel()].max(initial=0.0))
    why = f"no cell reaches the threshold of {threshold:g} cells"
    if not (way.stream == 1).any():
        why += f"; the most that drain through one are {most:g}"
    return dict.fromkeys(layers, why)


def hillslope(
    height: NDArray[np.float32],
    valid: NDArray[np.bool_],
    cell: float,
    threshold: float,
    bridge: float = 1.0,
    drainage: NDArray[np.integer] | None = None,
    routing: str = "mfd",
) -> Hillslope:
    """Route water over a surface.

    Parameters
    ----------
    height : (y, x) array [m]
        Ground.
    valid : (y, x) array
        Cells to route over.
    cell : float [m]
        Side of a cell.
    threshold : float [cell]
        Cells above a cell from which it is a stream.
    bridge : float [1]
        Share of the threshold that a gap in a stream must hold to be bridged; 1 bridges none.
    drainage : (y, x) array, optional
        1 where ditches or pipes take water to the stream at once.
    routing : str
        One of ``ROUTINGS``. Under ``d8`` a stream is where more than ``threshold`` cells drain through, and no gap is bridged.

    Returns
    -------
    Hillslope
        Ready to carry.
    """
    filled = priority_flood(
        np.where(valid, height, np.float32(np.nan)).astype(np.float32, copy=False)
    )
    slope = slope_percent(filled, cell)
    code = single_directions(filled) if routing == "d8" else shared_directions(filled)
    order = flow_order(code)
    above = np.empty(code.size)
    accumulated(order, code, np.ones(1), above)
    area = above.reshape(code.shape)
    stream = (
        streams_above(code, area, float(threshold))
        if routing == "d8"
        else streams(code, area, float(threshold), float(threshold) * bridge)
    )
    if drainage is not None:
        stream[(drainage == 1) & (stream != 255)] = 1
    return Hillslope(cell, valid, slope, code, order, above, stream, routing)
