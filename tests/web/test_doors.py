"""The doors of the server, on the made-up region: what they say, what they refuse, who may pass."""

import io
import json
import shutil
import time

import numpy as np
import pyproj
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from shanshui.core.errors import DataError, StudyError
from shanshui.core.voice import Voice
from shanshui.report.legends import legend_of
from shanshui.web.app import app_of
from shanshui.web.drawn import colouring_of
from shanshui.web.people import People, digest_of
from shanshui.web.records import Records
from tests.web.test_mercator import tile_over


@pytest.fixture(scope="module")
def folder(region, tmp_path_factory):
    place = tmp_path_factory.mktemp("served") / "q"
    shutil.copytree(region.layout.folder, place)
    return place


@pytest.fixture(scope="module")
def client(folder):
    with TestClient(app_of([folder])) as made:
        yield made


@pytest.fixture(scope="module")
def middle(region):
    """Longitude and latitude of the first planning unit."""
    units = region["planning_units"]
    point = units.geometry.representative_point().to_crs(4326).iloc[0]
    return round(point.x, 6), round(point.y, 6)


def test_studies_are_told(client):
    told = client.get("/api").json()
    assert [s["study"] for s in told["studies"]] == ["q"]
    one = client.get("/api/q", params={"lang": "zh"}).json()
    assert one["made_up"]
    assert "base" in one["scenarios"]
    assert {"kind": "county", "name": "县"} in one["kinds"]
    west, south, east, north = one["bounds"]
    assert west < east
    assert south < north


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_findings_are_sentences_with_numbers_of_the_products(client, region, lang):
    found = client.get("/api/q/base/findings", params={"lang": lang}).json()["findings"]
    assert len(found) >= 8
    assert all("{" not in f["text"] and "nan" not in f["text"] for f in found)
    area = next(f for f in found if f["finding"] == "area")
    km2 = region["planning_units"]["area_km2"].sum()
    assert Voice(lang).figure(float(km2)) in area["text"]
    for each in found:
        assert client.get(f"/api/q/base/maps/{each['product']}").status_code == 200


def test_every_product_that_is_listed_as_drawn_has_a_map(client, region):
    listed = client.get("/api/q/base/products", params={"lang": "zh"}).json()["products"]
    drawn = [p for p in listed if p["chapter"] and p["state"] == "made"]
    assert len(drawn) > 20
    failed = {}
    for each in drawn:
        if legend_of(each["product"]).product and legend_of(each["product"]).view == "chart":
            continue
        answer = client.get(f"/api/q/base/maps/{each['product']}", params={"lang": "zh"})
        if answer.status_code != 200:
            failed[each["product"]] = answer.json()["detail"]
    # tables of sums, and stacks whose layers have maps of their own
    assert all(
        "has no map" in why or "to draw" in why or "one place" in why for why in failed.values()
    ), failed


def test_tiles_have_the_colours_of_the_legend(client, region):
    tile = tile_over(region.grid, 8)
    for product in ("landform", "slope"):
        answer = client.get(f"/tiles/q/base/{product}/{tile.z}/{tile.x}/{tile.y}.png")
        assert answer.headers["content-type"] == "image/png"
        picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
        assert picture.shape == (256, 256, 4)
        seen = {tuple(p) for p in picture[picture[:, :, 3] > 0][:, :3].tolist()}
        told = colouring_of(region, product, Voice())
        known = {tuple(c) for c in told.palette[1:].tolist()}
        assert seen
        assert seen <= known


