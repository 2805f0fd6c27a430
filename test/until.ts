// Waiting for a condition, for tests of processes, ports and sockets. How long it takes is the machine's affair: the deadline is
// there so that what never comes is named, and lies far beyond what a crowded machine needs.

/** Below the time limit of a test, so that the text is printed. */
const DEADLINE_MS = 300_000;

/** Returns when `holds` is true, asked every 5 ms. Throws an error that names `what` when that never happens. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
