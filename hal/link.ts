// The near-field telemetry link, with a FIFO of bytes in each direction, and the line that says that a programming head lies
// over the pump. A real part is an inductive transceiver with hardware FIFOs. It never waits, so a byte that comes when the
// FIFO is full is lost. The transceiver's coil senses the head, and firmware cannot drive that line.

export const LINK_RX_BYTES: i32 = 512;
export const LINK_TX_BYTES: i32 = 512;
/** 115,200 baud, 8N1: 11.52 bytes a millisecond. */
export const LINK_BYTES_PER_TICK: i32 = 115;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class LinkPort {
  /** Takes the oldest received byte; -1 when there is none. Gives -1..255. */
  abstract receive(): i32;
  /** Queues one byte (the low 8 bits) to send. False when the FIFO is full; the byte is then not taken. */
  abstract send(byte: i32): bool;
  /** True while a programming head is in place. */
  abstract headPresent(): bool;
}
// End of port.
