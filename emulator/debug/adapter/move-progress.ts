// The progress of a movement as an editor shows it. A movement of less than a second shows none.

import { ProgressEndEvent, ProgressStartEvent, ProgressUpdateEvent } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { formatTicks } from "../../time";
import type { Progress } from "../time-travel";
import type { Connection } from "./connection";

/** Host time before the first sign, and between two. */
const FIRST_MS = 1000;
const EVERY_MS = 250;

let ids = 0;

export class MoveProgress {
  /** Null for a client that shows none. */
  private readonly connection: Connection | null;
  private readonly id = `move ${++ids}`;
  private next = performance.now() + FIRST_MS;
  private isShown = false;

  constructor(connection: Connection | null) {
    this.connection = connection;
  }

  at({ tick, from, to }: Progress): void {
    const now = performance.now();
    if (this.connection === null || now < this.next) return;
    this.next = now + EVERY_MS;
    if (!this.isShown) {
      this.isShown = true;
      const start: DebugProtocol.ProgressStartEvent = new ProgressStartEvent(this.id, "The pump moves in time");
      start.body.cancellable = true;
      this.connection.sendEvent(start);
    }
    const update: DebugProtocol.ProgressUpdateEvent = new ProgressUpdateEvent(this.id, formatTicks(tick));
    update.body.percentage = from === to ? 100 : Math.round((100 * (tick - from)) / (to - from));
    this.connection.sendEvent(update);
  }

  end(): void {
    if (this.isShown) this.connection?.sendEvent(new ProgressEndEvent(this.id));
    this.isShown = false;
  }
}
