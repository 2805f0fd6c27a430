// The lists of codes that a controller, a board and a programmer share, and the words by which people know them. Each list is
// written here and nowhere else: the constants of hal/, of firmware/layout.ts and of the C header are made from it
// (scripts/contract.ts), and so are the tables of docs/ and the enums of the .ksy files. Codes are append-only: they stand in
// logs, in traces and on wires.

export interface Code {
  code: number;
  /** The word in reports, scenarios and answers. */
  name: string;
  /** The meaning of the code, as one sentence without its full stop; left out where the word is enough. */
  means?: string;
  /** The constant's name without its prefix, where it is not the word in capitals. */
  constant?: string;
}

export interface CodeList {
  /** `OUTCOME` for constants such as OUTCOME_ACCEPTED. */
  prefix: string;
  /** The constant that counts the codes, one more than the last of them. */
  count?: string;
  /** The subject of the codes, as one sentence without its full stop, where the prefix does not say it. */
  about?: string;
  rows: readonly Code[];
}

/** Rows whose codes rise by one from `first`, each a word or a word and what it means. */
function inOrder(first: number, rows: readonly (string | readonly [string, string])[]): Code[] {
  return rows.map((row, i) => {
    const code = first + i;
    return typeof row === "string" ? { code, name: row } : { code, name: row[0], means: row[1] };
  });
}

export const OUTCOME_LIST: CodeList = {
  prefix: "OUTCOME",
  count: "OUTCOMES",
  rows: [
    ...inOrder(0, [
      "accepted",
      ["lockout", "the lockout after the last patient bolus is not over"],
      ["per_24h", "the patient boluses of 24 h are used up"],
      ["dose_limit", "a window would exceed its limit"],
      ["busy", "another delivery or request is under way, or for an explant, therapy"],
      ["stopped", "the pump is stopped"],
      ["alarm", "a critical alarm is active, or the memory cannot store the change"],
      ["empty", "the reservoir is empty"],
      ["not_programmed", "there is no program in force"],
      ["out_of_range", "a number or a set of flags is outside the range of the command"],
      ["digest", "the commit's digest is not that of what was staged"],
      ["malformed", "the frame or the command does not exist, or has another length"],
      ["version", "the frame has another version, and the pump did not read the rest of it"],
      ["not_authorised", "the role may not send this command, or the programming head is not in place"],
      ["soft_limit", "a drug's soft limit is passed, and the commit neither confirms it nor gives a reason"],
      ["hard_limit", "a drug's hard limit is passed"],
      ["total_doubled", "the 24-hour total is more than twice the last one, and the commit does not confirm it"],
      ["bridge_needed", "drug or concentration changes, and there is neither a bridge nor a waiver"],
      ["library", "the program was written for another version of the drug library"],
    ]),
    {
      code: 19,
      name: "life_cycle",
      means: "the command is not allowed in this state of the pump's life; reports say `life_cycle`",
      constant: "LIFE",
    },
    ...inOrder(20, [
      ["discrepancy", "the aspirated volume is not the one that should have been left; nothing was recorded"],
      ["log_unread", "the log has entries that nobody has read"],
      ["no_session", "the frame is sealed for a session that is over or does not exist; open a new one"],
      ["replay", "this counter was used before, or it is 0 or too large"],
      ["not_authentic", "the tag does not fit text and key; for PAIR, the public key gives no shared secret"],
      ["not_paired", "this pairing does not exist"],
      [
        "tight_limits",
        "the program cannot be given as written, and the commit does not confirm it; the answer names the field",
      ],
    ]),
  ],
};