def test_the_value_under_a_point_is_that_of_the_cell(client, region, middle):
    lon, lat = middle
    found = client.get("/value/q/base/elevation", params={"lon": lon, "lat": lat}).json()
    x, y = pyproj.Transformer.from_crs(4326, region.grid.crs, always_xy=True).transform(lon, lat)
    row, column = int((region.grid.top - y) // 500), int((x - region.grid.left) // 500)
    assert found["value"] == pytest.approx(float(region["elevation"].values[row, column]))
    assert found["unit"] == "m"
    word = client.get(
        "/value/q/base/landform", params={"lon": lon, "lat": lat, "lang": "zh"}
    ).json()
    assert word["said"] in {Voice("zh")(f"landform_{k}") for k in range(1, 6)}


def test_heights_are_told_in_three_colours(client, region):
    tile = tile_over(region.grid, 9)
    place = f"/tiles/q/base/elevation/{tile.z}/{tile.x}/{tile.y}.png"
    picture = Image.open(io.BytesIO(client.get(place, params={"style": "heights"}).content))
    red, green, blue = np.moveaxis(np.asarray(picture, np.float64), 2, 0)
    height = red * 256 + green + blue / 256 - 32768
    ground = region["elevation"].values
    assert np.nanmin(ground) - 1 <= height[128, 128] <= np.nanmax(ground) + 1
    slope = client.get(
        f"/tiles/q/base/slope/{tile.z}/{tile.x}/{tile.y}.png", params={"style": "heights"}
    )
    assert slope.status_code == 404


def test_a_tile_is_not_sent_twice(client, region):
    tile = tile_over(region.grid, 8)
    place = f"/tiles/q/base/slope/{tile.z}/{tile.x}/{tile.y}.png"
    first = client.get(place)
    again = client.get(place, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_sheet_of_a_county_has_its_numbers_with_ranks(client, region):
    counties = region["counties"]
    code = str(counties["code"].iloc[0])
    told = client.get(f"/api/q/base/places/county/{code}", params={"lang": "zh"}).json()
    assert told["place"]["code"] == code
    gep = next(p for p in told["products"] if p["product"] == "county_gep")
    total = next(f for f in gep["figures"] if f["column"] == "total")
    table = region["county_gep"]["total"]
    own = table[region["counties"].index[0]]
    assert total["value"] == pytest.approx(own)
    assert total["rank"] == 1 + int((table > own).sum())
    by_name = client.get(f"/api/q/base/places/county/{told['place']['name']}").json()
    assert by_name["place"]["code"] == code


def test_places_are_found_by_name_code_and_sound(client, region):
    code = str(region["counties"]["code"].iloc[0])
    name = client.get(f"/api/q/base/places/county/{code}", params={"lang": "zh"}).json()["place"][
        "name"
    ]
    for text in (code, name):
        found = client.get("/api/q/base/search", params={"q": text, "lang": "zh"}).json()["found"]
        assert found[0]["code"] == code
    assert client.get("/api/q/base/search", params={"q": "  "}).json() == {"found": []}
    products = client.get("/api/q/base/search", params={"q": "坡度", "lang": "zh"}).json()["found"]
    assert any(f.get("product") == "slope" for f in products)


def test_what_lies_around_a_point_is_told(client, region, middle):
    lon, lat = middle
    kinds = {
        p["kind"]
        for p in client.get("/api/q/base/at", params={"lon": lon, "lat": lat}).json()["places"]
    }
    assert "planning_unit" in kinds


def square(middle, wide=0.05):
    lon, lat = middle
    ring = [[lon - wide, lat - wide], [lon + wide, lat - wide], [lon + wide, lat + wide], [lon - wide, lat + wide], [lon - wide, lat - wide]]  # fmt: skip
    return {"type": "Polygon", "coordinates": [ring]}


def test_a_polygon_has_the_mean_of_its_cells_by_their_share(client, region, middle):
    found = client.post("/statistics/q/base/elevation", json=square(middle)).json()
    assert 0 < found["area_km2"] <= 2 * 0.05**2 * 4 * 111.2**2
    assert found["least"] <= found["mean"] <= found["most"]
    classes = client.post("/statistics/q/base/landform", json=square(middle)).json()
    assert sum(c["km2"] for c in classes["classes"]) == pytest.approx(classes["known_km2"])
    assert classes["mean"] is None


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"type": "Point", "coordinates": [108, 33]}, 422, "expected Polygon"),
        ({"type": "Polygon", "coordinates": []}, 422, "geometry"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, 422, "geometry"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, 422, "cross itself"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [0.1, 0], [0.1, 0.1], [0, 0]]]}, 404, "outside"),
        ({"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]]}, 422, "degrees"),
        ({"type": "Polygon"}, 422, ""),
    ],
)  # fmt: skip
def test_polygons_that_are_none_are_refused(client, body, status, says):
    answer = client.post("/statistics/q/base/elevation", json=body)
    assert answer.status_code == status
    assert says in json.dumps(answer.json())


