// `cistern schema` prints the JSON Schema of a scenario, for editors and validators.

import { Command } from "commander";
import { scenarioJsonSchema } from "../scenario/json-schema";

export const schemaCommand = new Command("schema")
  .description("print the JSON Schema of a scenario, for editors")
  .option("--plain", "leave out the words that only editors know, for a validator in strict mode")
  .option("--json", "no effect, because the schema is JSON already")
  .action(({ plain }: { plain?: boolean }) => {
    process.stdout.write(`${JSON.stringify(scenarioJsonSchema({ plain: plain === true }), null, 2)}\n`);
  });
