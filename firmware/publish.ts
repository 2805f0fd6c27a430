// Publishes the pump's state to the trace: the rate, the mode, the windows, the estimate, the alarms and the life, each on its
// channel, and each only when it differs from the value that was published last. What leaves a window by itself shows when the
// rotor moves or therapy changes, and every eight minutes, so that most ticks publish nothing. Nothing here acts on the pump.

import { assert } from "../hal/assert";
import { PROGRAM_LIMITS_MAX } from "../hal/telemetry";
import {
  CHANNELS,
  CHANNEL_ALARMS,
  CHANNEL_ESTIMATE,
  CHANNEL_INTENDED,
  CHANNEL_LENGTH0,
  CHANNEL_LENGTH1,
  CHANNEL_LENGTH2,
  CHANNEL_LENGTH3,
  CHANNEL_LIFE,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_LIMIT2,
  CHANNEL_LIMIT3,
  CHANNEL_MODE,
  CHANNEL_RATE,
  CHANNEL_WINDOW0,
  CHANNEL_WINDOW1,
  CHANNEL_WINDOW2,
  CHANNEL_WINDOW3,
} from "../hal/trace";
import {
  CHANGED_ALARMS,
  CHANGED_FRAME,
  CHANGED_LIFE,
  CHANGED_MINUTE,
  CHANGED_ROTOR,
  CHANGED_START,
  CHANGED_THERAPY,
  Changes,
} from "./changes";
import { Pump } from "./pump";

const ALL: i32 = CHANGED_START | CHANGED_FRAME;

/** The content of the windows is published every so many minutes, beside what marks it sooner. */
const WINDOWS_MINUTES: i32 = 8;

assert(PROGRAM_LIMITS_MAX == 4, "each dose window has three channels");

export class Publisher {
  pump: Pump;
  /** The value that was last published, by channel. */
  published: Int32Array = new Int32Array(CHANNELS);

  constructor(pump: Pump) {
    this.pump = pump;
  }

  /** Sets every channel to 0. The trace's channels keep their values over a reset, and this part does not. */
  boot(): void {
    for (let channel: i32 = 0; channel < CHANNELS; channel = (channel + 1) | 0) this.pump.hal.trace.publish(channel, 0);
  }

  /** Publishes what this tick changed; after a start everything, and after a frame everything but the windows. */
  tick(): void {
    const pump: Pump = this.pump;
    const changes: Changes = pump.changes;
    if (changes.has(ALL | CHANGED_THERAPY)) this.publishTherapy();
    if (changes.has(ALL | CHANGED_ROTOR)) this.publish(CHANNEL_ESTIMATE, pump.reservoir.estimate.get());
    if (changes.has(CHANGED_START | CHANGED_THERAPY | CHANGED_ROTOR) || this.isWindowsMinute()) this.publishWindows();
    if (changes.has(ALL | CHANGED_ALARMS)) this.publish(CHANNEL_ALARMS, pump.alarms.active.get());
    if (changes.has(ALL | CHANGED_LIFE)) this.publish(CHANNEL_LIFE, pump.life.state.get());
  }

  private isWindowsMinute(): bool {
    return this.pump.changes.has(CHANGED_MINUTE) && this.pump.clock.minute.get() % WINDOWS_MINUTES == 0;
  }

  private publishTherapy(): void {
    this.publish(CHANNEL_RATE, this.pump.therapy.rate.get());
    this.publish(CHANNEL_INTENDED, this.pump.therapy.intended());
    this.publish(CHANNEL_MODE, this.pump.therapy.mode());
  }

  private publishWindows(): void {
    this.publishWindow(0, CHANNEL_WINDOW0, CHANNEL_LIMIT0, CHANNEL_LENGTH0);
    this.publishWindow(1, CHANNEL_WINDOW1, CHANNEL_LIMIT1, CHANNEL_LENGTH1);
    this.publishWindow(2, CHANNEL_WINDOW2, CHANNEL_LIMIT2, CHANNEL_LENGTH2);
    this.publishWindow(3, CHANNEL_WINDOW3, CHANNEL_LIMIT3, CHANNEL_LENGTH3);
  }

  /** A window that the program does not have is published as zeros. */
  private publishWindow(i: i32, content: i32, limit: i32, length: i32): void {
    const pump: Pump = this.pump;
    const limits: i32 = pump.program.limits.get();
    const exists: bool = i < limits;
    if (!exists && this.published[length] == 0) return;
    this.publish(content, exists ? pump.limiter.ring.count.get(i) : 0);
    this.publish(limit, exists ? pump.limiter.limitOf(i) : 0);
    this.publish(length, exists ? pump.program.limitMinutes.get(i) : 0);
  }

  private publish(channel: i32, value: i32): void {
    if (this.published[channel] == value) return;
    this.published[channel] = value;
    this.pump.hal.trace.publish(channel, value);
  }
}
