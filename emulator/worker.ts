// Starts a module of this project in a thread of its own, both from the bundle in dist/ and from source. The module's name in
// scripts/bundle.mjs is that of its file.

import { Worker } from "node:worker_threads";

/**
 * Starts the module `name` in the folder of the module `from` in a worker, from the bundle in dist/ or, through tsx, from source.
 * The thread does without what the process was told to import.
 */
export function startWorker(name: string, data: unknown, from: string): Worker {
  if (!from.endsWith(".ts")) {
    return new Worker(new URL(`./${name}.js`, from), { workerData: data, execArgv: [] });
  }
  const loader = import.meta.resolve("tsx/esm/api");
  const source = new URL(`./${name}.ts`, from).href;
  const code = `(await import(${JSON.stringify(loader)})).register(); await import(${JSON.stringify(source)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: data, execArgv: [] });
}
