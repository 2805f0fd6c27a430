// A second controller, as small as one can be and still be a pump: it pairs with everyone who asks, opens one session after the
// other, answers every command with yes, runs the basal rate of the program it was given, knows no limits, no alarms, no
// replays and no leaps, and traces nothing. It shows what the contract needs, the crypto part included, and what the
// monitors see in a pump that keeps no dose limit.

const RATE_TICKS_PER_PULSE = 216_000_000;
const VERSION = 3;
const PAIR = 2;
const OPEN = 3;
const SEALED = 4;
const STAGE = 3;
const COMMIT = 4;
const REPLY = 128;
const RECORD_BYTES = 633;
/** Version, type, session and counter; the tag behind the text; the key slot of the session. */
const HEADER = 10;
const TAG = 8;
const SESSION_SLOT = 6;

class TinyController {
  constructor(hal) {
    this.hal = hal;
    this.received = new Uint8Array(256);
    this.length = 0;
    this.session = 0;
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
    const body = frame.slice(2, -2);
    if (frame[1] === PAIR) this.pair(body);
    if (frame[1] === OPEN) this.open(body);
    if (frame[1] === SEALED) this.command(frame.slice(0, -2));
  }

  pair([role, ...theirs]) {
    this.put(theirs);
    this.hal.crypto.agree(2 * (role - 1));
    this.say([VERSION, PAIR | REPLY, 0, ...theirs.slice(-2), 2 * (role - 1), ...this.get(0, 32)]);
  }

  open([pairing, ...theirs]) {
    const number = word(++this.session);
    this.hal.crypto.random(theirs.length);
    const ours = this.get(0, theirs.length);
    this.put([...theirs, ...ours, ...number]);
    this.hal.crypto.derive(pairing, SESSION_SLOT, 36);
    this.say([VERSION, OPEN | REPLY, 0, ...theirs.slice(-2), ...number, ...ours]);
  }

  command(frame) {
    const length = frame.length - HEADER - TAG;
    this.put([0, ...frame.slice(2, HEADER), 0, 0, 0, 0, ...frame]);
    if (!this.hal.crypto.open(SESSION_SLOT, HEADER, length)) return;
    const [kind, low, high, ...payload] = this.get(13 + HEADER, length);
    const answer = [0];
    if (kind === STAGE) {
      // A piece of the record, with its offset; this pump takes programs of one piece.
      const record = new Uint8Array(RECORD_BYTES);
      record.set(payload.slice(2));
      this.stagedRate = record[4] | (record[5] << 8) | (record[6] << 16);
      this.stagedDigest = crc(record, 0xffffffff, 0xedb88320) ^ -1;
      answer.push(...word(this.stagedDigest));
    }
    if (kind === COMMIT) this.rate = this.stagedRate;
    const header = [VERSION, SEALED | REPLY, ...frame.slice(2, HEADER)];
    const text = [kind | REPLY, low, high, ...answer];
    this.put([1, ...frame.slice(2, HEADER), 0, 0, 0, 0, ...header, ...text]);
    this.hal.crypto.seal(SESSION_SLOT, HEADER, text.length);
    this.say([...header, ...this.get(13 + HEADER, text.length + TAG)]);
  }

  put(bytes) {
    bytes.forEach((byte, i) => this.hal.crypto.put(i, byte));
  }

  get(from, length) {
    return Array.from({ length }, (_, i) => this.hal.crypto.get(from + i));
  }

  say(body) {
    const sum = crc16(body);
    for (const byte of [0, ...stuff([...body, sum & 255, sum >> 8]), 0]) this.hal.link.send(byte);
  }
}

function word(value) {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
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
