"""How strong erosion is now, by the national standard, and how fragile that makes the ground."""

from typing import Annotated

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Mask, SoilLoss
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT, MISSING
from shanshui.region.grid import like


@assessment(source="sl190", halo=0, bytes_per_cell=4)
def erosion_class(
    soil_loss: SoilLoss,
    region_mask: Mask,
    *,
    tolerated: Annotated[float, Between(1.0, 20.0)] = 5.0,
) -> Codes:
    """Strength of erosion by the national standard.

    Parameters
    ----------
    soil_loss : (y, x) [t/ha/yr]
        Actual loss.
    region_mask : (y, x) [1]
        1 inside.
    tolerated : float [t/ha/yr]
        Loss that soil makes good: 2 on northern rock, 5 on southwestern rock, 10 on loess.

    Returns
    -------
    (y, x) [1]
        1 micro (below what is tolerated), 2 light (to 25 t/ha), 3 moderate (50), 4 strong (80), 5 very strong (150), 6 extreme; 0 outside or missing.

    Notes
    -----
    class = 1 + |limits <= A|, with limits T, 25, 50, 80, 150 of the loss A [t/ha/yr] and T the loss tolerated; a loss of exactly a limit belongs
    to the class above. SL 190-2007 [S2].
    """
    edges = np.array([tolerated, 25.0, 50.0, 80.0, 150.0])
    values = soil_loss.values
    code = np.digitize(values, edges) + 1
    known = np.isfinite(values) & (region_mask.values == 1)
    return like(soil_loss, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


@assessment(source="mnr2020", halo=0, bytes_per_cell=4)
def erosion_fragility(erosion_class: Codes) -> Codes:
    """Fragility by the erosion that is there: strong and above is extreme, moderate is fragile.

    Parameters
    ----------
    erosion_class : (y, x) [1]
        1 micro to 6 extreme; 0 missing.

    Returns
    -------
    (y, x) [1]
        1 extremely fragile, 3 fragile, 5 general, 0 missing.

    Notes
    -----
    1 where class >= 4, 3 where class = 3, else 5: the guide of 2020 calls strong erosion extremely fragile, moderate fragile [M].
    """
    code = erosion_class.values
    out = np.where(code >= 4, EXTREME, np.where(code == 3, IMPORTANT, GENERAL))
    return like(
        erosion_class, np.where(code == 0, MISSING, out).astype(np.uint8), "1", nodata=MISSING
    )
