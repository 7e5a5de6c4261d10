// Scenarios beside the base: written, shown, run with live events, compared.
import { forget, get, part, Refused, send, type Job, type ScenarioLine } from "./api";
import { fill, h } from "./dom";
import { show, view } from "./view";
import { say, type Word } from "./words";

export async function scenarios(place: HTMLElement): Promise<void> {
  const { study, scenario, product, lang } = view();
  const told = await get<{ scenarios: ScenarioLine[] }>(`scenarios/${part(study)}`);
  const progress = h("div", { class: "progress", "aria-live": "polite" });
  const rows = [{ scenario: "base", parent: "", made: 0, reached: 0, note: "" }, ...told.scenarios].map((s) =>
    h(
      "li",
      { class: s.scenario === scenario ? "on" : "" },
      h("b", {}, s.scenario === "base" ? say(lang, "base") : s.scenario),
      s.parent ? h("small", {}, `${say(lang, "scenario_parent", { parent: s.parent === "base" ? say(lang, "base") : s.parent })} · ${say(lang, "scenario_made", { made: s.made, reached: s.reached })}`) : null,
      s.note ? h("p", { class: "note" }, s.note) : null,
      h(
        "div",
        { class: "line" },
        h("button", { click: () => show({ scenario: s.scenario }) }, say(lang, "scenario_show")),
        s.scenario !== "base" && product ? h("button", { click: () => void run(s.scenario) }, say(lang, "scenario_run")) : null,
        s.scenario !== "base" && product ? h("button", { click: () => show({ scenario: "base", beside: `${s.scenario}/${product}` }) }, say(lang, "compare")) : null,
      ),
    ),
  );

  async function run(name: string): Promise<void> {
    try {
      const job = await send<Job>("POST", `runs/${part(study)}`, { scenario: name, products: [product.split(".")[0]] });
      follow(job);
    } catch (error) {
      fill(progress, h("p", { class: "refused" }, error instanceof Refused ? error.message : String(error)));
    }
  }

  function follow(job: Job): void {
    const events = new EventSource(`runs/${part(study)}/${part(job.id)}/events`);
    let done = job.done;
    const told = (now: Job): void =>
      fill(
        progress,
        h("p", {}, say(lang, "run_state", { state: say(lang, (now.state in STATES ? now.state : "failed") as Word, { why: now.message }), done: now.done, steps: now.steps })),
        h("progress", { max: Math.max(now.steps, 1), value: now.done }),
        now.seconds_left ? h("small", {}, say(lang, "run_left", { seconds: Math.ceil(now.seconds_left) })) : null,
        now.state === "running" || now.state === "waiting" ? h("button", { click: () => void send("DELETE", `runs/${part(study)}/${part(job.id)}`) }, say(lang, "cancel")) : null,
      );
    told(job);
    events.onmessage = (e) => {
      const event = JSON.parse(e.data as string) as { kind: string };
      if (event.kind === "made") told({ ...job, state: "running", done: ++done });
    };
    events.addEventListener("ended", (e) => {
      events.close();
      forget(`/${part(study)}`);
      told(JSON.parse((e as MessageEvent<string>).data) as Job);
    });
  }

  const name = h("input", { required: true, "aria-label": say(lang, "scenario_name"), placeholder: say(lang, "scenario_name"), maxlength: 80 });
  const measure = h("input", { required: true, "aria-label": say(lang, "scenario_measure"), placeholder: say(lang, "measure_hint") });
  const note = h("input", { "aria-label": say(lang, "scenario_note"), placeholder: say(lang, "scenario_note"), maxlength: 2000 });
  const refused = h("p", { class: "refused", "aria-live": "polite" });
  const form = h(
    "form",
    {
      class: "new",
      submit: (e) => {
        e.preventDefault();
        void send("POST", `scenarios/${part(study)}`, { name: name.value.trim(), measures: [measure.value], note: note.value })
          .then(() => {
            forget(`/${part(study)}`);
            return scenarios(place);
          })
          .catch((error: unknown) => fill(refused, error instanceof Error ? error.message : String(error)));
      },
    },
    h("h3", {}, say(lang, "scenario_new")),
    name,
    measure,
    note,
    h("button", {}, say(lang, "scenario_write")),
    refused,
  );
  fill(place, h("ul", { class: "scenarios" }, ...rows), progress, form);
}

const STATES = { waiting: 1, running: 1, done: 1, lost: 1, cancelled: 1 };
