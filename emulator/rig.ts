// For tests of a rig: starts the emulated pump or the virtual board as a program of its own, on a port, and ends it. It works under
// any test runner.

export { RigError, startBoard, startPump, type Answer, type StartOptions, type Started } from "./rig/started";
