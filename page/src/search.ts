// One box for places and indicators, in Chinese, pinyin, English or by code.
import { get, part, type Hit } from "./api";
import { fill, h } from "./dom";
import { show, view } from "./view";
import { say } from "./words";

export function search(place: HTMLElement): void {
  const { lang } = view();
  const list = h("ul", { class: "hits", role: "listbox", id: "hits" });
  let asked = 0;
  const box = h("input", {
    type: "search", placeholder: say(lang, "search"), "aria-label": say(lang, "search"), role: "combobox", "aria-expanded": "false", "aria-controls": "hits", autocomplete: "off",
    input: () => void look(),
    keydown: (e) => {
      const key = (e as KeyboardEvent).key;
      if (key === "Escape") close();
      if (key === "ArrowDown") (list.querySelector("button") as HTMLButtonElement | null)?.focus();
      if (key === "Enter") (list.querySelector("button") as HTMLButtonElement | null)?.click();
    },
  });
  list.addEventListener("keydown", (e) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (e.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    if (e.key === "ArrowUp") (at <= 0 ? box : buttons[at - 1])?.focus();
    if (e.key === "Escape") close();
  });

  function close(): void {
    fill(list);
    box.setAttribute("aria-expanded", "false");
  }

  async function look(): Promise<void> {
    const mine = ++asked;
    const { study, scenario, lang: now } = view();
    const text = box.value.trim();
    if (!text) return close();
    await new Promise((r) => setTimeout(r, 150));
    if (mine !== asked) return;
    const { found } = await get<{ found: Hit[] }>(`api/${part(study)}/${part(scenario)}/search?q=${part(text)}&lang=${now}`);
    if (mine !== asked) return;
    box.setAttribute("aria-expanded", "true");
    fill(list, ...(found.length ? found.map((hit) => h("li", {}, h("button", { role: "option", click: () => chosen(hit) }, hit.name, h("small", {}, hit.kind_name ?? hit.product ?? "")))) : [h("li", { class: "none" }, say(now, "search_none"))]));
  }

  function chosen(hit: Hit): void {
    close();
    box.value = "";
    if (hit.type === "place") show({ place: `${hit.kind}/${hit.code}` });
    else show({ product: hit.product ?? "" });
  }

  document.addEventListener("click", (e) => {
    if (!place.contains(e.target as Node)) close();
  });
  fill(place, box, list);
}