@pytest.mark.parametrize(
    ("place", "status", "says"),
    [
        ("/api/other", 404, "study: 'other'"), ("/api/q/nowhere/base", 404, "nowhere"), ("/api/q/base/maps/slop", 404, "slope"),
        ("/api/q/base/places/country/1", 404, "country"), ("/api/q/base/places/county/nowhere", 404, "county"),
        ("/api/q/base/findings?lang=xx", 404, "lang"), ("/tiles/q/base/slope/3/9/0.png", 422, "x: found 9"),
        ("/tiles/q/base/slope/99/0/0.png", 422, "z"), ("/tiles/q/base/county_gep/3/0/0.png", 404, "no tiles"),
        ("/value/q/base/slope?lon=0&lat=0", 404, "outside"), ("/value/q/base/slope?lon=abc&lat=0", 422, "lon"),
        ("/value/q/base/slope?lon=nan&lat=0", 422, "lon"), ("/collections/x", 404, "STUDY"), ("/collections/q:base:slope/items", 404, "grid"),
        ("/collections/q:base:county_gep/map/tiles", 404, "no grid"), ("/collections/q:base:county_gep/items?bbox=1,2", 422, "bbox"),
        ("/collections/q:base:county_gep/items?colour=1", 422, "colour"), ("/collections/q:base:county_gep/items?limit=0", 422, "limit"),
        ("/files/q/base/county_gep.tif", 404, "no grid"), ("/assets/..%2F..%2Fapp.py", 404, ""), ("/runs/q/none", 404, "none"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused_in_words(client, place, status, says):
    answer = client.get(place)
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert "Traceback" not in answer.text


def test_no_answer_tells_a_path_of_this_machine(client, folder, region):
    code = str(region["counties"]["code"].iloc[0])
    for place in ("/api", "/api/q", "/api/q/base/products/slope", "/api/q/base/findings", f"/api/q/base/places/county/{code}", "/stac/q/base/slope", "/collections"):  # fmt: skip
        assert str(folder.parent) not in client.get(place).text, place


def test_collections_give_features_with_names_and_pages(client, region):
    listed = client.get("/collections", params={"lang": "zh"}).json()["collections"]
    assert "q:base:county_gep" in {c["id"] for c in listed}
    first = client.get("/collections/q:base:county_gep/items", params={"limit": 2}).json()
    assert first["numberMatched"] == len(region["county_gep"])
    assert first["numberReturned"] == len(first["features"]) == 2
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = client.get(following.removeprefix("http://testserver")).json()
    assert second["features"][0]["id"] == 2
    code = first["features"][0]["properties"]["code"]
    chosen = client.get("/collections/q:base:county_gep/items", params={"code": code}).json()
    assert [f["properties"]["code"] for f in chosen["features"]] == [code]
    one = client.get("/collections/q:base:county_gep/items/0").json()
    assert one["properties"]["code"] == code
    nowhere = client.get("/collections/q:base:county_gep/items", params={"bbox": "0,0,1,1"}).json()
    assert nowhere["numberMatched"] == 0


def test_a_client_of_the_ogc_finds_its_way(client):
    root = client.get("/", headers={"accept": "application/json"}).json()
    rels = {link["rel"]: link["href"].removeprefix("http://testserver") for link in root["links"]}
    assert client.get(rels["conformance"]).json()["conformsTo"]
    assert client.get(rels["data"]).json()["collections"]
    assert client.get(rels["service-desc"]).json()["openapi"].startswith("3.")
    sets = client.get("/collections/q:base:slope/map/tiles").json()["tilesets"][0]
    template = next(link["href"] for link in sets["links"] if link.get("templated"))
    place = template.format(tileMatrix=3, tileRow=3, tileCol=6).removeprefix("http://testserver")
    assert client.get(place).headers["content-type"] == "image/png"
    matrices = client.get("/tileMatrixSets/WebMercatorQuad").json()["tileMatrices"]
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.028717)


def test_the_catalogue_leads_to_files_that_can_be_read(client, region, tmp_path):
    import rasterio

    def follow(place, rel):
        return [
            k["href"].removeprefix("http://testserver")
            for k in client.get(place).json()["links"]
            if k["rel"] == rel
        ]

    studies = follow("/stac", "child")
    items = follow(studies[0], "item")
    item = next(client.get(i).json() for i in items if i.endswith("/slope"))
    file = tmp_path / "slope.tif"
    file.write_bytes(
        client.get(item["assets"]["data"]["href"].removeprefix("http://testserver")).content
    )
    with rasterio.open(file) as opened:
        assert (opened.read(1)[1:-1, 1:-1] == region["slope"].values[1:-1, 1:-1]).mean() > 0.5
    part = client.get("/files/q/base/slope.tif", headers={"Range": "bytes=0-3"})
    assert part.status_code == 206
    assert part.content[:2] in (b"II", b"MM")


# people


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users.csv"
    file.write_text(
        "name,role,password\n"
        f"ann,administrator,{digest_of('a')}\npaul,planner,{digest_of('p')}\nvera,viewer,{digest_of('v')}\n"
    )
    return file


def test_who_is_not_known_sees_nothing(folder, users):
    with TestClient(app_of([folder], People(users))) as client:
        for place in ("/api", "/api/q/base/findings", "/tiles/q/base/slope/3/6/3.png", "/collections", "/stac", "/processes", "/runs/q", "/comments/q"):  # fmt: skip
            assert client.get(place).status_code == 401, place
        assert client.post("/login", json={"name": "vera", "password": "wrong"}).status_code == 401
        assert client.post("/login", json={"name": "nobody", "password": "v"}).status_code == 401
        assert (
            client.post("/login", json={"name": "vera", "password": "v"}).json()["role"] == "viewer"
        )
        assert client.get("/api").status_code == 200
        assert client.get("/me").json()["name"] == "vera"
        client.post("/logout")
        assert client.get("/api").status_code == 401


def test_a_viewer_may_not_change_anything(folder, users):
    with TestClient(app_of([folder], People(users))) as client:
        token = client.post("/login", json={"name": "vera", "password": "v"}).json()["token"]
        client.cookies.clear()
        told = {"Authorization": f"Bearer {token}"}
        for method, place, body in (
            ("POST", "/runs/q", {"products": ["slope"]}), ("POST", "/scenarios/q", {"name": "x"}), ("DELETE", "/scenarios/q/x", None),
            ("POST", "/processes/run-q/execution", {"inputs": {}}), ("GET", "/audit/q", None), ("PUT", "/comments/q/1/shown", None),
        ):  # fmt: skip
            answer = client.request(
                method,
                place,
                json=body,
                headers=told | ({} if body is not None else {"content-length": "0"}),
            )
            assert answer.status_code == 403, (method, place, answer.text)


def test_tokens_that_were_not_given_open_nothing(folder, users):
    people = People(users)
    good = people.login("ann", "a")
    assert people.of(good).role == "administrator"
    head, _, mark = good.partition(".")
    for bad in (
        "",
        ".",
        "zz.zz",
        f"{head}.",
        f"{b'paul'.hex()}.{mark}",
        good[:-1] + ("0" if good[-1] != "0" else "1"),
    ):
        assert people.of(bad) is None
    assert People(users).of(good) is None  # another server's


def test_anybody_may_look_at_a_public_server_and_no_more(folder):
    with TestClient(app_of([folder], People(public=True))) as client:
        assert client.get("/api/q/base/findings").status_code == 200
        assert client.post("/runs/q", json={}).status_code == 403
        said = client.post("/comments/q", json={"text": "<script>", "lon": 108, "lat": 33}).json()
        assert said["state"] == "waiting"
        assert client.get("/comments/q").json() == {"comments": []}


def test_pages_of_other_servers_cannot_act_for_who_is_logged_in(folder, users):
    with TestClient(app_of([folder], People(users))) as client:
        client.post("/login", json={"name": "paul", "password": "p"})
        for header in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = client.post("/scenarios/q", json={"name": "evil"}, headers=header)
            assert answer.status_code == 403
        own = client.post(
            "/comments/q",
            json={"text": "x", "lon": 108, "lat": 33},
            headers={"Origin": "http://testserver"},
        )
        assert own.status_code == 201


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,role\na,viewer\n", "no column password"), ("name,role,password\na,boss,scrypt$00$00\n", "role 'boss'"),
        ("name,role,password\na,viewer,secret\n", "no digest"), ("name,role,password\n", "nobody"),
        ("name,role,password\na,viewer,scrypt$00$00\na,viewer,scrypt$00$00\n", "twice"),
    ],
)  # fmt: skip
def test_tables_of_users_that_cannot_be_used_are_refused(tmp_path, text, says):
    file = tmp_path / "users.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=says):
        People(file)


