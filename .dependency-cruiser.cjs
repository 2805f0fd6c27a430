// Imports run downwards only. From the ground up: hal; firmware and the shared files of emulator/; board and world; machine;
// port and contract; telemetry; programmer; scenario; run; trace, report, debug, campaign and rig; hal-wire; apart; cohort and check; cli. A rule a
// folder, named for what it keeps out; type-only imports count, because a type is a dependency too. Each rule has a fixture
// in test/imports.test.ts. Run by `npm run check`, or alone: `npx depcruise .`.

/** Files of emulator/ itself (faults.ts, random.ts, ...), which every folder may use; not its four doors. */
const SHARED = "emulator/(?!(?:index|testing|hal|rig)\\.ts$)[^/]+\\.ts$";
const CONTRACT = ["emulator/contract/", SHARED, "hal/"];
const MACHINE_AND_BELOW = ["emulator/(?:machine|board|world|contract)/", SHARED, "hal/", "firmware/"];
const PROGRAMMER_AND_BELOW = ["emulator/(?:programmer|telemetry|port)/", ...MACHINE_AND_BELOW];
const RUN_AND_BELOW = ["emulator/(?:run|scenario)/", ...PROGRAMMER_AND_BELOW];
/** Only imports of this tree are weighed here; Node and npm are free above the firmware. */
const TREE = "^(?:emulator|firmware|hal|targets|test|bench|scripts)/";

const only = (...paths) => `^(?:${paths.join("|")})`;

const floor = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: TREE, pathNot: only(...allowed) },
});

