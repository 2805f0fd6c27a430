// A served pump with a control channel and a fake port, ten seconds into a plain scenario; and a client of that channel that
// reads everything.

import { referenceController } from "../../emulator/machine/controller-host";
import { Control } from "../../emulator/rig/control";
import { Served } from "../../emulator/rig/serve";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import { minimal } from "../scenario/example";
import { FakePort } from "./fake-port";

export type Answer = Record<string, unknown>;

export function controlled(speed = Infinity, now_ms = () => 0) {
  const scenario = parseScenario(minimal("", "basal: { mode: continuous, rate: 600 uL/day }"), "t.yaml");
  const setup = { gear: "leap", controller: referenceController, tracks: false, endless: true } as const;
  const run = new ScenarioRun(scenario, setup);
  run.advance(1000);
  const served = new Served(run, new FakePort(), { speed, head: true, now_ms });
  const control = new Control(served);
  /** A client that reads all, and one line's answer. */
  const answers: Answer[] = [];
  const client = {
    reply: (line: string) => void answers.push(JSON.parse(line) as Answer),
    push: (line: string) => answers.push(JSON.parse(line) as Answer) > 0,
    ready: () => undefined,
  };
  const session = control.open(client);
  const ask = (line: string): Answer => {
    session.line(line);
    return answers[answers.length - 1];
  };
  return { run, served, control, session, ask, answers, machine: run.machine };
}
