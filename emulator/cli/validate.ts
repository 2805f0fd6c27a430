// `cistern validate` loads scenarios and checks them, and runs nothing. Every problem of every file is reported, each with its line
// and column.

import { Command } from "commander";
import { type Scenario, ScenarioError, type Warning } from "../scenario/scenario";
import { codeOf, exitWith, worstOf } from "./exit";
import { EXIT } from "./exit-codes";
import { fieldsOf, warningLines } from "./open-scenario";
import { JSON_OUTPUT } from "./options";
import { scenarioFiles, type ScenarioFile } from "./scenario-files";

/** A file after its check. `problems` has one line for each, with its place. */
interface Checked {
  file: string;
  ok: boolean;
  scenario: string | null;
  problems: string[];
  warnings: Warning[];
}

export const validateCommand = new Command("validate")
  .description("load scenarios and check them, without a run; every problem in one pass")
  .argument("<scenario...>", "scenario files (YAML), folders of them, or - for the standard input")
  .option(...JSON_OUTPUT)
  .addHelpText("after", "\nExit codes: 0 every scenario can be run, 2 one cannot.")
  .action((names: string[], options: { json?: boolean }) => exitWith(() => validate(names, options.json ?? false)));

async function validate(names: readonly string[], json: boolean): Promise<number> {
  const checked: Checked[] = [];
  for (const file of scenarioFiles(names).files) {
    const row = await check(file);
    checked.push(row);
    if (json) continue;
    for (const line of warningLines(row.file, row.warnings)) process.stderr.write(`${line}\n`);
    if (row.ok) process.stdout.write(`ok  ${row.file}  ${row.scenario}\n`);
    else process.stderr.write(`${row.problems.join("\n")}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ schema: "cistern.validate/1", files: checked })}\n`);
  return worstOf(checked.map(({ ok }) => (ok ? EXIT.pass : EXIT.usage)));
}

async function check({ name, load }: ScenarioFile): Promise<Checked> {
  let scenario: Scenario;
  try {
    scenario = await load(fieldsOf(undefined));
  } catch (error) {
    if (codeOf(error) !== EXIT.usage) throw error;
    const problems = (error as Error).message.split("\n");
    const warnings = error instanceof ScenarioError ? [...error.warnings] : [];
    return { file: name, ok: false, scenario: null, problems, warnings };
  }
  return { file: name, ok: true, scenario: scenario.name, problems: [], warnings: scenario.warnings ?? [] };
}
