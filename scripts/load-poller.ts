// The other process of the load (scripts/load.ts): a programmer that pairs as an observer at a port and then interrogates the
// pump as fast as it answers, until so much of the pump's time has passed. Counts every frame at its own end of the cable, so
// that the pump's counters can be held against them. Talks to its parent in messages; its one argument is the port.

import { ROLE_OBSERVER } from "../hal/telemetry";
import { TelemetryClient } from "../emulator/programmer/client";
import { PairingBook } from "../emulator/programmer/pairing-file";
import { openSerial, type BytePort } from "../emulator/port/port";
import { Histogram } from "../emulator/rig/pacing";
import { MINUTES_PER_HOUR } from "../hal/units";

const REPORT_MS = 500;

/** At the programmer's end of the cable. */
export interface Polled {
  /** Questions whose sealed answer was a status. */
  exchanges: number;
  /** Questions that ended in anything else, by what it was. */
  others: Record<string, number>;
  /** Frames written and frames heard. */
  sent: number;
  heard: number;
  /** Frames with no answer before the next was written; frames that came when none was outstanding. */
  unanswered: number;
  unasked: number;
  /** Minutes of the pump between the first status and the last. */
  minutes: number;
  trip: { p50_us: number; p99_us: number; most_us: number };
}

export type FromPoller = { paired: true } | { polled: Polled; over: boolean };
export type ToPoller = { hours: number };

/** A port that counts frames; one frame a write, as the client writes them. */
class CountedPort implements BytePort {
  sent = 0;
  heard = 0;
  unanswered = 0;
  unasked = 0;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  private readonly port: BytePort;
  private outstanding = false;
  private inside = false;

  constructor(port: BytePort) {
    this.port = port;
    port.onBytes = (bytes) => {
      for (const byte of bytes) this.see(byte);
      this.onBytes?.(bytes);
    };
  }

  get path(): string {
    return this.port.path;
  }

  get isOpen(): boolean {
    return this.port.isOpen;
  }

  get queued(): number {
    return this.port.queued;
  }

  get dropped(): number {
    return this.port.dropped;
  }

  write(bytes: Uint8Array): boolean {
    this.sent++;
    if (this.outstanding) this.unanswered++;
    this.outstanding = true;
    return this.port.write(bytes);
  }

  close(): Promise<void> {
    return this.port.close();
  }

  private see(byte: number): void {
    if (byte === 0 && this.inside) {
      this.heard++;
      if (!this.outstanding) this.unasked++;
      this.outstanding = false;
    }
    this.inside = byte !== 0;
  }
}

async function poll(path: string): Promise<void> {
  const port = new CountedPort(await openSerial(path, 115_200));
  const client = new TelemetryClient(port);
  const pairing = await client.pair(ROLE_OBSERVER);
  if (pairing.kind !== "paired") throw new Error(`no pairing: ${pairing.kind}`);
  client.use(new PairingBook(pairing.kept));
  const hours = await new Promise<number>((resolve) => {
    process.once("message", (message: ToPoller) => resolve(message.hours));
    tell({ paired: true });
  });

  const trips = new Histogram();
  const counts = { exchanges: 0, others: {} as Record<string, number>, minutes: 0 };
  const polled = (): Polled => {
    const { sent, heard, unanswered, unasked } = port;
    const [p50_us, p99_us] = [0.5, 0.99].map((share) => Math.round(trips.percentile_us(share)));
    return {
      ...counts,
      sent,
      heard,
      unanswered,
      unasked,
      trip: { p50_us, p99_us, most_us: Math.round(trips.most_us) },
    };
  };
  let first: number | null = null;
  let told_ms = performance.now();
  while (counts.minutes < hours * MINUTES_PER_HOUR && port.isOpen) {
    const began = performance.now();
    const answer = await client.status();
    const now = performance.now();
    if (answer.kind === "status") {
      first ??= answer.status.minute;
      counts.minutes = answer.status.minute - first;
      counts.exchanges++;
      trips.add((now - began) * 1000);
    } else {
      const what = answer.kind === "refused" ? `refused ${answer.outcome}` : answer.kind;
      counts.others[what] = (counts.others[what] ?? 0) + 1;
    }
    if (now - told_ms < REPORT_MS) continue;
    told_ms = now;
    tell({ polled: polled(), over: false });
  }
  await port.close();
  tell({ polled: polled(), over: true });
  process.disconnect();
}

function tell(message: FromPoller): void {
  process.send?.(message);
}

await poll(process.argv[2]);
