// A served pump and a programmer at the two ends of real pseudo-terminals, with a bad cable between them, in this process: the
// pump's port, the cable's two ends, the programmer's port. The pump runs at some times real time; what it did can be held
// against the same run that nobody spoke to, pulse for pulse.

import { ROLE_CLINICIAN } from "../../hal/telemetry";
import { type ClientOptions, TelemetryClient } from "../../emulator/programmer/client";
import { PairingBook } from "../../emulator/programmer/pairing-file";
import { makePty, openSerial, type BytePort } from "../../emulator/port/port";
import { referenceController } from "../../emulator/machine/controller-host";
import { serve, Served } from "../../emulator/rig/serve";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import { layCable, type LaidCable } from "../programmer/bad-cable";
import { until } from "../until";
import { whenFree } from "../when-free";

/** A pulse every 1.8 s of the pump. */
const SCENARIO = `start: 2026-03-02T08:00
duration: 24 h
pump: { model: implant-20, fill: 18 mL, catheter: { length: 89 cm, volume: 2.2 uL/cm } }
drugs: [{ name: morphine, concentration: 0.5 mg/mL }]
prescription:
  basal: { mode: continuous, rate: 500 uL/h }
  limits: [{ volume: 900 uL, window: 1 h }]
  low_reservoir: 2 mL
`;
const SPEED = 100;
const COMMISSIONED_TICKS = 1000;
/** Over a minute in all; the first tries are short, because a pump in a pause lets one pass. */
const PATIENT: ClientOptions = { timeout_ms: 300, tries: 12 };
const IMPATIENT: ClientOptions = { timeout_ms: 60, tries: 4 };

function fresh(): ScenarioRun {
  const setup = { gear: "leap", controller: referenceController, tracks: true, endless: true } as const;
  return new ScenarioRun(parseScenario(SCENARIO, "line.yaml"), setup);
}

/** Every change of the pulse count: tick and value. */
function pulsesOf(run: ScenarioRun): [number, number][] {
  const track = run.signalTracks().find(({ name }) => name === "motor.pulses")!;
  return track.ticks.map((tick, i) => [tick, track.values[i]]);
}

export interface ServedPump {
  served: Served;
  run: ScenarioRun;
  stop(): Promise<void>;
  /** The pulses so far, and those of the same pump up to the same tick when nobody speaks. */
  pulses(): { here: [number, number][]; alone: [number, number][] };
}

/** Serves at a port, commissioned; `between` is called at every waking. */
export async function servePump(port: BytePort, between?: () => void): Promise<ServedPump> {
  const run = fresh();
  const served = new Served(run, port, { speed: SPEED, head: true, now_ms: () => performance.now() });
  const over = serve(served, () => {
    const rest_ms = served.work();
    between?.();
    return rest_ms;
  });
  await until("the pump is commissioned", () => run.machine.tick > COMMISSIONED_TICKS);
  return {
    served,
    run,
    stop: async () => {
      served.end("quit");
      await over;
      await port.close();
    },
    pulses: () => {
      const alone = fresh();
      alone.advance(run.machine.tick);
      return { here: pulsesOf(run), alone: pulsesOf(alone) };
    },
  };
}

/** One programmer at a port. */
export interface Programmer {
  /** Waits for an answer as long as a crowded machine needs. For a cable that is good. */
  patient(): TelemetryClient;
  /** Gives up soon, and has a session from while the cable is still good. For a cable that becomes bad. */
  impatient(): Promise<TelemetryClient>;
}

/** With a pairing that is made over a cable that is good so far. */
export async function programmerAt(port: BytePort): Promise<Programmer> {
  const pairing = await new TelemetryClient(port, PATIENT).pair(ROLE_CLINICIAN);
  if (pairing.kind !== "paired") throw new Error(`no pairing: ${pairing.kind}`);
  const book = new PairingBook(pairing.kept);
  const clientWith = (options: ClientOptions) => {
    const client = new TelemetryClient(port, options);
    client.use(book);
    return client;
  };
  return {
    patient: () => clientWith(PATIENT),
    impatient: async () => {
      const client = clientWith(IMPATIENT);
      for (let answer = await client.status(); answer.kind !== "status";) answer = await client.status();
      return client;
    },
  };
}

export interface Line extends ServedPump {
  programmer: Programmer;
  /** `there`: to the pump. */
  cable: LaidCable;
}

export async function layLine(seed: number): Promise<Line> {
  const atPump = await makePty();
  const pump = await servePump(atPump);
  const atProgrammer = await makePty();
  const toPump = await whenFree(() => openSerial(atPump.path, 115_200));
  const cable = layCable(atProgrammer, toPump, seed);
  const port = await whenFree(() => openSerial(atProgrammer.path, 115_200));
  const stop = async () => {
    await port.close();
    await toPump.close();
    await atProgrammer.close();
    await pump.stop();
  };
  return { ...pump, stop, cable, programmer: await programmerAt(port) };
}
