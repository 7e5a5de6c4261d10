// The page put together: what is asked of the view, and what each part shows of it.
import "maplibre-gl/dist/maplibre-gl.css";
import "./page.css";
import { get, part, Refused, send, type Base, type Drawn, type Finding, type Place, type Sheet, type Study, type Value } from "./api";
import { fill, h } from "./dom";
import { findings } from "./findings";
import { layers } from "./layers";
import { Legend } from "./legend";
import { Pane, type Where } from "./pane";
import { scenarios } from "./scenarios";
import { search } from "./search";
import { sheet } from "./sheet";
import { hear, show, view, type View } from "./view";
import { say, type Word } from "./words";

const page = document.querySelector<HTMLElement>("#page") as HTMLElement;
const bar = h("header", { class: "bar" });
const side = h("aside", { class: "side" });
const tabs = h("nav", { class: "tabs", role: "tablist" });
const panel = h("div", { class: "panel" });
const left = h("div", { class: "chart" });
const right = h("div", { class: "chart right", hidden: true });
const handle = h("input", { class: "swipe", type: "range", min: 0, max: 100, value: 50, hidden: true });
const key = h("section", { class: "legend" });
const told = h("section", { class: "sheet", hidden: true });
const stage = h("main", { class: "stage" }, left, right, handle, key);
const searched = h("div", { class: "search" });

let study: Study | null = null;
let pane: Pane | null = null;
let other: Pane | null = null;
let drawn: Drawn | null = null;
let around: Place[] = [];
const legend = new Legend(key, (opacity) => {
  pane?.fade(opacity);
  other?.fade(opacity);
});

const api = (v: View, door: string, scenario = v.scenario): string => `api/${part(v.study)}/${part(scenario)}/${door}${door.includes("?") ? "&" : "?"}lang=${v.lang}`;

async function begin(): Promise<void> {
  fill(page, bar, h("div", { class: "body" }, side, stage, told));
  fill(side, tabs, panel);
  try {
    const { studies } = await get<{ studies: { study: string; title: string }[] }>(`api?lang=${view().lang}`);
    const v = view();
    if (!studies.some((s) => s.study === v.study)) show({ study: studies[0]?.study ?? "" });
    await opened(studies);
    hear((now, before) => void changed(now, before, studies));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return login();
    failed(error);
  }
}

async function opened(studies: { study: string; title: string }[]): Promise<void> {
  const v = view();
  document.documentElement.lang = v.lang;
  study = await get<Study>(`api/${part(v.study)}?lang=${v.lang}`);
  document.title = `${study.title} · shanshui`;
  head(studies);
  if (!v.product) {
    const { findings: list } = await get<{ findings: Finding[] }>(api(v, "findings"));
    show({ product: list[0]?.product ?? "elevation" });
  }
  pane?.remove();
  pane = new Pane(left, say(v.lang, "map_name"), where(v.at), study.bounds, true);
  listen(pane);
  await Promise.all([based(pane), tabbed(), producted(), sheeted()]);
  page.dataset["ready"] = "yes";
}

async function based(which: Pane): Promise<void> {
  const v = view();
  const base = await get<Base>(api(v, "base"));
  const heights = new URL(`tiles/${part(v.study)}/${part(v.scenario)}/elevation/{z}/{x}/{y}.png?style=heights`, location.href).href;
  await which.base(decodeURI(heights), base);
}

function where(at: string): Where | null {
  const [zoom, lat, lon] = at.split("/").map(Number);
  return zoom !== undefined && lat !== undefined && lon !== undefined && [zoom, lat, lon].every(Number.isFinite) ? { zoom, lat, lon } : null;
}

