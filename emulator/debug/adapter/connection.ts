// A client of the debug adapter: an editor at the end of two streams. The connection reads its requests, gives each to the session
// and sends the answer, or one sentence about why there is none. A message that cannot be read is answered on the console of the
// editor, and the session goes on. A client that is gone, in the middle of a request too, is told to the owner once.

import { DebugSession, OutputEvent, Response } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";

/** A request that cannot be carried out; nothing has changed. The message is shown to the person. */
export class RequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RequestError";
  }
}

/** The answer to a request: the body of its response, and what follows once that was sent, such as events. */
export interface Answer {
  body?: object;
  next?: () => void;
}

/** Answers the requests of a client. Throws RequestError. */
export type Answering = (command: string, given: object) => Answer | Promise<Answer>;

export class Connection extends DebugSession {
  private answering: Answering | null = null;
  private readonly gone: () => void;
  private isGone = false;

  /** `gone` is called once, when the client has closed its end. */
  constructor(gone: () => void) {
    super();
    this.gone = gone;
    this.setRunAsServer(true);
  }

  /** Begins to read. */
  open(answering: Answering, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void {
    this.answering = answering;
    input.on("end", () => this.end());
    this.start(input, output);
  }

  /** The library calls this when a stream has closed and when a message could not be read. */
  override shutdown(): void {}

  override emit(name: string, ...given: unknown[]): boolean {
    if (name === "close") this.end();
    if (name === "error") this.complain();
    return name === "error" || super.emit(name, ...given);
  }

  private complain(): void {
    this.say(
      "a message of the editor was not understood and was left out: found no JSON, expected a request\n",
      "stderr",
    );
  }

  /** Prints a text on the console of the editor. */
  say(output: string, category: "console" | "stdout" | "stderr" | "important", more: object = {}): void {
    const event: DebugProtocol.OutputEvent = new OutputEvent(output, category);
    Object.assign(event.body, more);
    this.sendEvent(event);
  }

  override sendEvent(event: DebugProtocol.Event): void {
    if (!this.isGone) super.sendEvent(event);
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.carryOut(request);
  }

  private async carryOut(request: DebugProtocol.Request): Promise<void> {
    const response: DebugProtocol.Response = new Response(request);
    let answer: Answer = {};
    try {
      answer = await this.answering!(request.command, (request.arguments ?? {}) as object);
      if (answer.body) response.body = answer.body;
    } catch (error) {
      response.success = false;
      const message = error instanceof Error ? error.message : String(error);
      response.message = message;
      response.body = { error: { id: 1, format: message.replace(/[{}]/g, ""), showUser: true } };
    }
    if (this.isGone) return;
    this.sendResponse(response);
    answer.next?.();
  }

  private end(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.gone();
  }
}
