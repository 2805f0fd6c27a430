// Opening a port that another program may hold for a moment. A pseudo-terminal gets the number of one that is gone, and a
// program that had that one open may try the number once more before it knows.

import { until } from "./until";

/** The words of node-serialport and of this project for a port that somebody else has locked. */
const IN_USE = /Cannot lock port|is in use by another program/;

/** Returns the port that `open` gives. `open` is called again while the port is in use; every other error is thrown. */
export async function whenFree<T>(open: () => Promise<T>): Promise<T> {
  const opened: T[] = [];
  await until("the port is free", async () => {
    try {
      opened.push(await open());
    } catch (error) {
      if (!IN_USE.test((error as Error).message)) throw error;
    }
    return opened.length > 0;
  });
  return opened[0];
}
