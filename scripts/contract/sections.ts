// Replaces the generated sections of a file whose other text is written by hand. A section stands between a line that names its
// source and a line that ends it, both in a comment of the file's language. The text outside the sections is not changed.

import { readFileSync } from "node:fs";
import { format } from "oxfmt";

const RULES = new URL("../../.oxfmtrc.json", import.meta.url);

/**
 * The first line of a section, `// Made from emulator/contract/alarms.ts by npm run contract: alarms.`, also with `#` or
 * `<!--`.
 */
const BEGIN = /^( *(?:\/\/|#|<!--) )Made from .+ by npm run contract: ([\w -]+)\.(?: -->)?$/;

/** The text with each section's content replaced by `made`. Throws when the text has not exactly these sections. */
export function withSections(text: string, made: Record<string, string>): string {
  const lines: string[] = [];
  const open = new Set(Object.keys(made));
  let within: string | null = null;
  for (const line of text.split("\n")) {
    const begun = BEGIN.exec(line);
    if (within === null) lines.push(line);
    else if (line.includes(`End of ${within}.`)) {
      lines.push(line);
      within = null;
    }
    if (begun === null || within !== null) continue;
    within = begun[2];
    if (!open.delete(within)) throw new Error(`there is nothing to make for the section \`${within}\``);
    lines.push(...made[within].split("\n"));
  }
  if (within !== null) throw new Error(`the section \`${within}\` has no end`);
  if (open.size > 0) throw new Error(`there is no section ${[...open].join(", ")}`);
  return lines.join("\n");
}

/** The text as TypeScript is formatted in this tree. Throws when it is no TypeScript. */
export async function typescript(text: string): Promise<string> {
  const { printWidth } = JSON.parse(readFileSync(RULES, "utf8")) as { printWidth: number };
  const { code, errors } = await format("made.ts", text, { printWidth });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return code;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