def test_too_much_is_not_taken(client):
    answer = client.post("/comments/q", content=b"x", headers={"content-length": str(10**9)})
    assert answer.status_code == 413


def test_another_method_is_told_those_that_there_are(client):
    answer = client.patch("/comments/q", json={})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}


def test_a_study_cannot_be_shown_twice(folder, tmp_path):
    with pytest.raises(StudyError, match="twice"):
        app_of([folder, folder])
    with pytest.raises(StudyError):
        app_of([tmp_path])


# changes


def test_a_scenario_is_written_run_and_compared(folder):
    with TestClient(app_of([folder])) as client:
        made = client.post(
            "/scenarios/q",
            json={
                "name": "greener",
                "measures": ["land_cover = 4 where slope > 5"],
                "note": "trees",
            },
        )
        assert made.status_code == 201, made.text
        assert client.post("/scenarios/q", json={"name": "greener"}).status_code == 409
        assert (
            client.post(
                "/scenarios/q", json={"name": "odd", "settings": ["slope.nothing=1"]}
            ).status_code
            == 404
        )
        asked = client.post("/runs/q", json={"scenario": "greener", "products": ["carbon_stock"]})
        assert asked.status_code == 202, asked.text
        run = asked.json()["id"]
        until = time.monotonic() + 300
        while client.get(f"/runs/q/{run}").json()["state"] in ("waiting", "running"):
            assert time.monotonic() < until
            time.sleep(0.2)
        told = client.get(f"/runs/q/{run}").json()
        assert told["state"] == "done", told
        assert told["done"] > 0
        with client.stream("GET", f"/runs/q/{run}/events") as events:
            lines = [line for line in events.iter_lines() if line.startswith("data:")]
        assert any('"made"' in line for line in lines)
        differs = client.get("/compare/q/base/greener/carbon_stock.carbon").json()
        assert differs
        one, other = (
            client.get(f"/api/q/{s}/products/carbon_stock.carbon").json()["mean"]
            for s in ("base", "greener")
        )
        assert one != other
        assert client.get("/jobs").json()["jobs"][-1]["status"] == "successful"
        audit = client.get("/audit/q").json()
        assert audit["whole"]
        assert [line["what"] for line in audit["lines"]][-2:] == ["scenario new", "run"]
        gone = client.request("DELETE", "/scenarios/q/greener")
        assert gone.status_code == 200
        assert client.get("/api/q/greener/base").status_code == 404


