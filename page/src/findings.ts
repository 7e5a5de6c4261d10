// What was found, in sentences; each shows its map.
import { get, part, type Finding } from "./api";
import { fill, h } from "./dom";
import { show, view } from "./view";

export async function findings(place: HTMLElement): Promise<void> {
  const { study, scenario, lang } = view();
  const told = await get<{ findings: Finding[] }>(`api/${part(study)}/${part(scenario)}/findings?lang=${lang}`);
  const { product } = view();
  fill(
    place,
    h("ol", { class: "findings" }, ...told.findings.map((f) => h("li", {}, h("button", { class: f.product === product ? "on" : "", "aria-pressed": f.product === product ? "true" : "false", click: () => show({ product: f.product }) }, f.text)))),
  );
}
