// A service in this process, as a command sees it: that of the reference controller.

import { chosenReference } from "../machine/module";
import { Service, type ServiceHandle, type ServiceSetup } from "../rig/service";
import { serve } from "../rig/serve";

/** Opens a service with the reference controller. Throws ScenarioError and FileError. */
export function serveHere(setup: ServiceSetup): ServiceHandle {
  const service = new Service(setup, chosenReference());
  return {
    notes: service.notes,
    control: { open: (client) => service.control.open(client) },
    attach: async (port) => service.attach(port),
    serve: () => serve(service.served),
    end: (how) => service.served.end(how),
    status: async () => service.status(),
    report: async () => service.report(),
    savedText: async () => service.savedText(),
    close: async () => undefined,
  };
}
