// Products by chapter, one line each, with those that are not up to date told.
import { get, part, type Product } from "./api";
import { fill, h } from "./dom";
import { show, view } from "./view";
import { say } from "./words";

export async function layers(place: HTMLElement): Promise<void> {
  const { study, scenario, lang } = view();
  fill(place, h("p", { class: "wait" }, say(lang, "loading")));
  const { products } = await get<{ products: Product[] }>(`api/${part(study)}/${part(scenario)}/products?lang=${lang}`);
  const drawn = products.filter((p) => p.dims === "y, x" || (p.chapter && p.dims !== "layer, y, x")).sort((a, b) => a.order - b.order);
  const list = h("div", {});
  const box = h("input", { type: "search", placeholder: say(lang, "layers_filter"), "aria-label": say(lang, "layers_filter"), input: () => listed() });

  function listed(): void {
    const text = box.value.trim().toLowerCase();
    const kept = drawn.filter((p) => !text || p.title.toLowerCase().includes(text) || p.product.includes(text));
    const chapters = new Map<string, Product[]>();
    for (const p of kept) {
      const name = p.chapter_title || say(lang, "other");
      chapters.set(name, [...(chapters.get(name) ?? []), p]);
    }
    const { product } = view();
    fill(
      list,
      ...[...chapters].map(([name, rows], at) =>
        h(
          "details",
          { class: "chapter", open: !!text || rows.some((p) => p.product === product) || (at === 0 && !product) },
          h("summary", {}, name, h("small", {}, String(rows.length))),
          h("ul", {}, ...rows.map((p) => line(p, product, lang))),
        ),
      ),
    );
  }

  listed();
  fill(place, box, list);
}

function line(p: Product, product: string, lang: string): HTMLElement {
  const there = p.state === "made" || p.state === "stale";
  const state = p.state === "made" ? "" : p.state === "stale" ? say(lang, "stale") : say(lang, "missing");
  return h("li", {}, h("button", { class: p.product === product ? "on" : "", disabled: !there, title: p.state === "made" ? p.product : p.state, click: () => show({ product: p.product }) }, p.title, state ? h("small", {}, state) : null));
}
