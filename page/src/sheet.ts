// All that is said of a place: numbers with their rank, rows, whether a project may come, where numbers come from.
import { get, part, Refused, type Admission, type Figure, type Link, type Place, type Said, type Sheet } from "./api";
import { fill, h } from "./dom";
import { show, view } from "./view";
import { say } from "./words";

const OPENED = 4;
const ROWS = 12;

export function sheet(place: HTMLElement, told: Sheet, others: Place[]): void {
  const { lang } = view();
  const own = told.place;
  const { kind } = own;
  const products = [...told.products].filter((p) => p.figures.length || p.rows.length).sort((a, b) => weight(b) - weight(a));
  fill(
    place,
    h("header", {}, h("div", {}, h("small", {}, own.kind_name), h("h2", {}, own.name)), h("button", { class: "close", "aria-label": say(lang, "close"), click: () => show({ place: "" }) }, "×")),
    others.length > 1 ? h("nav", { class: "chips" }, ...others.map((o) => h("button", { class: o.kind === kind ? "on" : "", click: () => show({ place: `${o.kind}/${o.code}` }) }, `${o.kind_name} ${o.name}`))) : null,
    admission(own),
    h("div", { class: "said" }, ...products.map((p, at) => section(p, at < OPENED, lang))),
  );
}

/** Sums of one row come before tables of rows, and those with ranks first. */
function weight(said: Said): number {
  const ranked = said.figures.filter((f) => f.rank > 0).length;
  return (PROMINENT.indexOf(said.product) >= 0 ? 100 - PROMINENT.indexOf(said.product) : 0) + (said.figures.length ? 10 : 0) + (ranked ? 1 : 0);
}
// what a planner asks first, as far as the study has it
const PROMINENT = ["function_zones", "green_units", "county_gep", "unit_gep", "red_line_share", "county_carrying_capacity", "carrying_capacity", "county_control_line_areas", "county_people"];

function section(said: Said, open: boolean, lang: string): HTMLElement {
  const body = said.figures.length ? figures(said.figures, lang) : table(said, lang);
  const more = h("div", { class: "lineage" });
  return h(
    "details",
    { open, class: "product" },
    h("summary", {}, said.title),
    body,
    h("button", { class: "plain", click: () => void lineage(said.product, more) }, say(lang, "from")),
    more,
  );
}

function figures(list: Figure[], lang: string): HTMLElement {
  return h(
    "dl",
    {},
    ...list.flatMap((f) => [
      h("dt", {}, f.title),
      h(
        "dd",
        {},
        f.said === null || f.value === null ? h("em", {}, say(lang, "unknown")) : `${f.said} ${f.unit}`.trim(),
        f.rank > 0 && f.of > 1
          ? h("span", { class: "rank", title: say(lang, "rank_said", { rank: f.rank, of: f.of }) }, h("i", { style: `--part:${((f.share_below ?? 0) * 100).toFixed(0)}%` }), say(lang, "rank", { rank: f.rank, of: f.of }))
          : null,
      ),
    ]),
  );
}

function table(said: Said, lang: string): HTMLElement {
  const left = said.rows.length - ROWS;
  return h(
    "div",
    { class: "rows" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...said.columns.map((c) => h("th", {}, c.unit ? `${c.title} (${c.unit})` : c.title)))),
      h("tbody", {}, ...said.rows.slice(0, ROWS).map((row) => h("tr", {}, ...said.columns.map((c) => cell(row[c.column], lang))))),
    ),
    left > 0 ? h("p", { class: "note" }, say(lang, "rows_more", { count: left })) : null,
  );
}

function cell(value: unknown, lang: string): HTMLElement {
  if (typeof value === "number") {
    const text = Math.abs(value) >= 1000 ? value.toLocaleString(lang, { maximumFractionDigits: 0 }) : String(Number(value.toPrecision(3)));
    return h("td", { class: "number" }, text);
  }
  return h("td", {}, value === null || value === undefined ? "–" : String(value));
}

async function lineage(product: string, place: HTMLElement): Promise<void> {
  const { study, scenario } = view();
  if (place.childElementCount) return fill(place);
  const { chain } = await get<{ chain: Link[] }>(`api/${part(study)}/${part(scenario)}/explain/${part(product)}`);
  fill(place, h("ul", {}, ...chain.slice(0, 40).map((c) => h("li", { style: `--depth:${Math.min(c.depth, 6)}` }, h("b", {}, (c as unknown as { product: string }).product), c.source ? ` ${c.source}` : ""))));
}

function admission(own: Place): HTMLElement {
  const { study, scenario, lang } = view();
  const box = h("input", { name: "industry", required: true, placeholder: say(lang, "industry"), "aria-label": say(lang, "industry") });
  const out = h("div", { class: "verdict", "aria-live": "polite" });
  const form = h(
    "form",
    {
      class: "admission",
      submit: (e) => {
        e.preventDefault();
        void asked();
      },
    },
    h("label", {}, say(lang, "admission")),
    h("div", { class: "line" }, box, h("button", {}, say(lang, "ask"))),
    out,
  );

  async function asked(): Promise<void> {
    const place = `api/${part(study)}/${part(scenario)}/admission?industry=${part(box.value.trim())}&lon=${own.lon}&lat=${own.lat}`;
    try {
      const told = await get<Admission>(place);
      const zh = lang === "zh";
      const text = (r: { text: string; text_zh?: string }): string => (zh && r.text_zh ? r.text_zh : r.text);
      fill(
        out,
        h("p", { class: `answer ${told.verdict}` }, `${told.code} ${zh ? told.industry_zh : told.industry}: ${zh ? told.answer_zh : told.answer}`),
        h("ul", {}, ...told.rules.map((r) => h("li", {}, h("b", {}, r.rule), ` ${text(r)}`))),
        told.questions.length ? h("p", { class: "sub" }, say(lang, "unsure")) : null,
        told.questions.length ? h("ul", {}, ...told.questions.map((r) => h("li", {}, h("b", {}, r.rule), ` ${text(r)}`))) : null,
        told.changes.length ? h("p", { class: "sub" }, say(lang, "change")) : null,
        told.changes.length ? h("ul", {}, ...(zh ? told.changes_zh : told.changes).map((c) => h("li", {}, c))) : null,
        told.nearest ? h("p", { class: "note" }, `${say(lang, "better")}: ${told.nearest.km} ${say(lang, "km")}`) : null,
      );
    } catch (error) {
      fill(out, h("p", { class: "refused" }, error instanceof Refused ? error.message : String(error)));
    }
  }

  return form;
}
