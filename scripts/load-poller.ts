// The second process of the load test (scripts/load.ts). It is a programmer that pairs as an observer at a port and
// interrogates the pump as fast as it answers, until the given time of the pump has passed. It counts every frame at its own
// end of the cable, so that the pump's counters can be compared. It sends messages to its parent; its one argument is the port.

import { ROLE_OBSERVER } from "../hal/telemetry";
import { TelemetryClient } from "../emulator/programmer/client";
import { PairingBook } from "../emulator/programmer/pairing-file";
import { openSerial, type BytePort } from "../emulator/port/port";
import { Histogram } from "../emulator/rig/pacing";
import { MINUTES_PER_HOUR } from "../hal/units";

const REPORT_MS = 500;

/** The counts at the programmer's end of the cable. */
export interface Polled {
  /** Questions whose sealed answer was a status. */
  exchanges: number;
  /** Questions that ended in another way, by that way. */
  others: Record<string, number>;
  /** Frames that were written, and frames that were received. */
  sent: number;
  heard: number;
  /** Frames without an answer before the next frame was written. */
  unanswered: number;
  /** Frames that came while no answer was outstanding. */
  unasked: number;
  /** Minutes of the pump between the first status and the last. */
  minutes: number;
  trip: { p50_us: number; p99_us: number; most_us: number };
}

export type FromPoller = { paired: true } | { polled: Polled; over: boolean };
export type ToPoller = { hours: number };

/** A port that counts frames. The client writes one frame at a time. */
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
    report({ paired: true });
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
  let reported_ms = performance.now();
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
    if (now - reported_ms < REPORT_MS) continue;
    reported_ms = now;
    report({ polled: polled(), over: false });
  }
  await port.close();
  report({ polled: polled(), over: true });
  process.disconnect();
}

function report(message: FromPoller): void {
  process.send?.(message);
}

await poll(process.argv[2]);
