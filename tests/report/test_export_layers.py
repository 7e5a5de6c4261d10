"""Products that are several grids, written for other programs."""

import pytest
import xarray as xr

from shanshui.core.errors import PlanError
from shanshui.report.export import export


def test_all_layers_go_into_one_cube(region, tmp_path):
    path = export(region, ["water_retention"], tmp_path / "w.nc")
    with xr.open_dataset(path, engine="h5netcdf") as cube:
        names = {n for n in cube.data_vars if n != "spatial_ref"}
        assert names == {
            "water_retention_quick_flow",
            "water_retention_balance",
            "water_retention_retained",
        }
        assert cube["water_retention_retained"].attrs["units"] == "mm/yr"


def test_one_layer_is_a_grid_like_any_other(region, tmp_path):
    assert export(region, ["water_retention.retained"], tmp_path / "w.tif").stat().st_size > 1000


def test_several_grids_do_not_fit_into_one_picture(region, tmp_path):
    with pytest.raises(PlanError, match=r"name one of them: water_retention\.quick_flow"):
        export(region, ["water_retention"], tmp_path / "w.tif")


def test_maps_of_accounts_are_drawn(region, tmp_path):
    for name in ("unit_gep", "gep_hot_spots", "protection_importance", "soil_retention.loss"):
        assert export(region, [name], tmp_path / f"{name}.png", "zh").stat().st_size > 5000
