"""A generated corpus of rasters: each is read to the true grid, or refused in one line; damaged ones never end otherwise."""

import itertools
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from rasterio.shutil import copy
from tests.collect.bring import SPEC, brought, look, why
from tests.worlds import grid_spec

from shanshui.core.errors import ShanshuiError

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
FORMATS = (
    "GTiff",
    "COG",
    "VRT",
    "ENVI",
    "HFA",
    "EHdr",
    "AAIGrid",
    "SAGA",
    "netcdf3",
    "netcdf4",
    "zarr",
    "tiles",
)
WAYS = ("none", "tag", "declared", "nan", "inner mask", "side-car mask")


@dataclass
class Case:
    """One raster and what it is."""

    seed: int
    format: str
    dtype: str
    way: str
    declared: dict = field(default_factory=dict)
    flip: tuple[int, int] = (1, 1)


def drawn(seed):
    rng = np.random.default_rng(seed)
    case = Case(seed, str(rng.choice(FORMATS)), str(rng.choice(TYPES)), str(rng.choice(WAYS)))
    if case.format == "netcdf3" and case.dtype.startswith("u"):
        case.dtype = "int32"  # classic files know no such type
    if case.format == "EHdr":
        # it keeps no doubles, and its header rounds marks of 32 bits
        case.dtype = {"float64": "float32", "uint32": "uint16"}.get(case.dtype, case.dtype)
    if case.format in ("SAGA", "EHdr", "HFA", "ENVI", "COG") and case.dtype == "int8":
        case.dtype = "int16"
    if case.way == "nan" and not case.dtype.startswith("float"):
        case.way = "tag"
    if "mask" in case.way and case.format not in ("GTiff", "COG", "tiles", "VRT"):
        case.way = "tag"
    if case.format in ("GTiff", "tiles"):
        case.flip = tuple(rng.choice([1, -1], 2))
    return case, rng


def made(folder, case, rng):
    """Write the raster; its files, what is declared of it, and the true grid."""
    info = np.iinfo(case.dtype) if case.dtype[0] in "iu" else None
    low, high = (1, min(int(info.max) - 3, 3000)) if info else (1, 3000)
    # a coherent ramp with noise, so that no value stands apart
    ramp = np.linspace(low, high, 600).reshape(20, 30)
    true = ramp + rng.normal(0, 1, ramp.shape)
    true = np.clip(np.rint(true) if info else np.round(true, 2), low, high).astype(case.dtype)
    gone = rng.random(true.shape) < rng.choice([0.01, 0.2, 0.6])
    gone[rng.integers(20)] = True
    mark = float(
        {"u": info.max if info else 0, "i": info.min if info else 0}.get(
            np.dtype(case.dtype).kind, -9999
        )
    )
    stored, nodata, declared = true.copy(), None, {"crs": "EPSG:6933"}
    if case.way == "none":
        gone[:] = False
    elif case.way == "nan":
        stored[gone] = np.nan
    elif "mask" in case.way:
        stored[gone] = low
    else:
        stored[gone] = mark
        if case.way == "tag":
            nodata = mark
        else:
            declared["nodata"] = mark
    answer = np.where(gone, np.nan, true.astype(np.float64)).astype(np.float32)
    return written(folder, case, stored, nodata, gone), declared, answer


def written(folder, case, stored, nodata, gone):
    if case.format.startswith("netcdf") or case.format == "zarr":
        attrs = {} if nodata is None else {"missing_value": np.array(nodata).astype(case.dtype)}
        cube = xr.Dataset({"z": (("y", "x"), stored, attrs)}, coords={"y": SPEC.y(), "x": SPEC.x()})
        coding = {"z": {"_FillValue": None}}
        path = folder / ("a.zarr" if case.format == "zarr" else "a.nc")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if case.format == "zarr":
                cube.to_zarr(path, consolidated=False, encoding=coding)
            else:
                cube.to_netcdf(
                    path,
                    engine="scipy" if case.format == "netcdf3" else "h5netcdf",
                    encoding=coding,
                )
        return [path]
    plain = tiff(folder / "plain.tif", case, stored, nodata, gone, 0, 30)
    if case.format == "GTiff":
        return [plain]
    if case.format == "tiles":
        cuts = [0, 11, 19, 30]
        return [
            tiff(folder / f"t{c0}.tif", case, stored, nodata, gone, c0, c1)
            for c0, c1 in itertools.pairwise(cuts)
        ]
    suffix = {"COG": ".tif", "VRT": ".vrt", "AAIGrid": ".asc", "EHdr": ".bil", "SAGA": ".sdat"}.get(
        case.format, ".img"
    )
    path = folder / f"a{suffix}"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=case.way == "inner mask"):
        copy(plain, path, driver=case.format)
    return [path]


