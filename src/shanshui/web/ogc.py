"""Doors of the OGC: Features and Tiles, so that GIS programs connect without a word of ours."""

from importlib.metadata import version
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Path, Query, Request, Response

from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.voice import Voice
from shanshui.web.catalogue import Collection, collection, collections, plain_properties
from shanshui.web.mercator import DEEPEST, SIDE, WORLD, Tile
from shanshui.web.studies import Studies
from shanshui.web.tiles import Held
from shanshui.web.words import DEFAULT_LANGUAGE, Lang

CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
SQUARE = "WebMercatorQuad"
MOST_ITEMS, USUAL_ITEMS = 10_000, 100
GEOJSON = "application/geo+json"
MOST_HELD = 128 << 20
Address = Annotated[str, Path(max_length=400, description="STUDY:SCENARIO:PRODUCT")]


def ogc(studies: Studies) -> APIRouter:
    """Doors that are the same on every server of the OGC's interfaces."""
    router = APIRouter(tags=["OGC"])
    _listed(router, studies)
    _items(router, studies)
    _tiles(router, studies)
    return router


def landing(request: Request) -> dict[str, Any]:
    """What stands at the root for programs."""
    base = _base(request)
    return {
        "title": "shanshui",
        "description": f"Studies of mountain regions, shanshui {version('shanshui')}",
        "links": [
            _link(f"{base}/", "self", "This document"),
            _link(
                f"{base}/openapi.json",
                "service-desc",
                "The doors",
                "application/vnd.oai.openapi+json;version=3.0",
            ),
            _link(f"{base}/conformance", "conformance", "What is conformed to"),
            _link(f"{base}/collections", "data", "Collections"),
            _link(
                f"{base}/processes", "http://www.opengis.net/def/rel/ogc/1.0/processes", "Processes"
            ),
            _link(f"{base}/stac", "child", "STAC catalogue"),
        ],
    }


def _listed(router: APIRouter, studies: Studies) -> None:
    @router.get("/conformance", summary="Standards that are conformed to")
    def conformance() -> dict[str, Any]:
        return {"conformsTo": list(CONFORMS)}

    @router.get("/collections", summary="Products that have a place")
    def listed(request: Request, lang: Lang = DEFAULT_LANGUAGE) -> dict[str, Any]:
        base = _base(request)
        return {
            "links": [_link(f"{base}/collections", "self", "This document")],
            "collections": [_told(c, base, c.opened.voice(lang)) for c in collections(studies)],
        }

    @router.get("/collections/{address}", summary="One collection")
    def one(request: Request, address: Address, lang: Lang = DEFAULT_LANGUAGE) -> dict[str, Any]:
        found = collection(studies, address)
        return _told(found, _base(request), found.opened.voice(lang))


