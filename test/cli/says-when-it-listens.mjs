// Loaded into a process before its program (`node --import`): writes a line to stderr as soon as the program listens for an
// interrupt. From outside nobody can see that, and a process that does not listen yet dies of the signal.

process.once("newListener", function announce(name) {
  if (name === "SIGINT") setImmediate(() => process.stderr.write("listens for SIGINT\n"));
  else process.once("newListener", announce);
});
