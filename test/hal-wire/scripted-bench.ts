// A bare bench in the test's own thread, in lockstep without leaps: a motor, a level sensor and a link of which a test can change what
// they claim. It answers each frame as it comes, so a run on it needs no second thread.

import { referenceController } from "../../emulator/machine/controller-host";
import type { PortName } from "../../emulator/contract/calls";
import type { BenchJob, BenchOutcome } from "../../emulator/hal-wire/bench-run";
import { ByteReader } from "../../emulator/hal-wire/bytes";
import { runControllerEnd, type ControllerOutcome } from "../../emulator/hal-wire/controller-job";
import * as frame from "../../emulator/hal-wire/frame";
import * as message from "../../emulator/hal-wire/messages";
import { codeOf, OP_SEND, readOps, type Op } from "../../emulator/hal-wire/ops";
import type { BlockingPort } from "../../emulator/port/blocking-port";
import { parseScenario } from "../../emulator/scenario/load";

const FLIGHT_TICKS = 20;
const PULSE_NL = 250;
const LEVEL_NL_PER_CODE = 12_500;
const FILL_NL = 18_000_000;
const HEALTHY_PRESSURE = 2400;
const [PULSE, SET_POWER, LEVEL] = ["motor.pulse", "motor.setPower", "reservoir.level"].map(codeOf);

export class ScriptedBench implements BlockingPort {
  stopped = 0;
  hello: Partial<message.Hello> = {};
  ports: readonly PortName[] = ["motor", "reservoir", "link"];
  /** Called before each SENSE, with its tick. */
  onTick: (tick: number) => void = () => undefined;
  tick = -1;
  steps = 0;
  power = false;
  /** The calls of the controller, by tick. */
  readonly calls: { tick: number; op: Op }[] = [];
  /** Replaces the level's code. */
  level: (() => number) | null = null;
  epoch = 1;
  isSilent = false;
  greetings = 0;
  leftWith = "";
  private flight = Infinity;
  private heard = 0;
  private session = 0;
  private readonly reader = frame.wireReader();
  private readonly toController: Uint8Array[] = [];

  ignoreInterrupt(): void {
    return undefined;
  }

  read(): Uint8Array {
    return this.toController.shift() ?? new Uint8Array(0);
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const got = this.reader.take(byte);
      if (got && !this.isSilent) this.hear(got);
    }
  }

  greet(): void {
    const hello = {
      ...{
        session: this.session,
        contract: message.HAL_CONTRACT,
        role: message.ROLE_BOARD,
        flags: message.FLAG_LOCKSTEP,
      },
      ...{ ports: message.portsOf(this.ports), capacity_mL: 20, external: 0, name: "scripted", scenario: "" },
      ...this.hello,
    };
    this.say(frame.FRAME_HELLO, 0, message.encodeHello(hello));
  }

  end(): void {
    const end = { verdict: "pass", ticks: this.tick, fingerprint: "00".repeat(8), reason: "" } as const;
    this.say(frame.FRAME_END, 1, message.encodeEnd(end));
  }

  private hear({ type, sequence, body }: frame.WireFrame): void {
    switch (type) {
      case frame.FRAME_HELLO:
        this.greetings++;
        this.session = message.decodeHello(body)!.session;
        this.greet();
        this.say(frame.FRAME_IMAGE, 0, message.encodeImage({ anew: true, runs: [] }));
        return;
      case frame.FRAME_ACK:
        if (this.tick < 0) this.sense();
        return;
      case frame.FRAME_REFUSE:
        this.leftWith = message.decodeRefusal(body)!.text;
        return;
      case frame.FRAME_ACT:
      case frame.FRAME_CALL:
        return this.take(type, sequence, body);
    }
  }

  private take(type: number, sequence: number, body: Uint8Array): void {
    if (((sequence - this.heard) & 255) !== 1) return;
    this.heard = sequence;
    const from = new ByteReader(body);
    from.u32();
    from.u8();
    let code = 0;
    for (const op of readOps(from)!) {
      this.calls.push({ tick: this.tick, op });
      if (op.code === SET_POWER) this.power = op.values[0] === 1;
      if (op.code === PULSE && this.power && this.flight === Infinity) this.flight = this.tick + FLIGHT_TICKS;
      if (op.code >= 32) code = op.code === LEVEL ? this.levelCode() : HEALTHY_PRESSURE;
    }
    if (type === frame.FRAME_ACT) this.sense();
    else this.say(frame.FRAME_RESULT, sequence, Uint8Array.of(code & 255, code >> 8));
  }

  private levelCode(): number {
    return this.level?.() ?? Math.round((FILL_NL - PULSE_NL * this.steps) / LEVEL_NL_PER_CODE);
  }

  private sense(): void {
    this.tick++;
    this.onTick(this.tick);
    if (this.isSilent) return;
    if (this.tick >= this.flight) {
      this.flight = Infinity;
      if (this.power) this.steps++;
    }
    const { tick, epoch, heard } = this;
    const registers = [
      [message.REGISTER.motion, this.steps],
      [message.REGISTER.lines, 0],
      [message.REGISTER.free, 500],
    ] as const;
    const sense = { tick, epoch, heard, leapt: 0, age_ms: 0, registers, received: null, nvm: [] };
    this.say(frame.FRAME_SENSE, tick & 255, message.encodeSense(sense));
  }

  private say(type: number, sequence: number, body: Uint8Array): void {
    this.toController.push(frame.encodeWireFrame(type, sequence, body));
  }

  /** The number of calls of that name, from a tick on. */
  count(name: string, from = 0): number {
    return this.calls.filter(({ tick, op }) => tick >= from && op.code === codeOf(name)).length;
  }

  /** The telemetry bytes that the pump sent. */
  get sent(): number {
    return this.calls.reduce((sum, { op }) => sum + (op.code === OP_SEND ? op.bytes.length : 0), 0);
  }
}

const HEAD = `
pump: { model: implant-20, fill: 18 mL, catheter: { length: 89 cm, volume: 2.2 uL/cm } }
drugs:
  - { name: morphine, concentration: 0.5 mg/mL }
prescription:
  basal: { mode: continuous, rate: 900 uL/h }
  limits:
    - { volume: 950 uL, window: 1 h }
  low_reservoir: 2 mL
`;

/** A scenario of a pulse each second. */
export const benchScenario = (rest: string) => parseScenario(`name: on a bench\n${HEAD}${rest}`, "bench.yaml");

/** A run on a bench to its end. */
export function runOn(
  bench: ScriptedBench,
  rest: string,
  more: Partial<BenchJob> = {},
): ControllerOutcome & { bench: BenchOutcome } {
  const play = {
    scenario: benchScenario(rest),
    bench: { gear: "leap", tracks: false, saves: false, ...more },
    options: [],
  } as const;
  const job = {
    kind: "controller",
    controller: null,
    baud: 115_200,
    resend_ms: 2,
    scenario: "",
    greeting_ms: 50,
    play,
  } as const;
  const outcome = runControllerEnd(
    job,
    referenceController,
    bench,
    () => undefined,
    (side) => side.run(),
  );
  return { ...outcome, bench: outcome.bench! };
}
