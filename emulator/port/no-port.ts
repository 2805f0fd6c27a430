// The port of a pump that no programmer reaches: nothing comes from it, and nothing is sent to it.

import type { BytePort } from "./port";

export const NO_PORT: BytePort = {
  path: "",
  isOpen: false,
  queued: 0,
  dropped: 0,
  onBytes: null,
  onOpen: null,
  onLost: null,
  write: () => false,
  close: async () => undefined,
};
