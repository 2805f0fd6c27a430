// The entry of a thread of a cohort: it plays one patient after the other, each as it is asked for.

import { parentPort, workerData } from "node:worker_threads";
import { textOfError } from "../apart/messages";
import { playMember, type MemberWork } from "./member";

const work = workerData as MemberWork;
const out = parentPort!;

out.on("message", ({ index, seed }: { index: number; seed: number }) => {
  playMember(work, index, seed).then(
    (member) => out.postMessage({ member }),
    (error: unknown) => out.postMessage({ error: textOfError(error) }),
  );
});
