// Words of the page itself; those of products, places and rules come from the server in the language asked for.
import en from "../words/en.json";
import zh from "../words/zh.json";

export type Word = keyof typeof en;
const LISTS: Record<string, Record<Word, string>> = { en, zh };

export function say(lang: string, word: Word, parts: Record<string, string | number> = {}): string {
  const text = (LISTS[lang] ?? en)[word];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(parts[name] ?? ""));
}
