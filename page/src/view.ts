// The address is the view: what is shown, where, in which language. Sharing is copying it.
export interface View {
  study: string;
  scenario: string;
  product: string;
  beside: string; // scenario/product on the right of the swipe line; blank for none
  place: string; // kind/code
  lang: string;
  at: string; // zoom/latitude/longitude
  tab: "findings" | "layers" | "scenarios";
}

const FIRST: View = {
  study: "", scenario: "base", product: "", beside: "", place: "", lang: "", at: "", tab: "findings",
};
type Heard = (view: View, before: View) => void;

let now: View = read();
const heard: Heard[] = [];

function read(): View {
  const words = new URLSearchParams(location.hash.slice(1));
  const out = { ...FIRST };
  for (const key of Object.keys(FIRST) as (keyof View)[]) {
    const value = words.get(key);
    if (value !== null) (out as Record<string, string>)[key] = value;
  }
  if (!["findings", "layers", "scenarios"].includes(out.tab)) out.tab = "findings";
  if (!out.lang) out.lang = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  return out;
}

function write(view: View): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(view)) if (value && value !== (FIRST as unknown as Record<string, string>)[key]) words.set(key, value);
  return `#${words.toString().replaceAll("%2F", "/")}`;
}

export const view = (): View => now;

/** Change the view; moves of the map replace the address, all else can be gone back from. */
export function show(change: Partial<View>): void {
  const before = now;
  now = { ...now, ...change };
  const address = write(now);
  const moved = Object.keys(change).every((key) => key === "at");
  if (address !== location.hash) history[moved ? "replaceState" : "pushState"](null, "", address);
  for (const each of heard) each(now, before);
}

export function hear(each: Heard): void {
  heard.push(each);
}

addEventListener("popstate", () => {
  const before = now;
  now = read();
  for (const each of heard) each(now, before);
});
