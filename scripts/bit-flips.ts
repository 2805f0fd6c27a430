// Flips every bit of the controller's memory in every mode of therapy and writes docs/bit-flips.md:
// `npx tsx scripts/bit-flips.ts [--seed N]`, which takes some minutes. When a flip did harm, the script prints it, writes
// nothing, and exits with 1.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { flipMode, MODES, type FlipCampaign, type FlipRow } from "../test/firmware/bit-flip";

const PAGE = join(import.meta.dirname, "..", "docs", "bit-flips.md");
const COLUMNS = ["tried", "masked", "detected", "harmless"] as const;

/** The text of docs/bit-flips.md, from the counts of each mode. */
export function bitFlipPage(seed: number, byMode: ReadonlyMap<string, FlipCampaign>): string {
  const campaigns = [...byMode.values()];
  const fields = [...new Set(campaigns.flatMap(({ rows }) => [...rows.keys()]))].sort();
  const byField = fields.map((field) => [field, sum(campaigns.flatMap(({ rows }) => rows.get(field) ?? []))] as const);
  const modes = [...byMode].map(([mode, { rows }]) => [mode, sum([...rows.values()])] as const);
  const all = sum(modes.map(([, row]) => row));
  return `# Bits that flip

Every bit of every word of the reference controller's memory was flipped once in each mode of therapy, at a moment drawn from
seed ${seed}. That makes ${number(all.tried)} flips. After each flip the pump ran for another quarter of an hour, in which a patient asked for a bolus and
a programmer interrogated the pump. **No flip made the pump deliver more than without it, and no flip changed what the pump did
without an alarm** (RAM-1, RAM-2). As with the fault \`ram_flip\`, a flip is in one of a value's two words and never in both.

A *masked* flip was overwritten before anything used it, and the memory is the same as without it. A *detected* flip raised an alarm.
After a *harmless* flip the pump did the same as without it while the memory still differs; the next use of the value will find the
difference. Flips in buffers and in values that the mode does not use are of this kind.

\`npx tsx scripts/bit-flips.ts\` makes this page. A tenth of its flips, all bits with one mode each, is part of
\`npm run prove\` (\`test/firmware/bit-flips.prove.ts\`), and a two-hundredth of \`npm test\`.

${table("mode", [...modes, ["all", all]])}

${table(
  "field",
  byField.map(([field, row]) => [`\`${field}\``, row]),
)}
`;
}

function table(head: string, rows: readonly (readonly [string, FlipRow])[]): string {
  const lines = rows.map(([name, row]) => [name, ...COLUMNS.map((column) => number(row[column]))]);
  const align = COLUMNS.map(() => "---:");
  return [[head, ...COLUMNS], ["---", ...align], ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function sum(rows: readonly FlipRow[]): FlipRow {
  const total: FlipRow = { tried: 0, masked: 0, detected: 0, harmless: 0 };
  for (const row of rows) for (const column of COLUMNS) total[column] += row[column];
  return total;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function main(): void {
  const at = process.argv.indexOf("--seed");
  const seed = at < 0 ? 1 : Number(process.argv[at + 1]);
  const byMode = new Map<string, FlipCampaign>();
  for (const mode of Object.keys(MODES)) {
    process.stderr.write(`${mode}\n`);
    const campaign: FlipCampaign = { rows: new Map(), harm: [] };
    flipMode(mode, seed, campaign);
    byMode.set(mode, campaign);
  }
  const harm = [...byMode.values()].flatMap((campaign) => campaign.harm);
  for (const line of harm) process.stdout.write(`${line}\n`);
  if (harm.length === 0) writeFileSync(PAGE, bitFlipPage(seed, byMode));
  process.exitCode = harm.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
