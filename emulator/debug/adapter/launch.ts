// The arguments of a launch, as a launch.json has them: their shape, and the schema that an editor completes and checks them by.

import { resolve } from "node:path";
import { z } from "zod";
import { nearest } from "../../names";
import { SEED_MAX } from "../../random";
import { RequestError } from "./connection";

const SHAPE = z.strictObject({
  scenario: z.string().min(1).meta({ description: "The scenario file (YAML). A relative path counts from cwd." }),
  controller: z.string().min(1).optional().meta({
    description:
      "A controller (.js, .mjs, .ts, .wasm) instead of the scenario's, or the reference controller. It is stepped by ticks.",
  }),
  stopOnEntry: z.boolean().default(false).meta({ description: "Stop before the first tick." }),
  stopAt: z.array(z.string().min(1)).default([]).meta({
    description:
      "Moments at which the run stops, beside the breakpoints: times (`9 h 20 min`) and conditions of the stepper (`event bolus_denied`, `motor.pulses >= 150`).",
  }),
  seed: z.int().min(0).max(SEED_MAX).optional().meta({ description: "The seed instead of the scenario's." }),
  cwd: z.string().min(1).optional().meta({ description: "The folder from which relative paths count." }),
  noDebug: z.boolean().optional().meta({ description: "Run to the end without a stop. An editor sets this." }),
});

export type Launch = z.output<typeof SHAPE>;

/** Arguments that editors add for themselves. */
const OF_THE_EDITOR = /^(?:__|(?:type|request|name|presentation|preLaunchTask|postDebugTask|internalConsoleOptions)$)/;

/** The arguments of a launch, with absolute paths. Throws RequestError. */
export function launchOf(given: object): Launch {
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => !OF_THE_EDITOR.test(key)));
  const parsed = SHAPE.safeParse(own);
  if (!parsed.success) throw new RequestError(problemOf(parsed.error.issues[0], own));
  const { scenario, controller, cwd = process.cwd(), ...rest } = parsed.data;
  return {
    ...rest,
    cwd,
    scenario: resolve(cwd, scenario),
    ...(controller === undefined ? {} : { controller: resolve(cwd, controller) }),
  };
}

function problemOf(issue: z.core.$ZodIssue, given: Record<string, unknown>): string {
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys;
    return `launch: found the argument ${key}; the nearest known one is ${nearest(key, Object.keys(SHAPE.shape))}`;
  }
  const [key] = issue.path;
  const found = key === undefined ? undefined : given[String(key)];
  if (key === "scenario" && found === undefined) {
    return 'launch: found no scenario, expected the path of one: "scenario": "scenarios/breakthrough-pain.yaml"';
  }
  return `launch: ${issue.path.join(".")}: found ${JSON.stringify(found)}; ${issue.message.replace(/^./, (a) => a.toLowerCase())}`;
}

/** The JSON Schema of the arguments, as an extension for an editor declares it. */
export function launchJsonSchema(): object {
  const { $schema: _, ...schema } = z.toJSONSchema(SHAPE, { io: "input" });
  return schema;
}
