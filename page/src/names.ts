// Names of towns and counties that do not lie on one another: plain elements, so that the reader's own fonts draw them.
import type { Map as Chart } from "maplibre-gl";
import type { Base } from "./api";
import { h } from "./dom";

interface Name { text: string; lon: number; lat: number; town: boolean }
const MOST = 70;
const COUNTIES_FROM = 7.2;

export class Names {
  private readonly place = h("div", { class: "names", "aria-hidden": "true" });
  private list: Name[] = [];
  private readonly draw = () => this.drawn();

  constructor(private readonly chart: Chart) {
    chart.getCanvasContainer().append(this.place);
    chart.on("move", this.draw);
    chart.on("resize", this.draw);
  }

  set(told: Base): void {
    const towns = told.places.flatMap((f) => (f.geometry.type === "Point" ? [name(f, f.geometry.coordinates as [number, number], true)] : []));
    const counties = told.counties.map((f) => name(f, middle(f.geometry), false));
    const said = new Set(towns.map((t) => t.text));
    this.list = [...towns, ...counties.filter((c) => !said.has(c.text))].filter((n) => n.text);
    this.drawn();
  }

  private drawn(): void {
    const zoom = this.chart.getZoom();
    const { clientWidth: wide, clientHeight: high } = this.chart.getContainer();
    const taken: [number, number, number, number][] = [];
    const shown: HTMLElement[] = [];
    for (const each of this.list) {
      if (shown.length >= MOST) break;
      if (!each.town && zoom < COUNTIES_FROM) continue;
      const at = this.chart.project([each.lon, each.lat]);
      if (at.x < 0 || at.y < 0 || at.x > wide || at.y > high) continue;
      const letters = [...each.text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e7f ? 13 : 7), 10);
      const box: [number, number, number, number] = [at.x - letters / 2, at.y - 20, at.x + letters / 2, at.y + 4];
      if (taken.some((t) => t[0] < box[2] && box[0] < t[2] && t[1] < box[3] && box[1] < t[3])) continue;
      taken.push(box);
      shown.push(h("span", { class: each.town ? "town" : "county", style: `left:${at.x.toFixed(0)}px;top:${at.y.toFixed(0)}px` }, each.text));
    }
    this.place.replaceChildren(...shown);
  }

  remove(): void {
    this.chart.off("move", this.draw);
    this.chart.off("resize", this.draw);
    this.place.remove();
  }
}

function name(feature: GeoJSON.Feature, at: [number, number], town: boolean): Name {
  return { text: String(feature.properties?.["label"] ?? ""), lon: at[0], lat: at[1], town };
}

function middle(shape: GeoJSON.Geometry): [number, number] {
  let box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (c: unknown): void => {
    if (Array.isArray(c) && typeof c[0] === "number") {
      const [x, y] = c as [number, number];
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    } else if (Array.isArray(c)) c.forEach(walk);
  };
  if ("coordinates" in shape) walk(shape.coordinates);
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}