module.exports = {
  forbidden: [
    {
      name: "hal-imports-hal-only",
      comment:
        "The contract stands alone: anything else in it, from Node and npm too, would have to exist on a real board.",
      severity: "error",
      from: { path: "^hal/" },
      to: { pathNot: "^hal/" },
    },
    {
      name: "firmware-imports-hal-only",
      comment:
        "The firmware cannot tell what is under it, so it sees nothing but the contract. Nothing from Node or npm.",
      severity: "error",
      from: { path: "^firmware/" },
      to: { pathNot: "^(?:firmware|hal)/" },
    },
    {
      name: "targets-carry-firmware-only",
      comment:
        "A target carries the firmware elsewhere; with a piece of the emulator in it, it would carry something else.",
      severity: "error",
      from: { path: "^targets/", pathNot: "^targets/machine/" },
      to: { pathNot: "^(?:targets|firmware|hal)/" },
    },
    floor(
      "machine-module-imports-machine",
      "^targets/machine/",
      ["targets/machine/", ...MACHINE_AND_BELOW],
      "The machine's module carries a machine with its firmware, and no people.",
    ),
    floor(
      "shared-files-import-hal-only",
      `^${SHARED}`,
      [SHARED, "hal/"],
      "What every folder uses can rest on no folder.",
    ),
    floor(
      "contract-imports-hal-only",
      "^emulator/contract/",
      CONTRACT,
      "The tables of the contract describe hal/; board, wire and targets are made from them.",
    ),
    floor(
      "board-imports-hal-only",
      "^emulator/board/",
      ["emulator/board/", ...CONTRACT],
      "A part meets the world and the firmware through the machine, which can then put something else in their place.",
    ),
    floor(
      "world-imports-hal-only",
      "^emulator/world/",
      ["emulator/world/", SHARED, "hal/"],
      "The world knows no part of the board: the machine carries what passes between them.",
    ),
    floor(
      "machine-imports-below",
      "^emulator/machine/",
      MACHINE_AND_BELOW,
      "The machine runs under scenarios, tests and rigs alike, so it can know none of them.",
    ),
    floor(
      "port-carries-bytes",
      "^emulator/port/",
      ["emulator/port/", SHARED],
      "A port carries bytes to the outside and knows no protocol.",
    ),
    floor(
      "telemetry-imports-hal",
      "^emulator/telemetry/",
      ["emulator/telemetry/", ...CONTRACT],
      "Frames, messages and seals serve every end of the link alike: no port, no machine, no clock.",
    ),
    floor(
      "programmer-imports-telemetry-and-ports",
      "^emulator/programmer/",
      PROGRAMMER_AND_BELOW,
      "The clinician's side speaks telemetry to a machine or through a port; it knows no scenario.",
    ),
    floor(
      "scenario-is-the-language-only",
      "^emulator/scenario/",
      ["emulator/(?:scenario|telemetry)/", ...MACHINE_AND_BELOW],
      "The language turns YAML into a trusted scenario and does not know who plays it.",
    ),
    floor("run-plays-a-scenario", "^emulator/run/", RUN_AND_BELOW, "A run is stepped, searched and drawn from above."),
    floor(
      "trace-imports-report-types",
      "^emulator/trace/",
      [
        "emulator/trace/",
        "emulator/run/(?:report|trumpet-curve|verdict)\\.ts$",
        "emulator/scenario/scenario\\.ts$",
        ...MACHINE_AND_BELOW,
      ],
      "A trace is made from a finished report; it never runs a scenario.",
    ),
    floor(
      "report-imports-report-types",
      "^emulator/report/",
      [
        "emulator/report/",
        "emulator/run/(?:report|cohort-report|outcome-rows|spread|invariants|trumpet-curve|verdict)\\.ts$",
        "emulator/campaign/campaign-report\\.ts$",
        "emulator/(?:scenario/scenario|telemetry/program)\\.ts$",
        ...MACHINE_AND_BELOW,
      ],
      "A page is made from a finished report; it never runs a scenario.",
    ),
    {
      name: "page-runs-in-a-browser",
      comment:
        "The modules of the page are bundled for a browser: they import one another, the model that they draw, what it is made of " +
        "(curves and their pieces), the form of its address, and how times and amounts are written. Nothing of Node; uPlot is a " +
        "script of its own, whose name is global.",
      severity: "error",
      from: { path: "^emulator/report/page/.*\\.ts$" },
      to: {
        pathNot:
          "^(?:hal/units\\.ts$|emulator/(?:report/(?:page/|(?:curve|derived|page-model|piece|place)\\.ts$)|(?:amounts|points|time)\\.ts$))",
      },
    },
    floor(
      "debug-imports-run",
      "^emulator/debug/",
      ["emulator/debug/", ...RUN_AND_BELOW],
      "The stepper steps a scenario; text and arguments are the command's business.",
    ),
    floor(
      "campaign-imports-below",
      "^emulator/campaign/",
      ["emulator/campaign/", ...RUN_AND_BELOW],
      "A campaign runs many scenarios; it needs neither a stepper nor a command line.",
    ),
    floor(
      "rig-imports-below",
      "^emulator/rig/",
      ["emulator/(?:rig|debug)/", ...RUN_AND_BELOW],
      "A rig runs a scenario against a clock and a wire; it shares the stepper's commands and needs no command line.",
    ),
    floor(
      "apart-imports-below",
      "^emulator/apart/",
      ["emulator/(?:apart|debug|rig|hal-wire|campaign)/", ...RUN_AND_BELOW],
      "A child process does for a command what this process does with the reference controller; it needs no command line.",
    ),
    floor(
      "cohort-imports-below",
      "^emulator/cohort/",
      ["emulator/(?:cohort|apart)/", ...RUN_AND_BELOW],
      "A cohort plays many runs, here or in child processes; text, files and pages are the command's business.",
    ),
    floor(
      "zoo-imports-below",
      "^emulator/zoo/",
      ["emulator/zoo/", "firmware/", "hal/"],
      "A wrong controller is the reference with a change; it knows nothing of what judges it.",
    ),
    floor(
      "check-imports-below",
      "^emulator/check/",
      ["emulator/(?:check|campaign|apart|zoo)/", ...RUN_AND_BELOW],
      "A campaign's units are carried out here or elsewhere; text, files and pages are the command's business.",
    ),
    floor(
      "hal-wire-imports-below",
      "^emulator/hal-wire/",
      ["emulator/(?:hal-wire|rig)/", ...RUN_AND_BELOW],
      "The wire carries a scenario's board by the rig's clock; it needs neither a stepper, a campaign nor a command line.",
    ),
    {
      name: "nobody-imports-cli",
      comment:
        "Arguments in, text out, and nothing under it: what a command knows must live a floor below to be used twice.",
      severity: "error",
      from: { path: "^emulator/", pathNot: "^emulator/cli/" },
      to: { path: "^emulator/cli/" },
    },
    {
      name: "doors-are-for-outside",
      comment:
        "index.ts, testing.ts, hal.ts and rig.ts are the package's doors; inside, a file imports the file that it means.",
      severity: "error",
      from: { path: "^emulator/", pathNot: "^emulator/testing\\.ts$" },
      to: { path: "^emulator/(?:index|testing|hal|rig)\\.ts$" },
    },
    floor(
      "hal-door-imports-hal-only",
      "^emulator/hal\\.ts$",
      ["hal/"],
      "A controller is built upon this door, so it brings the contract and no emulator.",
    ),
    {
      name: "product-imports-no-tests",
      comment: "What ships cannot rest on what does not.",
      severity: "error",
      from: { path: "^(?:emulator|firmware|hal|targets)/" },
      to: { path: "^(?:test|bench|scripts)/" },
    },
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or three. Type-only cycles are cycles too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(?:dist|coverage|node_modules)/" },
  },
};