def _items(router: APIRouter, studies: Studies) -> None:
    held: Held[tuple[Any, list[dict[str, Any]]]] = Held(_size, MOST_HELD)

    def rows(found: Collection, language: str) -> tuple[Any, list[dict[str, Any]]]:
        """Features of a collection, read and turned once."""
        if found.kind != "features":
            raise PlanError(f"{found.id}: is a grid; it has tiles and a file, no features")
        digest = found.opened.study.record(found.product).digest

        def make() -> tuple[Any, list[dict[str, Any]]]:
            frame = found.features(found.opened.voice(language))
            shapely.prepare(frame.geometry.to_numpy())
            return frame.geometry, plain_properties(frame)

        return held.of((digest, found.id, language), make)

    @router.get("/collections/{address}/items", summary="Features of a collection")
    def items(
        request: Request,
        address: Address,
        bbox: Annotated[str, Query(max_length=200, description="west,south,east,north")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = USUAL_ITEMS,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> Response:
        found = collection(studies, address)
        shapes, told = rows(found, lang)
        _refuse_unknown(request, told)
        at = _chosen(shapes, told, bbox, dict(request.query_params))
        part = at[offset : offset + limit]
        own = f"{_base(request)}/collections/{address}/items"
        links = [_link(str(request.url), "self", "This document", GEOJSON)]
        if offset + limit < len(at):
            words = dict(request.query_params) | {"offset": offset + limit, "limit": limit}
            query = "&".join(f"{k}={v}" for k, v in words.items())
            links.append(_link(f"{own}?{query}", "next", "Next", GEOJSON))
        return _geojson(
            {
                "type": "FeatureCollection",
                "numberMatched": len(at),
                "numberReturned": len(part),
                "links": links,
                "features": [_feature(shapes.iloc[k], told[k], k) for k in part],
            }
        )

    @router.get("/collections/{address}/items/{feature}", summary="One feature")
    def item(
        address: Address,
        feature: Annotated[int, Path(ge=0, le=10**9)],
        lang: Lang = DEFAULT_LANGUAGE,
    ) -> Response:
        found = collection(studies, address)
        shapes, told = rows(found, lang)
        if feature >= len(told):
            raise PlanError(f"{address}: no feature {feature}; there are {len(told)}, from 0")
        return _geojson(_feature(shapes.iloc[feature], told[feature], feature))


_OWN_WORDS = {"bbox", "limit", "offset", "lang", "f", "datetime"}


def _refuse_unknown(request: Request, told: list[dict[str, Any]]) -> None:
    """A word of a query that is no column must not be passed over."""
    known = _OWN_WORDS | (set(told[0]) if told else set())
    for word in request.query_params:
        if word not in known:
            raise QuantityError(f"query: '{word}' is no column; known: {', '.join(sorted(known))}")


def _chosen(shapes: Any, told: list[dict[str, Any]], bbox: str, words: dict[str, str]) -> list[int]:
    """Numbers of the features within a box, and with the values of columns that are asked for."""
    at = list(range(len(told)))
    if bbox:
        at = sorted(shapes.sindex.query(_box(bbox), predicate="intersects").tolist())
    for column, value in words.items():
        if column not in _OWN_WORDS:
            at = [k for k in at if str(told[k].get(column)) == value]
    return at


def _box(text: str) -> shapely.Geometry:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise QuantityError(
            f"bbox: found '{text}', expected west,south,east,north in degrees"
        ) from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise QuantityError(
            f"bbox: found '{text}', expected degrees, and the south not above the north"
        )
    if west <= east:
        return shapely.box(west, south, east, north)
    # across the date line
    return shapely.union(
        shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)
    )


def _feature(shape: Any, properties: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": number,
        "geometry": shapely.geometry.mapping(shape),
        "properties": properties,
    }


def _geojson(value: dict[str, Any]) -> Response:
    import json

    return Response(json.dumps(value, ensure_ascii=False, allow_nan=False), media_type=GEOJSON)


def _size(rows: tuple[Any, list[dict[str, Any]]]) -> int:
    shapes, told = rows
    return int(shapely.get_num_coordinates(shapes.to_numpy()).sum()) * 24 + 400 * len(told)


def _tiles(router: APIRouter, studies: Studies) -> None:
    @router.get("/tileMatrixSets", summary="Grids of tiles")
    def sets(request: Request) -> dict[str, Any]:
        own = f"{_base(request)}/tileMatrixSets/{SQUARE}"
        return {"tileMatrixSets": [{"id": SQUARE, "links": [_link(own, "self", SQUARE)]}]}

    @router.get("/tileMatrixSets/{name}", summary="One grid of tiles")
    def one(name: Annotated[str, Path(max_length=60)]) -> dict[str, Any]:
        _refuse_other(name)
        return _matrices()

    @router.get("/collections/{address}/map/tiles", summary="Tiles of a grid")
    def tilesets(request: Request, address: Address) -> dict[str, Any]:
        _grid(studies, address)
        own = f"{_base(request)}/collections/{address}/map/tiles/{SQUARE}"
        return {"links": [], "tilesets": [_tileset(own, address, _base(request))]}

    @router.get("/collections/{address}/map/tiles/{name}", summary="One set of tiles of a grid")
    def tileset(
        request: Request, address: Address, name: Annotated[str, Path(max_length=60)]
    ) -> dict[str, Any]:
        _refuse_other(name)
        _grid(studies, address)
        own = f"{_base(request)}/collections/{address}/map/tiles/{SQUARE}"
        return _tileset(own, address, _base(request))

    @router.get(
        "/collections/{address}/map/tiles/{name}/{z}/{y}/{x}",
        summary="One tile of a grid",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    def tile(
        address: Address,
        name: Annotated[str, Path(max_length=60)],
        z: Annotated[int, Path(ge=0, le=DEEPEST)],
        y: Annotated[int, Path(ge=0, lt=2**DEEPEST)],
        x: Annotated[int, Path(ge=0, lt=2**DEEPEST)],
    ) -> Response:
        _refuse_other(name)
        found = _grid(studies, address)
        opened = found.opened
        picture = opened.tiles.picture(
            found.product,
            opened.record(found.product).variant,
            Tile(z, x, y),
            opened.colouring(found.product),
        )
        return Response(picture, media_type="image/png")


def _grid(studies: Studies, address: str) -> Collection:
    found = collection(studies, address)
    if found.kind != "grid":
        raise PlanError(f"{address}: is no grid; it has features, no tiles")
    return found


def _refuse_other(name: str) -> None:
    if name != SQUARE:
        raise PlanError(f"tileMatrixSet '{name}': expected {SQUARE}")


def _tileset(own: str, address: str, base: str) -> dict[str, Any]:
    return {
        "title": address,
        "dataType": "map",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SQUARE}",
        "links": [
            _link(own, "self", "This document"),
            _link(
                f"{base}/tileMatrixSets/{SQUARE}",
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
                SQUARE,
            ),
            {
                **_link(
                    f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", "Tiles", "image/png"
                ),
                "templated": True,
            },
        ],
    }


def _matrices() -> dict[str, Any]:
    pixel = 0.00028
    """Width of a pixel of which the OGC reckons scales [m]."""
    return {
        "id": SQUARE,
        "title": "Google Maps Compatible for the World",
        "uri": f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SQUARE}",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(z),
                "scaleDenominator": WORLD / SIDE / 2**z / pixel,
                "cellSize": WORLD / SIDE / 2**z,
                "pointOfOrigin": [-WORLD / 2, WORLD / 2],
                "tileWidth": SIDE,
                "tileHeight": SIDE,
                "matrixWidth": 2**z,
                "matrixHeight": 2**z,
            }
            for z in range(DEEPEST + 1)
        ],
    }


def _told(found: Collection, base: str, voice: Voice) -> dict[str, Any]:
    own = f"{base}/collections/{found.id}"
    links = [_link(own, "self", "This document")]
    if found.kind == "features":
        links.append(_link(f"{own}/items", "items", "Features", GEOJSON))
    else:
        links.append(
            _link(
                f"{own}/map/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map", "Tiles"
            )
        )
    return {
        "id": found.id,
        "title": found.title(voice),
        "itemType": "feature" if found.kind == "features" else "coverage",
        "crs": [CRS84],
        "extent": {"spatial": {"bbox": [found.opened.bounds], "crs": CRS84}},
        "links": links,
    }


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _link(href: str, rel: str, title: str, kind: str = "application/json") -> dict[str, Any]:
    return {"href": href, "rel": rel, "type": kind, "title": title}
