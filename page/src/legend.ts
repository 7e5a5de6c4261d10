// What the colours mean: always there, with unit and source, opacity, and the value under the cursor.
import type { Drawn } from "./api";
import { fill, h } from "./dom";
import { say } from "./words";

export class Legend {
  private readonly value = h("p", { class: "value", "aria-live": "polite" });

  constructor(private readonly place: HTMLElement, private readonly faded: (opacity: number) => void) {}

  show(told: Drawn | null, lang: string, right = ""): void {
    if (!told) {
      fill(this.place);
      return;
    }
    fill(this.value);
    const unit = told.unit && told.ramp ? ` (${told.unit})` : "";
    const slider = h("input", { type: "range", min: 10, max: 100, value: 85, "aria-label": say(lang, "opacity"), input: (e) => this.faded(Number((e.target as HTMLInputElement).value) / 100) });
    fill(
      this.place,
      h("h2", {}, told.title + unit),
      told.subtitle ? h("p", { class: "sub" }, told.subtitle) : null,
      right ? h("p", { class: "sub" }, `${say(lang, "beside")}: ${right}`) : null,
      told.ramp ? ramp(told) : null,
      told.legend.length
        ? h("ul", { class: "classes" }, ...told.legend.map((line) => h("li", {}, h("i", { class: `mark ${line.shape}`, style: `--c:${line.colour}` }), line.label)))
        : null,
      this.value,
      told.note ? h("p", { class: "note" }, told.note) : null,
      h("label", { class: "fade" }, say(lang, "opacity"), slider),
      h("details", { class: "source" }, h("summary", {}, say(lang, "source")), told.source),
    );
  }

  here(text: string): void {
    fill(this.value, text);
  }
}

function ramp(told: Drawn): HTMLElement {
  const colours = told.ramp?.colours ?? [];
  return h(
    "div",
    { class: "ramp" },
    h("div", { class: "bar", style: `background:linear-gradient(90deg,${colours.join(",")})` }),
    h("div", { class: "ends" }, h("span", {}, `≤ ${told.ramp?.low_said}`), h("span", {}, `≥ ${told.ramp?.high_said}`)),
  );
}