def tiff(path, case, stored, nodata, gone, c0, c1):
    up, west = case.flip
    part, hidden = stored[::up, c0:c1][:, ::west], gone[::up, c0:c1][:, ::west]
    transform = Affine(
        100 * west, 0, 100 * (c0 if west > 0 else c1), 0, -100 * up, 2000 if up > 0 else 0
    )
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=case.way == "inner mask"), rasterio.open(
        path, "w", driver="GTiff", height=20, width=c1 - c0, count=1, dtype=case.dtype, crs="EPSG:6933", transform=transform, nodata=nodata
    ) as file:  # fmt: skip
        file.write(part, 1)
        if "mask" in case.way:
            file.write_mask(np.where(hidden, 0, 255).astype(np.uint8))
    return path


@pytest.mark.parametrize("seed", range(120))
def test_each_is_the_true_grid_on_its_own_cells_and_on_larger_ones(tmp_path, seed):
    case, rng = drawn(seed)
    paths, declared, answer = made(tmp_path, case, rng)
    out = brought(paths, **declared)
    np.testing.assert_allclose(out, answer, rtol=1e-6, err_msg=str(case))
    np.testing.assert_array_equal(why(paths, **declared) > 0, np.isnan(answer), err_msg=str(case))
    assert not look(paths, **declared).problems, case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of means of nothing
        mean = np.nanmean(answer.astype(np.float64).reshape(4, 5, 6, 5), axis=(1, 3))
    coarse = brought(paths, grid=grid_spec(4, 6, 500.0), **declared)
    np.testing.assert_allclose(coarse, mean, rtol=1e-5, err_msg=str(case))


def answered(paths, **declared):
    """Read as a run does, and look as a check does: a refusal of either is one line that names the input."""
    for use in (brought, why):
        try:
            use(paths, **declared)
        except ShanshuiError as error:
            said = str(error)
            assert said.startswith("elevation"), said
            assert "\n" not in said
            assert len(said) < 1200
    for said in look(paths, **declared).problems:
        assert "\n" not in said


@pytest.mark.parametrize("seed", range(60))
def test_damaged_files_are_refused_in_one_line(tmp_path, seed):
    rng = np.random.default_rng(1000 + seed)
    case, own = drawn(seed)
    if case.format in ("zarr", "VRT"):
        case.format = "GTiff"
    paths, declared, _ = made(tmp_path, case, own)
    raw = bytearray(paths[0].read_bytes())
    for _ in range(4):
        spoilt = bytearray(raw)
        kind = rng.integers(4)
        if kind == 0:
            spoilt = spoilt[: rng.integers(len(spoilt))]
        elif kind == 1:
            for at in rng.integers(0, min(len(spoilt), 600), 8):
                spoilt[at] = rng.integers(256)
        elif kind == 2:
            at = rng.integers(len(spoilt))
            spoilt[at : at + 40] = rng.bytes(40)
        else:
            spoilt = bytearray(spoilt[: rng.integers(1, 40)] + rng.bytes(200))
        paths[0].write_bytes(bytes(spoilt))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the format's library, about its own repairs
            answered(paths, **declared)


@pytest.mark.parametrize(
    "suffix",
    [
        ".tif",
        ".asc",
        ".nc",
        ".vrt",
        ".img",
        ".zarr",
        ".gdb",
        ".bil",
        ".hgt",
        ".png",
        ".grd",
        ".jp2",
        "",
    ],
)
@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 300, b"ncols 3\nnrows", b"<VRTDataset", b"<VRTDataset rasterXSize='-3' rasterYSize='x'/>", b"II*\0" + b"\xff" * 60,
     b"\x89HDF\r\n\x1a\n" + b"\0" * 80, b"CDF\x01" + b"\xff" * 60, b"CDF\x05\0\0\0\0", b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
     b"ncols 1e9\nnrows 1e9\nxllcorner nan\nyllcorner inf\ncellsize 0\n1 2 3", b"\xff\xfe<\0V\0R\0T\0"],
)  # fmt: skip
def test_texts_and_bytes_that_are_no_raster_are_refused_in_one_line(tmp_path, suffix, raw):
    (tmp_path / f"a{suffix}").write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answered(tmp_path / f"a{suffix}")
        with pytest.raises(ShanshuiError):
            brought(tmp_path / f"a{suffix}")


def test_empty_folders_and_folders_of_other_things_are_refused_in_one_line(tmp_path):
    for name in ("a.zarr", "a.gdb", "a", "a.tif"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text("nothing")
        answered(tmp_path / name)
        with pytest.raises(ShanshuiError):
            brought(tmp_path / name)
