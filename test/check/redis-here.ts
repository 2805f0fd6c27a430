// A Redis for tests: Debian's redis-server on a free port of this machine, with its files in a folder that goes with it. And a server that
// answers as a Redis does, but only for its version and its settings.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export class RedisHere {
  private readonly folder = mkdtempSync(join(tmpdir(), "cistern-redis-"));
  private server: ChildProcess | null = null;
  private readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RedisHere> {
    const redis = new RedisHere(await freePort());
    await redis.begin();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends the server, as an administrator does or by SIGKILL, and starts it again with the same files. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.halt(signal);
    await this.begin();
  }

  async end(): Promise<void> {
    await this.halt("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async halt(signal: NodeJS.Signals): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server === null || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  private async begin(): Promise<void> {
    const settings = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.folder];
    const server = spawn("redis-server", [...settings, "--appendonly", "yes", "--save", ""]);
    this.server = server;
    let said = "";
    for await (const chunk of server.stdout) {
      said += String(chunk);
      if (said.includes("Ready to accept connections")) break;
    }
    if (!said.includes("Ready to accept")) throw new Error(`redis-server did not start: ${said}`);
  }
}

/** A server that says this of itself in INFO, and OK to everything else. */
export async function pretender(info: string): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const command of String(bytes).match(/^\*\d+\r\n\$\d+\r\n\w+/gm) ?? []) {
        socket.write(/info$/i.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
