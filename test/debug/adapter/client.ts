// A client of the debug adapter for tests: the one that the makers of the protocol test adapters with, and what every test asks of it.

import { DebugClient } from "@vscode/debugadapter-testsupport";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { servePort } from "../../../emulator/debug/adapter/serve";
import { ROOT } from "../../../scripts/sources.mjs";
import "../instrumented-here";

export const SCENARIO = join(ROOT, "scenarios/breakthrough-pain.yaml");
export const CONTROLLER_THREAD = 1;
export const WORLD_THREAD = 2;

export class Client extends DebugClient {
  /** The output of the adapter on the console. */
  readonly printed: DebugProtocol.OutputEvent["body"][] = [];

  /** A client at the port of a server in this process. */
  static async at(server: Server): Promise<Client> {
    const client = new Client("node", "", "cistern");
    client.on("output", ({ body }: DebugProtocol.OutputEvent) => client.printed.push(body));
    await client.start((server.address() as AddressInfo).port);
    return client;
  }

  get text(): string {
    return this.printed.map(({ output }) => output).join("");
  }

  /** Launches, sets breakpoints with `configure` and waits for the first stop. */
  async begin(given: object = {}, configure: () => Promise<unknown> = async () => undefined): Promise<Stop> {
    const stop = this.nextStop();
    await Promise.all([
      this.waitForEvent("initialized")
        .then(configure)
        .then(() => this.configurationDoneRequest()),
      this.launch({ scenario: SCENARIO, ...given }),
    ]);
    return stop;
  }

  /** Carries out a movement and waits for its end. */
  async moved(movement: Promise<unknown>): Promise<Stop> {
    const [stop] = await Promise.all([this.nextStop(), movement]);
    return stop;
  }

  /** The innermost frame of a thread. */
  async top(threadId = CONTROLLER_THREAD): Promise<DebugProtocol.StackFrame> {
    return (await this.stackTraceRequest({ threadId })).body.stackFrames[0];
  }

  /** The rows of the scope of that name in the innermost frame. */
  async scope(name: string): Promise<DebugProtocol.Variable[]> {
    const { scopes } = (await this.scopesRequest({ frameId: (await this.top()).id })).body;
    return this.rows(scopes.find((each) => each.name === name)!.variablesReference);
  }

  async rows(variablesReference: number): Promise<DebugProtocol.Variable[]> {
    return (await this.variablesRequest({ variablesReference })).body.variables;
  }

  async valueOf(expression: string): Promise<string> {
    const frameId = (await this.top()).id;
    return (await this.evaluateRequest({ expression, frameId, context: "hover" })).body.result;
  }

  async nextStop(): Promise<Stop> {
    return (await this.waitForEvent("stopped", 60_000)).body as Stop;
  }
}

export type Stop = DebugProtocol.StoppedEvent["body"];

/** The message of a request that is refused. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => "not refused",
    (error: Error) => error.message,
  );
}

/** The server of a file's tests, and the client of the test under way. */
export let server: Server;
export let client: Client;

/** Gives each test of the file a client of its own at one server. */
export function useClients(): void {
  beforeAll(async () => {
    server = await servePort(0);
  });
  beforeEach(async () => {
    client = await Client.at(server);
  });
  afterEach(() => client.stop());
  afterAll(() => server.close());
}