/** The places of a list in the program record, each with a code of its own. */
const places = (list: string, count: number): Omit<Code, "code">[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${list}[${i}]`, constant: `${list.toUpperCase()}_${i}` }));

export const REFUSED_LIST: CodeList = {
  prefix: "REFUSED",
  count: "REFUSED_FIELDS",
  about: "the field for which a commit is refused, as a prescription names it",
  rows: [
    { name: "none", means: "the refusal is about no field" },
    { name: "basal.mode", constant: "MODE" },
    { name: "basal.rate", constant: "RATE" },
    { name: "basal.steps", constant: "STEPS" },
    { name: "basal.volume", constant: "DOSE", means: "a dose of periodic mode" },
    { name: "basal.duration", constant: "DOSE_DURATION" },
    { name: "basal.every", constant: "DOSE_EVERY" },
    { name: "patient_bolus", constant: "BOLUS", means: "its volume, or with its duration the rate of it" },
    { name: "patient_bolus.duration", constant: "BOLUS_DURATION" },
    { name: "patient_bolus.lockout", constant: "LOCKOUT" },
    { name: "patient_bolus.per_24h", constant: "PER_24H" },
    { name: "low_reservoir" },
    { name: "limits", means: "the number of limits" },
    ...places("limits", 4),
    { name: "drugs", means: "the number of drugs" },
    ...places("drugs", 4),
    { name: "library" },
    { name: "confirm" },
    { name: "reason" },
  ].map((row, code) => ({ code, ...row })),
};

export const ROLE_LIST: CodeList = {
  prefix: "ROLE",
  count: "ROLES",
  rows: inOrder(1, ["clinician", ["patient", "bolus and status only"], ["observer", "reads, and changes nothing"]]),
};

export const REASON_LIST: CodeList = {
  prefix: "REASON",
  count: "REASONS",
  about: "the reasons for a dose beyond a drug's soft limit",
  rows: inOrder(0, ["none", "titration", "tolerance", "palliative", "other"]),
};

export const LIFE_LIST: CodeList = {
  prefix: "LIFE",
  about: "the states of a pump's life",
  rows: inOrder(0, ["shelf", "implanted", "in_service", "explanted"]),
};

export const RING_LIST: CodeList = {
  prefix: "LOG",
  about: "the two rings of the log; an entry's code is an EVENT_ of trace.ts",
  rows: inOrder(0, ["events", "faults"]),
};

export const RECORD_LIST: CodeList = {
  prefix: "RECORD",
  about: "the records that the reference controller keeps and can repair; all but the window have two slots",
  rows: inOrder(0, ["time", "ledger", "chart", "program", ["window", "the ring of the dose windows"]]),
};

export const RESET_LIST: CodeList = {
  prefix: "RESET",
  rows: inOrder(0, [
    "power_on",
    "brownout",
    "watchdog",
    ["external", "the reset line was pulled from outside the controller"],
  ]),
};

export const TONE_LIST: CodeList = {
  prefix: "TONE",
  rows: inOrder(0, ["off", ["single", "one steady tone: non-critical"], ["dual", "two alternating tones: critical"]]),
};

export const EVENT_LIST: CodeList = {
  prefix: "EVENT",
  count: "EVENTS",
  about: "the events that a controller traces; emulator/machine/events.ts has the fields of each",
  rows: inOrder(1, [
    "boot",
    "bolus_started",
    "bolus_finished",
    "bolus_denied",
    "bolus_cancelled",
    "basal_rate",
    "program_accepted",
    "program_refused",
    "stopped",
    "started",
    "refilled",
    "clock_set",
    "alarm_raised",
    "alarm_cleared",
    "stall_detected",
    "stall_recovered",
    "limit_reached",
    "link_refused",
    "self_test",
    "alarm_acknowledged",
    "bridge_started",
    "bridge_finished",
    "life_changed",
    "refill_discrepancy",
    "command_refused",
    "store_repaired",
    "session_opened",
    "session_closed",
    "paired",
    "sessions_left",
  ]),
};

export const CLOSED_LIST: CodeList = {
  prefix: "CLOSED",
  about: "the reasons why a session ended",
  rows: inOrder(1, ["time_out", "replaced"]),
};

export const STARTED_LIST: CodeList = {
  prefix: "STARTED_BY",
  about: "the ways in which a stopped pump is started",
  rows: inOrder(0, ["command", ["program", "a program was committed to it"]]),
};

export const CHANNEL_LIST: CodeList = {
  prefix: "CHANNEL",
  count: "CHANNELS",
  about: "the values that a controller publishes",
  rows: inOrder(0, [
    ["cause", "the cause of the next pulse, one of the CAUSE_ codes; published before `motor.pulse()`"],
    ["rate", "basal rate in force, 0.01 uL/day"],
    ["estimate", "the controller's estimate of the reservoir, in pulses"],
    ["window0", "content of the first dose window, in pulses"],
    ["window1", "content of the second dose window, in pulses"],
    ["alarms", "bit n is set while alarm n is active"],
    ["mode", "one of the MODE_ codes"],
    ["limit0", "the limit of the first dose window, in pulses; 0 when there is none"],
    ["limit1", "the limit of the second dose window, in pulses; 0 when there is none"],
    ["life", "one of the LIFE_ codes of telemetry.ts"],
    [
      "intended",
      "basal rate that program, hour and bridge ask for, before limits and alarms, 0.01 uL/day; 0 while stopped or priming",
    ],
    ["window2", "content of the third dose window, in pulses"],
    ["window3", "content of the fourth dose window, in pulses"],
    ["limit2", "the limit of the third dose window, in pulses; 0 when there is none"],
    ["limit3", "the limit of the fourth dose window, in pulses; 0 when there is none"],
    ["length0", "the length of the first dose window, in minutes; 0 when there is none"],
    ["length1", "the length of the second dose window, in minutes; 0 when there is none"],
    ["length2", "the length of the third dose window, in minutes; 0 when there is none"],
    ["length3", "the length of the fourth dose window, in minutes; 0 when there is none"],
  ]),
};

export const CAUSE_LIST: CodeList = {
  prefix: "CAUSE",
  count: "CAUSES",
  about: "the causes of pulses",
  rows: inOrder(0, ["none", "basal", "patient_bolus", "clinician_bolus", "prime", "bridge"]),
};

export const MODE_LIST: CodeList = {
  prefix: "MODE",
  rows: inOrder(0, ["not_programmed", "stopped", "minimum", "continuous", "flex", "periodic", "priming", "bridge"]),
};

/** The name of a code in its list. */
function nameIn(list: CodeList, code: number, otherwise = "unknown"): string {
  return list.rows.find((row) => row.code === code)?.name ?? otherwise;
}

export const outcomeName = (outcome: number): string => nameIn(OUTCOME_LIST, outcome);
/** The field of a refusal as a prescription names it; null where there is none. */
export const refusedField = (field: number): string | null => (field === 0 ? null : nameIn(REFUSED_LIST, field));
export const roleName = (role: number): string => nameIn(ROLE_LIST, role);
export const reasonName = (reason: number): string => nameIn(REASON_LIST, reason);
export const eventName = (event: number): string => nameIn(EVENT_LIST, event);
export const lifeName = (life: number): string => nameIn(LIFE_LIST, life);
export const recordName = (record: number): string => nameIn(RECORD_LIST, record);
export const resetName = (cause: number): string => nameIn(RESET_LIST, cause);
export const modeName = (mode: number): string => nameIn(MODE_LIST, mode, `mode ${mode}`);
