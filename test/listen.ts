// The listener's end of a pump's link, for tests: puts bytes on the air to the pump, and takes what the pump sends.

import type { Machine } from "../emulator/machine/machine";
import { telemetryReader, type Frame } from "../emulator/telemetry/frame";
import type { Transmitter } from "../emulator/telemetry/frame-reader";

/** All that `take` gives until it says -1. */
export function drain(take: () => number): number[] {
  const bytes: number[] = [];
  for (let byte = take(); byte >= 0; byte = take()) bytes.push(byte);
  return bytes;
}

/** The bytes that a pump put on the air in the last tick. */
export function departed(pump: Transmitter): number[] {
  return drain(() => pump.depart());
}

/** Puts bytes on the air to the pump. They arrive in the next tick. */
export function say(machine: Machine, bytes: Iterable<number>): void {
  for (const byte of bytes) machine.board.link.arrive(byte);
}

/** Lets `ticks` pass; the bytes that the pump sent in them. */
export function bytesWithin(machine: Machine, ticks: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < ticks; i++) {
    machine.step();
    bytes.push(...departed(machine.board.link));
  }
  return bytes;
}

/** Lets `ticks` pass; the frames that the pump sent in them. */
export function framesWithin(machine: Machine, ticks: number): Frame[] {
  return framesIn(bytesWithin(machine, ticks));
}

/** The frames in a stream of bytes. */
export function framesIn(bytes: Iterable<number>): Frame[] {
  const reader = telemetryReader();
  return [...bytes].map((byte) => reader.take(byte)).filter((frame) => frame !== null);
}
