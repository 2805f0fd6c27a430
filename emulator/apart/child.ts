// The child process of a controller that is not ours. The first message says what it does: it carries out a run, serves a pump, works
// on units of a campaign, or is the controller's end of the hal wire.
// All that the controller prints goes to the streams of this process, which are the controller's alone.

import { CampaignChild } from "./campaign-child";
import { Guest } from "./guest";
import { textOfError, type FromChild, type ToChild } from "./messages";
import { RunChild } from "./run-child";
import { ServiceChild } from "./service-child";
import { carryOutWire } from "./wire-child";

const send = process.send!.bind(process);
const exit = process.exit.bind(process);
process.setSourceMapsEnabled(true);
process.on("disconnect", () => exit(0));

/** The run or the service, which answers the messages after the first. */
let open: { hear(message: ToChild): void } | null = null;

process.on("message", (message: ToChild) => {
  if ("run" in message) void begin(message.run.controller!, (guest) => RunChild.open(message.run, guest, notify));
  else if ("serve" in message) {
    void begin(message.serve.controller!, (guest) => ServiceChild.open(message.serve, guest, notify));
  } else if ("campaign" in message) {
    const { controller } = message.campaign;
    if (controller === null) open = CampaignChild.here(notify);
    else void begin(controller, (guest) => CampaignChild.open(guest, notify));
  } else if ("wire" in message) {
    void begin(message.wire.job.controller!, async (guest) => {
      const outcome = await carryOutWire(message.wire, guest, notify);
      notify({ answer: { result: outcome }, at: null, report: null, changes: [] });
      return { hear: () => undefined };
    });
  } else open?.hear(message);
});

function notify(message: FromChild): void {
  send(message);
}

async function begin(path: string, make: (guest: Guest) => Promise<{ hear(message: ToChild): void }>): Promise<void> {
  const guest = new Guest(path);
  try {
    open = await make(guest);
  } catch (error) {
    notify({ answer: { error: textOfError(guest.refused(error)) }, at: null, report: null, changes: [] });
  }
}
