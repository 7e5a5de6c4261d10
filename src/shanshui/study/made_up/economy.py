"""Economy of a made-up region: product, jobs, linkages, firms, reports and by-products, all from the seed."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

INDUSTRIES = (
    "agriculture",
    "mining",
    "manufacturing",
    "utilities",
    "construction",
    "trade",
    "information",
    "public_administration",
)
SECTORS = (
    ("01", "Farming", "农业", "", "agriculture"),
    ("02", "Mining", "采矿", "", "mining"),
    ("03", "Medicine", "医药", "biology", "manufacturing"),
    ("04", "Equipment", "装备", "equipment", "manufacturing"),
    ("05", "Materials", "材料", "materials", "manufacturing"),
    ("06", "Power and water", "电力与水", "energy", "utilities"),
    ("07", "Construction", "建筑", "", "construction"),
    ("08", "Trade and transport", "商贸运输", "", "trade"),
    ("09", "Information", "信息服务", "it", "information"),
    ("10", "Public services", "公共服务", "services", "public_administration"),
)
KINDS = (
    ("生物医药有限公司", "中药饮片加工；中药材种植", "2730"),
    ("新材料科技有限公司", "复合材料制造", "3091"),
    ("光伏发电有限公司", "光伏发电（不含风力发电）", "4416"),
    ("软件有限公司", "软件开发；信息系统集成", "6513"),
    ("机器人有限公司", "工业机器人制造", "3491"),
    ("环保设备有限公司", "污水处理设备制造", "3591"),
    ("新能源汽车销售有限公司", "新能源汽车销售、维修", "5261"),
    ("煤业有限公司", "原煤开采、销售", "0610"),
    ("建材有限公司", "水泥制造", "3011"),
    ("商贸有限公司", "日用百货零售", "5211"),
    ("茶业有限公司", "茶叶种植、加工", "1530"),
    ("旅游开发有限公司", "景区管理；拟建虚拟现实体验馆", "7861"),
)
SENTENCES = (
    "大力发展生物医药和中药材产业，建成现代农业园区。",
    "规划建设光伏发电项目，推进新能源开发。",
    "培育数字经济，发展软件产业和电子商务。",
    "节能环保产业加快发展，污水处理设施全部建成。",
    "淘汰落后产能，关停小煤矿。",
    "装备制造业增加值增长百分之八，工业机器人投产。",
    "保护青山绿水，改善农村道路。",
    "新材料产业园开工，争取引进新能源汽车项目。",
)
BY_PRODUCTS = (
    # material, price of the virgin input, cost of disposal, treatment
    ("steam", 90.0, 10.0, 8.0),
    ("gypsum", 60.0, 25.0, 12.0),
    ("straw", 120.0, 5.0, 15.0),
    ("reclaimed water", 3.5, 1.2, 0.9),
    ("slag", 45.0, 30.0, 6.0),
)


def write_economy(
    folder: Path,
    people: pd.DataFrame,
    counties: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    seed: int,
) -> None:
    """Write every table of the economy."""
    _product(folder, people, counties, seed)
    _nature(folder, people, counties)
    nation = [(*figure, "made up") for figure in NATION]
    _save(folder, "nation.csv", nation, ["figure", "year", "value", "unit", "source"])
    random = np.random.default_rng(seed + 11)
    latest = people[people["year"] == people["year"].max()]
    _jobs(folder, latest, random)
    _urban(folder, people, counties, random)
    _flows(folder, random)
    _firms(folder, latest, counties, random)
    _reports(folder, counties, random)
    _readiness(folder)
    _streams(folder, towns, random)
    _plants(folder, latest, random)
    rows: list[tuple[object, ...]] = [
        ("Valley cluster", core, town, "biology energy it")
        for core, town in [(towns["name"].iloc[0], latest["code"].iloc[0])]
    ]
    _save(folder, "clusters.csv", rows, ["cluster", "core", "city", "categories"])


def _save(folder: Path, name: str, rows: Sequence[tuple[object, ...]], columns: list[str]) -> None:
    pd.DataFrame(rows, columns=columns).to_csv(folder / name, index=False, encoding="utf-8")


def _jobs(folder: Path, people: pd.DataFrame, random: np.random.Generator) -> None:
    usual = np.array([0.34, 0.03, 0.17, 0.01, 0.10, 0.17, 0.04, 0.14])
    rows: list[tuple[object, ...]] = []
    for row in people.itertuples():
        share = random.dirichlet(usual * 30)
        rows += [
            (row.code, int(str(row.year)), industry, round(0.52 * float(str(row.population)) * s))
            for industry, s in zip(INDUSTRIES, share, strict=True)
        ]
    _save(folder, "employment.csv", rows, ["code", "year", "industry", "persons"])


def _urban(
    folder: Path, people: pd.DataFrame, counties: gpd.GeoDataFrame, random: np.random.Generator
) -> None:
    codes = people["code"].map(counties.set_index("code")["parent"])
    total = people.assign(code=codes).groupby(["code", "year"])["population"].sum().reset_index()
    rows: list[tuple[object, ...]] = []
    for row in total.itertuples():
        share = random.uniform(0.3, 0.5) + (0.12 if int(str(row.year)) == 2020 else 0.0)
        heads = int(str(row.population))
        rows.append((row.code, row.year, "total_population", heads))
        rows.append((row.code, row.year, "urban_population", round(heads * share)))
        rows.append((row.code, row.year, "research_yuan", round(heads * random.uniform(150, 900))))
    _save(folder, "place_indicators.csv", rows, ["code", "year", "indicator", "value"])


def _flows(folder: Path, random: np.random.Generator) -> None:
    """A balanced table: coefficients and final demand are drawn, output follows from them."""
    n = len(SECTORS)
    a = random.gamma(0.6, 0.06, (n, n))
    a *= np.minimum(1.0, random.uniform(0.35, 0.65, n) / a.sum(axis=0))
    demand = random.uniform(50, 400, (n, 2)) * 1e4
    output = np.linalg.solve(np.eye(n) - a, demand.sum(axis=1))
    flows = a * output
    codes = [s[0] for s in SECTORS]
    table = pd.DataFrame(flows, columns=codes)
    table.insert(0, "Name", [s[1] for s in SECTORS])
    table.insert(0, "Code", codes)
    table["FU"], table["EX"], table["GO"] = demand[:, 0], demand[:, 1], output
    added = pd.DataFrame(
        [["VA", "Value added", *(output - flows.sum(axis=0))]], columns=["Code", "Name", *codes]
    )
    pd.concat([table, added], ignore_index=True).to_csv(
        folder / "io_table.csv", index=False, encoding="utf-8", float_format="%.8g"
    )
    stress: list[tuple[object, ...]] = [
        (code, name, round(float(x) * per * random.uniform(0.5, 1.5), 3))
        for name, per in (("water", 0.02), ("carbon", 0.001))
        for code, x in zip(codes, output, strict=True)
    ]
    _save(folder, "stressors.csv", stress, ["code", "stressor", "amount"])
    _save(folder, "sectors.csv", list(SECTORS), ["code", "name", "name_zh", "category", "industry"])


def _firms(
    folder: Path, people: pd.DataFrame, counties: gpd.GeoDataFrame, random: np.random.Generator
) -> None:
    names = dict(zip(counties["code"], counties["name_zh"], strict=True))
    rows: list[tuple[object, ...]] = []
    for row in people.itertuples():
        place = str(names[row.code])
        for k in range(2 + int(random.poisson(min(float(str(row.population)) / 60_000, 20.0)))):
            kind, scope, code = KINDS[int(random.integers(len(KINDS)))]
            known = code if random.random() < 0.7 else ""
            year = int(random.integers(1985, 2021))
            date = (
                f"{year}-{int(random.integers(1, 13)):02d}-01"
                if random.random() < 0.95
                else "0000-00-00"
            )
            rows.append(
                (
                    f"{row.code}{k:04d}",
                    f"{place.rstrip('县')}{k + 1}号{kind}",
                    scope,
                    known,
                    row.code,
                    date,
                    f"{int(random.integers(10, 3000))}万元",
                )
            )
    _save(folder, "firms.csv", rows, ["key", "name", "scope", "code", "place", "date", "capital"])


def _reports(folder: Path, counties: gpd.GeoDataFrame, random: np.random.Generator) -> None:
    rows: list[tuple[object, ...]] = []
    for place in sorted(counties["name_zh"])[:12]:
        for year in (2018, 2019, 2020):
            chosen = random.choice(len(SENTENCES), 4, replace=False)
            rows.append((year, place, "".join(SENTENCES[int(k)] for k in chosen)))
    _save(folder, "reports.csv", rows, ["year", "place", "text"])


def _readiness(folder: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("Herb quality control", "biology", "method", 7, "used in two plants", "2019"),
        ("Herb quality control", "biology", "instrument", 6, "prototype tested", "2019-06"),
        ("Mountain solar power", "energy", "module", 9, "plants running", "2018"),
        ("Basalt fibre", "materials", "furnace", 5, "pilot furnace", "2020"),
        ("Tracked field robot", "equipment", "drive", 6, "field trial", "2020"),
        ("Tracked field robot", "equipment", "vision", 8, "", "2020"),
        ("Valley sensor network", "it", "network", 8, "three basins", "2020"),
        ("Small membrane plant", "services", "operation", 7, "one town", "2019"),
    ]
    _save(
        folder,
        "readiness.csv",
        rows,
        ["technology", "category", "part", "level", "evidence", "date"],
    )


def _plants(folder: Path, people: pd.DataFrame, random: np.random.Generator) -> None:
    rows: list[tuple[object, ...]] = [
        (
            f"{code} {kind}",
            number,
            round(float(random.uniform(5, 90)), 1),
            int(random.integers(1960, 2012)),
        )
        for code in people["code"].iloc[:8]
        for kind, number in (("coal mine", "0610"), ("cement works", "3011"))
    ]
    _save(folder, "capacities.csv", rows, ["plant", "code", "capacity", "built"])


def _streams(folder: Path, towns: gpd.GeoDataFrame, random: np.random.Generator) -> None:
    rows: list[tuple[object, ...]] = []
    parks = towns[towns["role"] != "county town"].reset_index(drop=True)
    for k in range(24):
        park = parks.iloc[k % len(parks)]
        material, price, disposal, treatment = BY_PRODUCTS[k % len(BY_PRODUCTS)]
        kind = "supply" if random.random() < 0.5 else "demand"
        amount = round(float(random.uniform(500, 20_000)))
        purity = round(
            float(random.uniform(0.6, 0.95) if kind == "supply" else random.uniform(0.4, 0.8)), 2
        )
        x, y = (float(v) + float(random.normal(0, 800)) for v in (park.geometry.x, park.geometry.y))
        rows.append(
            (
                f"{park['name']} plant {k // len(parks) + 1}", material, kind, amount, purity,
                price if kind == "demand" else "", disposal if kind == "supply" else "", treatment if kind == "supply" else "",
                round(x / 1e3, 3), round(y / 1e3, 3), "4-10" if material == "straw" and kind == "supply" else "",
            )
        )  # fmt: skip
    columns = [
        "firm",
        "material",
        "kind",
        "amount",
        "purity",
        "price",
        "disposal",
        "treatment",
        "x_km",
        "y_km",
        "months",
    ]
    _save(folder, "streams.csv", rows, columns)


POLLUTANTS = (
    ("sulphur_dioxide", 0.004), ("nitrogen_oxides", 0.007), ("dust", 0.003), ("oxygen_demand", 0.012), ("ammonia_nitrogen", 0.0012),
)  # fmt: skip
"""Tons a head and year."""
PRODUCTS = (
    ("forest_products", 180.0), ("animal_products", 900.0), ("fishery_products", 60.0), ("biomass_energy", 35.0), ("water_domestic", 45.0),
    ("water_industrial", 30.0), ("water_irrigation", 160.0), ("hydropower", 420.0),
)  # fmt: skip
"""Yuan, kWh or m3 a head and year."""


NATION = (
    ("territory", 2020, 120_000.0, "km2"), ("people", 2020, 21_000_000.0, "person"), ("product", 2020, 0.72, "1e12 yuan"),
    ("electricity", 2020, 95.0, "TWh"), ("gep", 2020, 0.9, "1e12 yuan"), ("equivalents", 2010, 0.6, "1e12 yuan"),
)  # fmt: skip
"""A nation around the region, made up as it is."""


def _nature(folder: Path, people: pd.DataFrame, counties: gpd.GeoDataFrame) -> None:
    """Pollutants of each county, what its land can take of them, and visits to two sites: closed forms, no draw."""
    latest = people[people["year"] == people["year"].max()].set_index("code")["population"]
    places = counties.assign(people=counties["code"].map(latest)).dropna(subset=["people"])
    emitted, takes, visits, products, homes, parks = [], [], [], [], [], []
    for k, (code, count) in enumerate(zip(places["code"], places["people"], strict=True)):
        for pollutant, per_head in POLLUTANTS:
            amount = round(float(count) * per_head, 1)
            meets = int((k + len(pollutant)) % 3 > 0)
            emitted.append((code, pollutant, amount, meets))
            takes.append((code, pollutant, round(0.6 * amount, 1)))
        for flow, per_head in PRODUCTS:
            products.append((code, 2020, flow, round(float(count) * per_head)))
        parks.append((f"park {k + 1}", code, "leisure", round(float(count) * 18), 1.5, 25.0, 2020))
        homes.append((code, round(float(count) * 1.5), 5200, 0.06, 2020))
        for site in range(2):
            way = 1.0 + abs(k - 3 * site)
            visits.append(
                (
                    f"site {site + 1}", places["code"].iloc[3 * site % len(places)], code, round(float(count) * 0.2 * 0.8**way), round(float(count)),
                    40.0 * way, 0.5 * way, 25.0, 120.0, 2020,
                )
            )  # fmt: skip
    _save(folder, "emissions.csv", emitted, ["code", "pollutant", "emitted_t", "meets_standard"])
    _save(folder, "purification_capacity.csv", takes, ["code", "pollutant", "capacity_t"])
    _save(folder, "products.csv", products, ["code", "year", "flow", "amount"])
    _save(folder, "reservoirs.csv", [("reservoir 3", 4_000_000)], ["name", "capacity_m3"])
    _save(folder, "housing.csv", homes, ["code", "floor_m2", "price", "premium", "year"])
    columns = ["site", "place", "kind", "visits", "hours", "wage", "year"]
    _save(folder, "recreation_sites.csv", parks, columns)
    columns = [
        "site",
        "place",
        "zone",
        "visits",
        "population",
        "travel",
        "hours",
        "wage",
        "spending",
        "year",
    ]
    _save(folder, "visits.csv", visits, columns)


def _product(folder: Path, people: pd.DataFrame, counties: gpd.GeoDataFrame, seed: int) -> None:
    """Product by sector, and production of plants, of each prefecture."""
    random = np.random.default_rng(seed + 7)
    codes = people["code"].map(counties.set_index("code")["parent"])
    total = people.assign(code=codes).groupby(["code", "year"])["population"].sum().reset_index()
    rows, plants = [], []
    for code, year, count in zip(total["code"], total["year"], total["population"], strict=True):
        head = random.uniform(28_000, 62_000) * (0.45 if int(year) == 2010 else 1.0)
        farm = random.uniform(0.10, 0.22)
        for sector, share in (("primary", farm), ("secondary", 0.42), ("tertiary", 0.58 - farm)):
            rows.append((code, year, sector, round(int(count) * head * share)))
        plants.append((code, year, round(random.uniform(480, 720), 1)))
    pd.DataFrame(rows, columns=["code", "year", "sector", "yuan"]).to_csv(
        folder / "gdp.csv", index=False, encoding="utf-8"
    )
    pd.DataFrame(plants, columns=["code", "year", "npp"]).to_csv(
        folder / "productivity.csv", index=False, encoding="utf-8"
    )
