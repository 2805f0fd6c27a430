// The timers, sockets and other handles that a controller leaves open in its process. They act between two ticks, when the
// clock on the wall says so, and no run with them can be repeated.

/** The kinds of handles that a controller can open, with a word for each. Others are the process's own. */
const KINDS: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  Immediate: "a call of setImmediate",
  TCPSocketWrap: "a socket",
  TCPServerWrap: "a server",
  TCPConnectWrap: "a connection",
  UDPWrap: "a socket",
  GetAddrInfoReqWrap: "a look-up of an address",
  FSReqCallback: "a request to the file system",
  FSReqPromise: "a request to the file system",
  FSEventWrap: "a watched file",
  StatWatcher: "a watched file",
  ProcessWrap: "a child process",
  MessagePort: "a worker",
  TTYWrap: "a terminal",
  SignalWrap: "a handler of a signal",
};

export class Leavings {
  private readonly before = count();

  /** A kind of handle of which there are more now than at the beginning, in words; null when there is none. */
  found(): string | null {
    for (const [kind, more] of count()) {
      if (more > (this.before.get(kind) ?? 0)) return KINDS[kind];
    }
    return null;
  }
}

function count(): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind in KINDS) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}
