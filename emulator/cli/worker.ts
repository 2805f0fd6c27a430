// `cistern worker` takes units of campaigns from the queue of a Redis (`cistern check --engine`) and carries them out on this machine.

import { Command } from "commander";
import { numberWords } from "../amounts";
import { buildHash, controllerHash } from "../check/builds";
import { connect } from "../check/redis";
import { refusalAt, type WorkerSetup, workFor } from "../check/worker";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { TICK_MS } from "../../hal/units";
import { exitWith } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import { durationOption, ENGINE, JSON_OUTPUT, OWN_CONTROLLER, workersOption } from "./options";

interface Options {
  engine: string;
  workers?: string;
  controller?: string;
  idle?: string;
  json?: boolean;
}

export const workerCommand = new Command("worker")
  .description("take units of campaigns from a queue and carry them out, each in a child process")
  .requiredOption(...ENGINE)
  .option("--workers <n>", "units at a time (default: the cores of this machine)")
  .option(...OWN_CONTROLLER)
  .option("--idle <duration>", "end when there was nothing to do for this time (default: never)")
  .option(...JSON_OUTPUT)
  .addHelpText(
    "after",
    "\nIt takes units of its own build and controller alone. Ctrl-C ends the units that have begun first; a second one ends it at once." +
      "\nExit codes: 0 idle for long enough, 2 bad usage or input, or every open campaign is another build's, 3 no Redis that serves," +
      "\n130 interrupted.",
  )
  .action((options: Options) => exitWith(() => runWorker(options)));

async function runWorker(options: Options): Promise<number> {
  const setup: WorkerSetup = {
    build: buildHash(),
    controller: options.controller ?? null,
    hash: controllerHash(options.controller ?? null),
    slots: workersOption(options.workers),
    idle_ms: options.idle === undefined ? Infinity : durationOption("--idle", options.idle) * TICK_MS,
  };
  const connection = await connect(options.engine);
  const { name, redis } = connection;
  const notify = (line: string): void => void process.stderr.write(`cistern: ${line}\n`);
  const stop = new AbortController();
  const interrupts = watchInterrupts(() => stop.abort());
  const done = { units: 0, lost: 0, core_ms: 0 };
  try {
    const refusal = await refusalAt(connection, setup);
    if (refusal !== null) throw new UsageError(`${name}: found ${refusal}`);
    const { build, hash, slots } = setup;
    notify(`worker at ${name}: build ${build} (version ${VERSION}), controller ${hash}, ${slots} at a time`);
    await workFor(connection, setup, stop.signal, {
      onUnit: (outcome) => {
        done.units++;
        if ("died" in outcome) done.lost++;
        else done.core_ms += outcome.result.core_ms;
      },
      onRefused: (words) => notify(`${name}: refused ${words}`),
    });
  } finally {
    redis.disconnect();
    interrupts.stop();
  }
  const core_s = done.core_ms / 1000;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ schema: "cistern.worker/1", units: done.units, lost: done.lost, core_s })}\n`
      : `${numberWords(done.units)} units, ${done.lost} lost, ${numberWords(core_s, 1)} core-seconds\n`,
  );
  return interrupts.heard ? EXIT.interrupted : EXIT.pass;
}