function head(studies: { study: string; title: string }[]): void {
  const v = view();
  const choose = (options: [string, string][], now: string, change: (value: string) => void, label: string): HTMLElement =>
    h("select", { "aria-label": label, change: (e) => change((e.target as HTMLSelectElement).value) }, ...options.map(([value, text]) => h("option", { value, selected: value === now }, text)));
  const copy = h("button", { class: "plain", title: say(v.lang, "share"), click: () => void copied() }, say(v.lang, "share"));
  async function copied(): Promise<void> {
    await navigator.clipboard.writeText(location.href);
    copy.textContent = say(view().lang, "shared");
  }
  fill(
    bar,
    h("b", { class: "brand" }, "山水"),
    studies.length > 1 ? choose(studies.map((s) => [s.study, s.title]), v.study, (value) => { location.hash = `#study=${value}&lang=${v.lang}`; location.reload(); }, "study") : h("span", { class: "title" }, study?.title ?? ""),
    choose((study?.scenarios ?? ["base"]).map((s) => [s, s === "base" ? say(v.lang, "base") : s]), v.scenario, (value) => show({ scenario: value }), say(v.lang, "scenarios")),
    searched,
    h("button", { class: "plain", click: () => { const up = !lifted; lifted = up; pane?.relief(up); other?.relief(up); } }, say(v.lang, "relief")),
    copy,
    h("button", { class: "lang", click: () => show({ lang: say(v.lang, "language_other") }) }, say(v.lang, "language")),
  );
  search(searched);
  if (study?.made_up) stage.dataset["madeUp"] = say(v.lang, "made_up");
}
let lifted = false;

async function tabbed(): Promise<void> {
  const v = view();
  fill(
    tabs,
    ...(["findings", "layers", "scenarios"] as const).map((tab) => h("button", { role: "tab", "aria-selected": v.tab === tab ? "true" : "false", click: () => show({ tab }) }, say(v.lang, tab as Word))),
  );
  try {
    await { findings, layers, scenarios }[v.tab](panel);
  } catch (error) {
    fill(panel, h("p", { class: "refused" }, error instanceof Error ? error.message : String(error)));
  }
}

function tilesOf(v: View, scenario: string, d: Drawn): string {
  return decodeURI(new URL(`tiles/${part(v.study)}/${part(scenario)}/${part(d.raster)}/{z}/{x}/{y}.png?v=${d.digest ?? ""}`, location.href).href);
}

async function producted(): Promise<void> {
  const v = view();
  if (!pane || !v.product) return;
  try {
    drawn = await get<Drawn>(api(v, `maps/${part(v.product)}`));
  } catch (error) {
    drawn = null;
    await pane.product(null, "");
    fill(key, h("p", { class: "refused" }, error instanceof Refused ? `${say(v.lang, "no_map")} ${error.message}` : String(error)));
    return;
  }
  await pane.product(drawn, tilesOf(v, v.scenario, drawn));
  await besides();
}

async function besides(): Promise<void> {
  const v = view();
  const cut = v.beside.indexOf("/");
  const off = cut < 0;
  right.hidden = handle.hidden = off;
  if (off || !study || !pane) {
    other?.remove();
    other = null;
    legend.show(drawn, v.lang);
    return;
  }
  const [scenario, product] = [v.beside.slice(0, cut), v.beside.slice(cut + 1)];
  if (!other) {
    const at = pane.chart.getCenter();
    other = new Pane(right, say(v.lang, "map_name"), { zoom: pane.chart.getZoom(), lat: at.lat, lon: at.lng }, study.bounds, false);
    await based(other);
    tie(pane, other);
  }
  try {
    const told = await get<Drawn>(api(v, `maps/${part(product)}`, scenario));
    await other.product(told, tilesOf(v, scenario, told));
    legend.show(drawn, v.lang, `${told.title} (${scenario === "base" ? say(v.lang, "base") : scenario})`);
  } catch (error) {
    legend.show(drawn, v.lang, error instanceof Error ? error.message : String(error));
  }
  handle.setAttribute("aria-label", say(v.lang, "beside"));
  split();
}

function split(): void {
  right.style.clipPath = `inset(0 0 0 ${handle.value}%)`;
  stage.style.setProperty("--split", `${handle.value}%`);
}
handle.addEventListener("input", split);

function tie(one: Pane, two: Pane): void {
  let moving = false;
  const follow = (from: Pane, to: () => Pane | null) => () => {
    const target = to();
    if (moving || !target) return;
    moving = true;
    target.chart.jumpTo({ center: from.chart.getCenter(), zoom: from.chart.getZoom(), bearing: from.chart.getBearing(), pitch: from.chart.getPitch() });
    moving = false;
  };
  one.chart.on("move", follow(one, () => other));
  two.chart.on("move", follow(two, () => pane));
  two.chart.on("click", (e) => void clicked(e.lngLat.lng, e.lngLat.lat));
}

