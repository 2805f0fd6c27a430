// A service in a child process, as a command sees it: that of a controller which is not ours. The command has the port and the
// clients of the control channel, and passes bytes and lines on. If the process dies, the service is over, and its report is
// the last one that the child sent, with the death as a finding.

import { ControllerFault } from "../machine/controller-host";
import type { BytePort } from "../port/port";
import type { ControlClient, ControlSession } from "../rig/control";
import type { Ending } from "../rig/serve";
import type { ServeReport, ServeStatus } from "../rig/serve-report";
import type { ServiceHandle } from "../rig/service";
import { withFindings } from "../run/verdict";
import { Child } from "./child-process";
import {
  errorOfText,
  type ApartServiceSetup,
  type FromService,
  type PortState,
  type ServiceCall,
  type ToService,
} from "./messages";

/** The time between two looks at a port that has bytes to send. */
const DRAIN_MS = 20;

/** Opens a service in a child process. Throws ControllerFault for a controller that cannot be loaded, ScenarioError and FileError. */
export async function serveApart(setup: ApartServiceSetup): Promise<ServiceHandle> {
  const service = new ServiceApart(setup.controller!);
  try {
    await service.open(setup);
    return service;
  } catch (error) {
    await service.close();
    throw error;
  }
}

class ServiceApart implements ServiceHandle {
  notes: readonly string[] = [];
  readonly control = { open: (client: ControlClient) => this.join(client) };
  private readonly child: Child;
  private readonly clients = new Map<number, RemoteSession>();
  private joined = 0;
  private port: BytePort | null = null;
  /** The pieces of the pump's bytes that the port has been given. */
  private written = 0;
  private draining: NodeJS.Timeout | undefined;
  private soFar: ServeReport | null = null;
  private readonly ended: Promise<Ending>;
  private finish: (ending: Ending) => void = () => undefined;

  constructor(path: string) {
    this.child = new Child(path, (news) => this.hear(news));
    this.child.onDeath = () => this.finish("failure");
    this.ended = new Promise((resolve) => (this.finish = resolve));
  }

  async open(setup: ApartServiceSetup): Promise<void> {
    const message = await this.child.ask({ serve: setup });
    if (message === null || !("served" in message)) throw this.child.refusal(message);
    this.notes = message.served.notes;
  }

  async attach(port: BytePort): Promise<void> {
    this.port = port;
    port.onBytes = (bytes) => this.child.notify({ bytes });
    port.onLost = () => this.reportPort();
    port.onOpen = () => this.reportPort();
    this.soFar = await this.call<ServeReport>("attach", [this.portState(port)]);
    if (this.soFar === null) throw this.child.refusal(null);
  }

  serve(): Promise<Ending> {
    return this.ended;
  }

  end(how: Ending): void {
    this.child.notify({ end: how });
  }

  async status(): Promise<ServeStatus> {
    const status = await this.call<ServeStatus>("status");
    if (status === null) throw new ControllerFault(this.deathWords());
    return status;
  }

  async report(): Promise<ServeReport> {
    const report = await this.call<ServeReport>("report");
    if (report !== null) return report;
    const { ended, ...last } = this.soFar!;
    const text = this.deathWords();
    const dead: ServeReport = { ...last, ended: { ...ended, by: "failure" } };
    return withFindings(dead, [{ at_tick: ended.tick, kind: "controller", text, weight: "invalid" }]);
  }

  async savedText(): Promise<string | null> {
    return this.call<string>("savedText");
  }

  async close(): Promise<void> {
    clearTimeout(this.draining);
    await this.child.end();
  }

  /** Makes a call of the service. Null when the process has died. */
  private async call<T>(call: ServiceCall, given: unknown[] = []): Promise<T | null> {
    const message = await this.child.ask({ call, given });
    if (message === null || !("answer" in message)) return null;
    if ("error" in message.answer) throw errorOfText(message.answer.error);
    return message.answer.result as T;
  }

  private deathWords(): string {
    return `the controller failed after tick ${this.soFar?.ended.tick ?? 0}: ${this.child.death}`;
  }

  private hear(news: FromService): void {
    if ("write" in news) this.write(news.write);
    else if ("reply" in news) this.clients.get(news.client)?.client.reply(news.reply);
    else if ("push" in news) this.clients.get(news.client)?.push(news.push);
    else if ("ready" in news) this.clients.get(news.ready)?.proceed();
    else if ("ended" in news) this.finish(news.ended);
    else if ("soFar" in news) this.soFar = news.soFar;
  }

  // ---- the port

  private write(bytes: Uint8Array): void {
    this.port?.write(bytes);
    this.written++;
    this.reportPort();
  }

  /** Reports to the child how the port is, and again until all of its bytes are sent. */
  private reportPort(): void {
    const { port } = this;
    if (port === null) return;
    this.child.notify({ port: this.portState(port) });
    clearTimeout(this.draining);
    if (port.queued > 0) this.draining = setTimeout(() => this.reportPort(), DRAIN_MS);
  }

  private portState({ path, isOpen, queued, dropped }: BytePort): PortState {
    return { path, isOpen, queued, dropped, written: this.written };
  }

  // ---- the control channel

  private join(client: ControlClient): ControlSession {
    const id = this.joined++;
    const session = new RemoteSession(id, client, (message) => this.child.notify(message));
    this.clients.set(id, session);
    this.child.notify({ joined: id });
    session.onEnd = () => {
      this.clients.delete(id);
      this.child.notify({ left: id });
    };
    return session;
  }
}

/** The conversation with one client, whose lines are carried out in the child. */
class RemoteSession implements ControlSession {
  readonly client: ControlClient;
  waiting = false;
  onEnd: () => void = () => undefined;
  private readonly id: number;
  private readonly notify: (message: ToService) => void;
  /** The number of pushed lines that the client did not take. */
  private missed = 0;

  constructor(id: number, client: ControlClient, notify: (message: ToService) => void) {
    this.id = id;
    this.client = client;
    this.notify = notify;
  }

  line(text: string): void {
    this.waiting = true;
    this.notify({ client: this.id, line: text });
  }

  /** Passes a pushed line on, with the number of those that the client did not take before it. */
  push(line: string): void {
    const whole = this.missed > 0 ? JSON.stringify({ ...(JSON.parse(line) as object), missed: this.missed }) : line;
    if (this.client.push(whole)) this.missed = 0;
    else this.missed++;
  }

  /** The child accepts the next line. */
  proceed(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.client.ready();
  }

  end(): void {
    this.onEnd();
  }
}
