// Sentences about names and values that a person wrote: in a scenario, in an option, at a prompt. A message names what was
// found and what was expected, and an unknown name gets the nearest known one.

import { closest, distance } from "fastest-levenshtein";

/** A message shows at most this much of what was written. */
const CHARACTERS_SHOWN = 60;

/** The words by which a message describes a value that it did not expect. */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a mapping";
  return `\`${String(value)}\``;
}

/** The sentence for a word that is not in its list. `what` is the kind of the word: `event`, `key`, `reason of bolus_denied`. */
export function describeUnknown(what: string, word: string, known: readonly string[]): string {
  const list = known.length > 1 ? `; expected one of ${known.join(", ")}` : "";
  const near = known.length > 0 ? `: the nearest known one is \`${nearest(word, known)}\`` : ", because there is none";
  return `unknown ${what} \`${shortened(word)}\`${near}${list}`;
}

/** The known word that is most like an unknown one. A difference of upper and lower case counts least. */
export function nearest(word: string, known: readonly string[]): string {
  const short = word.slice(0, CHARACTERS_SHOWN);
  const near = closest(short, [...known]);
  const plain = short.toLowerCase();
  const other = closest(
    plain,
    known.map((one) => one.toLowerCase()),
  );
  const caseless = known.find((one) => one.toLowerCase() === other) ?? near;
  return distance(plain, caseless.toLowerCase()) < distance(short, near) ? caseless : near;
}

function shortened(text: string): string {
  return text.length > CHARACTERS_SHOWN ? `${text.slice(0, CHARACTERS_SHOWN - 3)}...` : text;
}