def test_a_run_that_the_server_did_not_see_the_end_of_is_lost(folder):
    runs = Records(folder / "server" / "runs.jsonl")
    runs.add(id="q-99", words=["slope"], by="ann", state="running", began=1.0)
    with TestClient(app_of([folder])) as client:
        told = client.get("/runs/q/q-99").json()
        assert told["state"] == "lost"


def test_a_run_of_what_there_is_not_is_refused(folder):
    with TestClient(app_of([folder])) as client:
        assert client.post("/runs/q", json={"products": ["slop"]}).status_code == 404
        assert client.post("/runs/q", json={"scenario": "nowhere"}).status_code == 404
        assert (
            client.post("/processes/run-q/execution", json={"inputs": {"colour": 1}}).status_code
            == 422
        )
        assert client.post("/processes/run-z/execution", json={"inputs": {}}).status_code == 404


def test_lines_that_were_added_cannot_be_changed_unseen(tmp_path):
    records = Records(tmp_path / "server" / "audit.jsonl")
    for k in range(3):
        records.add(what=str(k))
    assert records.whole()
    assert [line["number"] for line in records] == [1, 2, 3]
    again = Records(records.path)
    again.add(what="3")
    assert again.whole()
    # a line that was cut off while the machine stopped is passed over
    records.path.write_bytes(records.path.read_bytes() + b'{"nu')
    assert len(list(Records(records.path))) == 4
    text = records.path.read_text().replace('"what": "1"', '"what": "9"')
    records.path.write_text(text)
    assert not Records(records.path).whole()
