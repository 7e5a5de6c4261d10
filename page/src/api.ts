// What the server answers, typed as it says it.
export interface Line { label: string; colour: string; shape: string }
export interface Ramp { low_said: string; high_said: string; colours: string[]; logarithmic: boolean }
export interface DrawnLayer { role: string; colour: string; width: number; label: string; features: GeoJSON.Feature[] }
export interface Drawn {
  product: string; title: string; subtitle: string; unit: string; kind: string; raster: string; source: string; note: string;
  bounds: Box; legend: Line[]; ramp: Ramp | null; digest?: string; layers: DrawnLayer[];
}
export type Box = [number, number, number, number];
export interface Study {
  study: string; title: string; made_up: boolean; languages: string[]; bounds: Box; cell_m: number; scenarios: string[];
  kinds: { kind: string; name: string }[];
}
export interface Base {
  bounds: Box; region: GeoJSON.Feature[]; counties: GeoJSON.Feature[]; rivers: GeoJSON.Feature[]; places: GeoJSON.Feature[];
}
export interface Finding { finding: string; product: string; text: string }
export interface Product { product: string; title: string; unit_said: string; chapter: string; chapter_title: string; state: string; order: number; dims: string }
export interface Place { kind: string; kind_name: string; code: string; name: string; lon: number; lat: number }
export interface Figure { column: string; title: string; value: number | string | null; said: string | null; unit: string; rank: number; of: number; share_below: number | null }
export interface Said { product: string; title: string; figures: Figure[]; columns: { column: string; title: string; unit: string }[]; rows: Record<string, unknown>[] }
export interface Sheet { place: Place; products: Said[] }
export interface Hit { type: string; kind?: string; kind_name?: string; code?: string; name: string; product?: string; lon?: number; lat?: number }
export interface Rule { rule: string; verdict: string; text: string; text_zh?: string }
export interface Admission {
  code: string; industry: string; industry_zh: string; verdict: string; answer: string; answer_zh: string; provisional: boolean;
  rules: Rule[]; questions: Rule[]; changes: string[]; changes_zh: string[]; nearest: { lon: number; lat: number; km: number; verdict: string } | null;
}
export interface Value { value: number | null; said: string; unit_said: string; known: boolean }
export interface ScenarioLine { scenario: string; parent: string; made: number; reached: number; note: string }
export interface Job { id: string; state: string; steps: number; done: number; seconds_left: number | null; message: string }
export interface Link { product: string; depth: number; what: string; source: string; made: string }

export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  let why = response.statusText;
  try {
    const told = (await response.json()) as { detail?: unknown };
    why = typeof told.detail === "string" ? told.detail : JSON.stringify(told.detail);
  } catch {
    // an answer without words
  }
  throw new Refused(response.status, why);
}

const held = new Map<string, Promise<unknown>>();

/** Ask once; an answer is held until it is forgotten, a failure is not. */
export function get<T>(place: string): Promise<T> {
  const known = held.get(place);
  if (known) return known as Promise<T>;
  const asked = fetch(place).then((r) => answer<T>(r));
  held.set(place, asked);
  asked.catch(() => held.delete(place));
  return asked;
}

export async function send<T>(method: string, place: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return answer<T>(await fetch(place, { method, ...sent }));
}

export function forget(part: string): void {
  for (const key of held.keys()) if (key.includes(part)) held.delete(key);
}

export const part = encodeURIComponent;
