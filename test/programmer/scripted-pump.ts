// The pump's end of a link without a pump. It pairs and opens sessions with everyone who asks, notes the commands, and answers
// what a test says. Programmers and the people of a scenario are tested against it, so that they are tested against
// hal/telemetry.ts and not against one firmware.

import { telemetryReader } from "../../emulator/telemetry/frame";
import type { Machine } from "../../emulator/machine/machine";
import { OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { PumpEnd, type Command } from "./pump-end";

export interface Asked extends Command {
  /** The programming head was in place. */
  head: boolean;
}

/** The payload of a reply, its outcome first; null: none. */
export type Answer = (asked: Asked) => number[] | null;

export class ScriptedPump {
  readonly asked: Asked[] = [];
  readonly needle: { aspirate_nl: number | null; fill_nl: number; concentrations: readonly number[] | null }[] = [];
  /** As much of a machine as a programmer and a timeline touch. */
  readonly machine: Machine;
  private readonly end = new PumpEnd();
  private readonly reader = telemetryReader();
  private sent: number[] = [];

  constructor(answer: Answer = () => [OUTCOME_ACCEPTED]) {
    const link = {
      programmingHead: false,
      arrive: (byte: number) => this.take(byte, link.programmingHead, answer),
      depart: () => this.sent.shift() ?? -1,
    };
    const stub = {
      tick: 0,
      board: { link },
      world: { reservoir: { volume_nl: 18_000_000 } },
      step: () => void stub.tick++,
      run: (ticks: number) => void (stub.tick += ticks),
      refill: (aspirate_nl: number | null, fill_nl: number, concentrations: readonly number[] | null) => {
        this.needle.push({ aspirate_nl, fill_nl, concentrations });
        return aspirate_nl ?? stub.world.reservoir.volume_nl;
      },
    };
    this.machine = stub as unknown as Machine;
  }

  /** The commands with this COMMAND_ code. */
  of(kind: number): Asked[] {
    return this.asked.filter((each) => each.kind === kind);
  }

  private take(byte: number, head: boolean, answer: Answer): void {
    const frame = this.reader.take(byte);
    if (frame === null) return;
    const bytes = this.end.take(frame, (command) => {
      const asked = { ...command, head };
      this.asked.push(asked);
      return answer(asked);
    });
    if (bytes) this.sent.push(...bytes);
  }
}
