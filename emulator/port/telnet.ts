// A serial port over Telnet, as RFC 2217 (COM-PORT-OPTION) has it, for the end that has no port: which bytes go over the connection
// for those of the line, and which of those that come are the line's. It knows no socket. The remote port is asked for 8 bits, no
// parity, one stop bit, no flow control and the baud rate. Numbers of Telnet are those of RFC 854, 856 and 858.

const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const SE = 240;

const BINARY = 0;
const SUPPRESS_GO_AHEAD = 3;
const COM_PORT = 44;

const SET_BAUDRATE = 1;
const SET_DATASIZE = 2;
const SET_PARITY = 3;
const SET_STOPSIZE = 4;
const SET_CONTROL = 5;
const FLOWCONTROL_SUSPEND = 8;
const FLOWCONTROL_RESUME = 9;
/** An answer of the remote port has the number of what it answers and this. */
const ANSWER = 100;

const DATA_BITS = 8;
const PARITY_NONE = 1;
const STOP_BITS_1 = 1;
const FLOW_NONE = 1;

/** The options that both sides may use. Every other one is declined. */
const WANTED: readonly number[] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];
/** A sub-negotiation of this protocol has at most 255 bytes; what is longer is cut. */
const SUB_BYTES_MAX = 255;

/** The bytes of the line as they go over the connection: 255 is sent twice. */
export function escaped(bytes: Uint8Array): Uint8Array {
  let more = 0;
  for (const byte of bytes) if (byte === IAC) more++;
  if (more === 0) return bytes;
  const made = new Uint8Array(bytes.length + more);
  let at = 0;
  for (const byte of bytes) {
    made[at++] = byte;
    if (byte === IAC) made[at++] = IAC;
  }
  return made;
}

/** The remote end's consent. */
export type Consent = { state: "asked" } | { state: "given" } | { state: "refused"; why: string };

export class TelnetLine {
  /** Whether the remote end is an RFC 2217 port at this baud rate. */
  consent: Consent = { state: "asked" };
  /** The remote port has asked for a pause. */
  suspended = false;
  private readonly baud: number;
  private readonly send: (bytes: Uint8Array) => void;
  /** The kind of the next byte: of the line, after IAC, an option after a verb, or of a sub-negotiation. */
  private state: "data" | "command" | "option" | "sub" | "sub-command" = "data";
  private verb = 0;
  /** The number of verbs that declined the option. */
  private declined = 0;
  private readonly sub: number[] = [];
  /** The verbs that were sent, so that an answer to one is not answered again. */
  private readonly said = new Set<number>();

  /** `send` gets the bytes that the negotiation sends. */
  constructor(baud: number, send: (bytes: Uint8Array) => void) {
    this.baud = baud;
    this.send = send;
  }

  /** Begins the negotiation. */
  begin(): void {
    for (const option of WANTED) {
      this.say(WILL, option);
      this.say(DO, option);
    }
  }

  /** Takes bytes of the connection and returns those of the line. */
  take(bytes: Uint8Array): Uint8Array {
    const line = new Uint8Array(bytes.length);
    let count = 0;
    for (const byte of bytes) {
      if (this.state === "data") {
        if (byte === IAC) this.state = "command";
        else line[count++] = byte;
      } else if (this.state === "command" && byte === IAC) {
        this.state = "data";
        line[count++] = IAC;
      } else this.takeCommand(byte);
    }
    return line.subarray(0, count);
  }

  private takeCommand(byte: number): void {
    if (this.state === "command") {
      if (byte === SB) this.sub.length = 0;
      this.verb = byte;
      this.state = byte === SB ? "sub" : byte >= WILL && byte <= DONT ? "option" : "data";
    } else if (this.state === "option") {
      this.state = "data";
      this.negotiate(this.verb, byte);
    } else if (this.state === "sub") {
      if (byte === IAC) this.state = "sub-command";
      else this.keep(byte);
    } else {
      this.state = byte === IAC ? "sub" : "data";
      if (byte === IAC) this.keep(byte);
      else if (byte === SE) this.notified();
    }
  }

  private keep(byte: number): void {
    if (this.sub.length < SUB_BYTES_MAX) this.sub.push(byte);
  }

  private negotiate(verb: number, option: number): void {
    if (option === COM_PORT) this.hearConsent(verb);
    const isWanted = WANTED.includes(option);
    if (verb === DO) this.answer(isWanted ? WILL : WONT, option);
    if (verb === WILL) this.answer(isWanted ? DO : DONT, option);
  }

  /** One of the two verbs is enough: ser2net says DO, pyserial WILL. */
  private hearConsent(verb: number): void {
    if (verb === DO || verb === WILL) this.askForSettings();
    else if (!this.said.has(SB) && ++this.declined === 2) this.refuse("it is no port of RFC 2217");
  }

  private askForSettings(): void {
    if (this.said.has(SB)) return;
    this.said.add(SB);
    const { baud } = this;
    this.ask(SET_BAUDRATE, [baud >>> 24, (baud >>> 16) & 255, (baud >>> 8) & 255, baud & 255]);
    this.ask(SET_DATASIZE, [DATA_BITS]);
    this.ask(SET_PARITY, [PARITY_NONE]);
    this.ask(SET_STOPSIZE, [STOP_BITS_1]);
    this.ask(SET_CONTROL, [FLOW_NONE]);
  }

  /** A sub-negotiation has come. The answer to the baud rate is the last word about consent; that of other settings is no matter. */
  private notified(): void {
    const [option, command, ...value] = this.sub;
    if (option !== COM_PORT) return;
    if (command === FLOWCONTROL_SUSPEND || command === FLOWCONTROL_SUSPEND + ANSWER) this.suspended = true;
    if (command === FLOWCONTROL_RESUME || command === FLOWCONTROL_RESUME + ANSWER) this.suspended = false;
    if (command !== SET_BAUDRATE + ANSWER || value.length !== 4 || this.consent.state !== "asked") return;
    const baud = value.reduce((sum, byte) => sum * 256 + byte, 0);
    if (baud === this.baud) this.consent = { state: "given" };
    else this.refuse(`its port is at baud ${baud} and does not take ${this.baud}`);
  }

  private refuse(why: string): void {
    if (this.consent.state !== "refused") this.consent = { state: "refused", why };
  }

  private say(verb: number, option: number): void {
    this.said.add((verb << 8) | option);
    this.send(Uint8Array.of(IAC, verb, option));
  }

  /** A verb that was said already is not said again, or two ends would go on for ever. */
  private answer(verb: number, option: number): void {
    if (!this.said.has((verb << 8) | option)) this.say(verb, option);
  }

  private ask(command: number, value: readonly number[]): void {
    this.send(Uint8Array.of(IAC, SB, COM_PORT, command, ...escaped(Uint8Array.from(value)), IAC, SE));
  }
}
