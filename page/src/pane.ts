// One map: relief, one product, borders, rivers and names; two of them make a swipe.
import { Map as Chart, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type LngLatLike } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Base, Drawn } from "./api";
import { Names } from "./names";

setWorkerUrl(workerUrl);

const PAPER = "#fbfbf8";
const INK = "#1d2b26";
const WATER = "#2f6ea8";
const none = (): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features: [] });
const all = (features: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

export interface Where { zoom: number; lat: number; lon: number }

export class Pane {
  readonly chart: Chart;
  readonly ready: Promise<void>;
  private readonly names: Names;
  private raster = "";

  constructor(place: HTMLElement, said: string, where: Where | null, box: [number, number, number, number], controls: boolean) {
    this.chart = new Chart({
      container: place,
      style: { version: 8, sources: {}, layers: [{ id: "paper", type: "background", paint: { "background-color": PAPER } }] },
      attributionControl: false,
      maxZoom: 15,
      maxPitch: 70,
      fadeDuration: 0,
      ...(where
        ? { center: [where.lon, where.lat] as LngLatLike, zoom: where.zoom }
        : { bounds: box, fitBoundsOptions: { padding: 24 } }),
    });
    this.chart.getCanvas().setAttribute("aria-label", said);
    if (controls) {
      this.chart.addControl(new NavigationControl({ visualizePitch: true }), "top-right");
      this.chart.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    }
    this.names = new Names(this.chart);
    this.ready = new Promise((done) => this.chart.once("load", () => done()));
  }

  /** Relief and what lies on every map. */
  async base(heights: string, told: Base): Promise<void> {
    await this.ready;
    const chart = this.chart;
    this.names.set(told);
    if (chart.getSource("heights")) {
      (chart.getSource("counties") as GeoJSONSource).setData(all(told.counties));
      return;
    }
    const box = told.bounds;
    for (const id of ["heights", "relief"])
      chart.addSource(id, { type: "raster-dem", tiles: [heights], tileSize: 256, encoding: "terrarium", maxzoom: 12, bounds: around(box) });
    chart.addLayer({ id: "hillshade", type: "hillshade", source: "heights", paint: { "hillshade-exaggeration": 0.35, "hillshade-shadow-color": "#33413a", "hillshade-highlight-color": "#ffffff", "hillshade-accent-color": "#55605a" } });
    for (const [id, features] of Object.entries({ rivers: told.rivers, counties: told.counties, region: told.region }))
      chart.addSource(id, { type: "geojson", data: all(features) });
    chart.addLayer({ id: "rivers", type: "line", source: "rivers", paint: { "line-color": WATER, "line-opacity": 0.65, "line-width": ["interpolate", ["linear"], ["zoom"], 6, ["*", 0.22, ["coalesce", ["get", "order"], 3]], 11, ["*", 0.6, ["coalesce", ["get", "order"], 3]]] } });
    chart.addLayer({ id: "counties", type: "line", source: "counties", paint: { "line-color": INK, "line-opacity": 0.4, "line-width": ["interpolate", ["linear"], ["zoom"], 6, 0.4, 10, 1.2] } });
    chart.addLayer({ id: "region", type: "line", source: "region", paint: { "line-color": INK, "line-width": 1.6 } });
    chart.addSource("chosen", { type: "geojson", data: none() });
    chart.addLayer({ id: "chosen", type: "line", source: "chosen", paint: { "line-color": "#c2410c", "line-width": 3 } });
  }

  /** What the map of a product shows, under the relief's shade. */
  async product(told: Drawn | null, tiles: string): Promise<void> {
    await this.ready;
    const chart = this.chart;
    for (const id of ["product-fills", "product-edges", "product-lines", "product-points", "product-raster"]) if (chart.getLayer(id)) chart.removeLayer(id);
    for (const id of ["product", "product-raster"]) if (chart.getSource(id)) chart.removeSource(id);
    this.raster = told?.raster ?? "";
    if (!told) return;
    const above = chart.getLayer("hillshade") ? "hillshade" : undefined;
    const overlay = chart.getLayer("region") ? "region" : undefined;
    if (told.raster) {
      chart.addSource("product-raster", { type: "raster", tiles: [tiles], tileSize: 256, bounds: around(told.bounds), maxzoom: 14 });
      chart.addLayer({ id: "product-raster", type: "raster", source: "product-raster", paint: { "raster-resampling": "nearest", "raster-fade-duration": 0, "raster-opacity": this.opacity } }, above);
    }
    const features = told.layers.flatMap((layer) =>
      layer.features.map((f) => ({ ...f, properties: { ...f.properties, role: layer.role, colour: layer.colour, wide: layer.width, class: layer.label } })),
    );
    if (!features.length) return;
    chart.addSource("product", { type: "geojson", data: all(features) });
    chart.addLayer({ id: "product-fills", type: "fill", source: "product", filter: ["==", ["get", "role"], "fill"], paint: { "fill-color": ["get", "colour"], "fill-opacity": this.opacity, "fill-antialias": false } }, above);
    chart.addLayer({ id: "product-edges", type: "line", source: "product", filter: ["==", ["get", "role"], "fill"], minzoom: 7, paint: { "line-color": "#ffffff", "line-opacity": 0.5, "line-width": 0.5 } }, above);
    chart.addLayer({ id: "product-lines", type: "line", source: "product", filter: ["in", ["get", "role"], ["literal", ["line", "course"]]], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ["get", "colour"], "line-width": ["+", 1, ["get", "wide"]] } }, overlay);
    chart.addLayer({ id: "product-points", type: "circle", source: "product", filter: ["==", ["get", "role"], "mark"], paint: { "circle-color": ["get", "colour"], "circle-radius": ["interpolate", ["linear"], ["zoom"], 6, 3.5, 10, 7], "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 } }, overlay);
  }

  private opacity = 0.85;

  fade(opacity: number): void {
    this.opacity = opacity;
    if (this.chart.getLayer("product-raster")) this.chart.setPaintProperty("product-raster", "raster-opacity", opacity);
    if (this.chart.getLayer("product-fills")) this.chart.setPaintProperty("product-fills", "fill-opacity", opacity);
  }

  relief(up: boolean): void {
    this.chart.setTerrain(up ? { source: "relief", exaggeration: 1.6 } : null);
    this.chart.easeTo({ pitch: up ? 55 : 0, duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200 });
  }

  /** Class of the area, line or mark under a point of the screen. */
  classAt(point: { x: number; y: number }): string {
    const layers = ["product-points", "product-lines", "product-fills"].filter((id) => this.chart.getLayer(id));
    const found = layers.length ? this.chart.queryRenderedFeatures([point.x, point.y], { layers })[0] : undefined;
    return (found?.properties?.["class"] as string | undefined) ?? "";
  }

  get tiled(): string {
    return this.raster;
  }

  choose(features: GeoJSON.Feature[]): void {
    const source = this.chart.getSource("chosen") as GeoJSONSource | undefined;
    source?.setData(all(features));
  }

  fit(box: [number, number, number, number]): void {
    this.chart.fitBounds(box, { padding: 24, duration: 0 });
  }

  remove(): void {
    this.names.remove();
    this.chart.remove();
  }
}

function around(box: [number, number, number, number]): [number, number, number, number] {
  return [Math.max(-180, box[0] - 2), Math.max(-85, box[1] - 2), Math.min(180, box[2] + 2), Math.min(85, box[3] + 2)];
}
