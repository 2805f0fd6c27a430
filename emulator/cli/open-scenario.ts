// Opens the scenario of a command: loads it, with the fields of the controller that will run it, and tells its warnings.

import { referenceFields } from "../run/reference-fields";
import { type FieldCheck, loadScenario } from "../scenario/load";
import type { Scenario, Warning } from "../scenario/scenario";

/** The fields of the reference controller; of another controller, which is given by its path, they are not known yet. */
export function fieldsOf(controller: string | undefined): FieldCheck | undefined {
  return controller === undefined ? referenceFields : undefined;
}

/** Loads the scenario of a command and prints its warnings on stderr. Throws ScenarioError. */
export function openScenario(path: string, fields: FieldCheck | undefined): Scenario {
  const scenario = loadScenario(path, fields);
  printWarnings(scenario);
  return scenario;
}

/** Prints the warnings of a scenario on stderr, each with its place. */
export function printWarnings({ file, warnings = [] }: Pick<Scenario, "file" | "warnings">): void {
  for (const line of warningLines(file, warnings)) process.stderr.write(`cistern: ${line}\n`);
}

export function warningLines(file: string, warnings: readonly Warning[]): string[] {
  return warnings.map(({ text, line, column }) => `${file}:${line}:${column}: warning: ${text}`);
}
