// `cistern schema` prints the JSON Schema of a scenario, for editors.

import { Command } from "commander";
import { scenarioJsonSchema } from "../scenario/schema";

export const schemaCommand = new Command("schema")
  .description("print the JSON Schema of a scenario, for editors")
  .option("--json", "no effect, because the schema is JSON already")
  .action(() => {
    process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  });
