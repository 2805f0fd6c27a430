// A service in a child process, as a command sees it: that of a controller which is not ours. The command has the port and the
// clients of the control channel, and passes bytes and lines on. If the process dies, the service is over, and its report is
// the last one that the child sent, with the death as a finding.

import { ControllerFault } from "../machine/controller-host";
import type { BytePort } from "../port/port";
import type { ControlChannel } from "../rig/control";
import { NearEnd } from "../rig/relay";
import type { Ending } from "../rig/serve";
import type { ServeReport, ServeStatus } from "../rig/serve-report";
import type { ServiceHandle } from "../rig/service";
import { withFindings } from "../run/verdict";
import { Child } from "./child-process";
import { errorOfText, type ApartServiceSetup, type FromService, type ServiceCall } from "./messages";

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
  private readonly child: Child;
  private readonly relay = new NearEnd((message) => this.child.notify(message));
  private soFar: ServeReport | null = null;
  private readonly ended: Promise<Ending>;
  private finish: (ending: Ending) => void = () => undefined;

  constructor(path: string) {
    this.child = new Child(path, (news) => this.hear(news));
    this.child.onDeath = () => this.finish("failure");
    this.ended = new Promise((resolve) => (this.finish = resolve));
  }

  get control(): ControlChannel {
    return this.relay.control;
  }

  async open(setup: ApartServiceSetup): Promise<void> {
    const message = await this.child.ask({ serve: setup });
    if (message === null || !("served" in message)) throw this.child.refusal(message);
    this.notes = message.served.notes;
  }

  async attach(port: BytePort): Promise<void> {
    this.soFar = await this.call<ServeReport>("attach", [this.relay.attach(port)]);
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
    this.relay.close();
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
    if ("ended" in news) this.finish(news.ended);
    else if ("soFar" in news) this.soFar = news.soFar;
    else if ("write" in news || "client" in news || "ready" in news) this.relay.hear(news);
  }
}
