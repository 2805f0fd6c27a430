// A second controller, as small as one can be and still be a pump: it answers every command with yes, runs the basal rate of
// the program it was given, knows no limits, no alarms and no leaps, and traces nothing. It shows what the contract needs,
// and what the monitors see in a pump that keeps no dose limit.

const RATE_TICKS_PER_PULSE = 216_000_000;
const STAGE = 3;
const COMMIT = 4;
const REPLY = 128;
const RECORD_BYTES = 633;

class TinyController {
  constructor(hal) {
    this.hal = hal;
    this.received = new Uint8Array(256);
    this.length = 0;
    this.stagedRate = 0;
    this.stagedDigest = 0;
    this.rate = 0;
    this.accumulator = 0;
  }

  boot() {
    this.hal.motor.setPower(true);
  }

  tick() {
    for (let byte = this.hal.link.receive(); byte >= 0; byte = this.hal.link.receive()) {
      if (byte !== 0) this.received[this.length++ & 255] = byte;
      else this.end();
    }
    this.accumulator += this.rate;
    if (this.accumulator >= RATE_TICKS_PER_PULSE) {
      this.accumulator -= RATE_TICKS_PER_PULSE;
      this.hal.motor.pulse();
    }
    this.hal.watchdog.kick();
  }

  end() {
    const frame = unstuff(this.received.slice(0, this.length));
    this.length = 0;
    if (frame.length < 6) return;
    const [version, kind, low, high] = frame;
    const answer = [0];
    if (kind === STAGE) {
      // A piece of the record, with its offset; this pump takes programs of one piece.
      const record = new Uint8Array(RECORD_BYTES);
      record.set(frame.slice(6, -2));
      this.stagedRate = record[4] | (record[5] << 8) | (record[6] << 16);
      this.stagedDigest = crc(record, 0xffffffff, 0xedb88320) ^ -1;
      for (let shift = 0; shift < 32; shift += 8) answer.push((this.stagedDigest >> shift) & 255);
    }
    if (kind === COMMIT) this.rate = this.stagedRate;
    this.say([version, kind | REPLY, low, high, ...answer]);
  }

  say(body) {
    const sum = crc16(body);
    for (const byte of [0, ...stuff([...body, sum & 255, sum >> 8]), 0]) this.hal.link.send(byte);
  }
}

function crc(bytes, start, polynomial) {
  let sum = start;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
  }
  return sum;
}

function crc16(bytes) {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff;
  }
  return sum;
}

function stuff(bytes) {
  const out = [0];
  let at = 0;
  for (const byte of bytes) {
    if (byte !== 0) out.push(byte);
    else {
      out[at] = out.length - at;
      at = out.push(0) - 1;
    }
  }
  out[at] = out.length - at;
  return out;
}

function unstuff(bytes) {
  const out = [];
  for (let at = 0; at < bytes.length; at += bytes[at]) {
    out.push(...bytes.slice(at + 1, at + bytes[at]));
    if (at + bytes[at] < bytes.length) out.push(0);
  }
  return out;
}

export const createController = (hal) => new TinyController(hal);
