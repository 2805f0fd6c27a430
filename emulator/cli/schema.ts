// `cistern schema` prints the JSON Schema of a scenario, for editors and validators, or that of the arguments of a debugger's launch.

import { Command } from "commander";
import { launchJsonSchema } from "../debug/adapter/launch";
import { scenarioJsonSchema } from "../scenario/json-schema";

export const schemaCommand = new Command("schema")
  .description("print the JSON Schema of a scenario, for editors")
  .option("--plain", "leave out the words that only editors know, for a validator in strict mode")
  .option("--launch", "print that of the arguments with which an editor launches `cistern debug` instead")
  .option("--json", "no effect, because the schema is JSON already")
  .action(({ plain, launch }: { plain?: boolean; launch?: boolean }) => {
    const schema = launch === true ? launchJsonSchema() : scenarioJsonSchema({ plain: plain === true });
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  });