function listen(which: Pane): void {
  let asked = 0;
  which.chart.on("click", (e) => void clicked(e.lngLat.lng, e.lngLat.lat));
  which.chart.on("moveend", () => {
    const at = which.chart.getCenter();
    show({ at: `${which.chart.getZoom().toFixed(2)}/${at.lat.toFixed(4)}/${at.lng.toFixed(4)}` });
  });
  which.chart.on("mousemove", (e) => {
    const mine = ++asked;
    const named = which.classAt(e.point);
    if (!which.tiled) return legend.here(named);
    setTimeout(() => {
      if (mine === asked) void valued(e.lngLat.lng, e.lngLat.lat, named);
    }, 120);
  });
}

async function valued(lon: number, lat: number, named: string): Promise<void> {
  const v = view();
  if (!drawn?.raster) return;
  try {
    const told = await get<Value>(`value/${part(v.study)}/${part(v.scenario)}/${part(drawn.raster)}?lon=${lon.toFixed(5)}&lat=${lat.toFixed(5)}&lang=${v.lang}`);
    legend.here(`${say(v.lang, "value_here")}: ${told.known ? `${told.said} ${told.unit_said}`.trim() : say(v.lang, "unknown")}${named ? ` · ${named}` : ""}`);
  } catch {
    legend.here(named);
  }
}

async function clicked(lon: number, lat: number): Promise<void> {
  const v = view();
  around = (await get<{ places: Place[] }>(api(v, `at?lon=${lon.toFixed(5)}&lat=${lat.toFixed(5)}`))).places;
  const kind = v.place.split("/")[0];
  const chosen = around.find((p) => p.kind === kind) ?? around[0];
  show({ place: chosen ? `${chosen.kind}/${chosen.code}` : "" });
}

async function sheeted(): Promise<void> {
  const v = view();
  told.hidden = !v.place;
  pane?.choose([]);
  if (!v.place) return;
  try {
    const cut = v.place.indexOf("/");
    const own = await get<Sheet>(api(v, `places/${part(v.place.slice(0, cut))}/${part(v.place.slice(cut + 1))}`));
    const there = own.place;
    if (!around.some((p) => p.kind === there.kind && p.code === there.code)) {
      around = (await get<{ places: Place[] }>(api(v, `at?lon=${there.lon}&lat=${there.lat}`))).places;
      pane?.chart.jumpTo({ center: [there.lon, there.lat], zoom: Math.max(pane.chart.getZoom(), 8) });
    }
    // drawn once all is known: a form that is written in is not drawn anew
    if (view().place !== v.place || view().lang !== v.lang) return;
    sheet(told, own, around);
    if (!pane) return;
    const base = await get<Base>(api(v, "base"));
    pane.choose(base.counties.filter((f) => own.place.kind === "county" && String(f.properties?.["code"]) === own.place.code));
  } catch (error) {
    fill(told, h("p", { class: "refused" }, error instanceof Error ? error.message : String(error)), h("button", { click: () => show({ place: "" }) }, say(v.lang, "close")));
  }
}

async function changed(now: View, before: View, studies: { study: string; title: string }[]): Promise<void> {
  const is = (...names: (keyof View)[]): boolean => names.some((name) => now[name] !== before[name]);
  try {
    if (is("study", "lang")) {
      around = [];
      other?.remove();
      other = null;
      delete page.dataset["ready"];
      return await opened(studies);
    }
    if (is("scenario")) head(studies);
    if (is("product", "scenario")) await producted();
    else if (is("beside")) await besides();
    if (is("tab", "scenario", "product")) await tabbed();
    if (is("place", "scenario")) await sheeted();
  } catch (error) {
    failed(error);
  }
}

function login(): void {
  const { lang } = view();
  const name = h("input", { name: "name", autocomplete: "username", required: true, "aria-label": say(lang, "name"), placeholder: say(lang, "name") });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, "aria-label": say(lang, "password"), placeholder: say(lang, "password") });
  const wrong = h("p", { class: "refused", "aria-live": "polite" });
  fill(
    page,
    h(
      "form",
      {
        class: "login",
        submit: (e) => {
          e.preventDefault();
          send("POST", "login", { name: name.value, password: password.value }).then(() => location.reload(), () => fill(wrong, say(lang, "login_wrong")));
        },
      },
      h("h1", {}, "山水"),
      name,
      password,
      h("button", {}, say(lang, "login")),
      wrong,
    ),
  );
}

function failed(error: unknown): void {
  fill(panel, h("p", { class: "refused" }, say(view().lang, "failed", { why: error instanceof Error ? error.message : String(error) })));
}

void begin();
