// The names under which events appear in reports and may be expected in scenarios. Published vocabulary: names are added
// at the end and never renamed. The two of sessions have no source yet.

export const EVENT_NAMES: readonly string[] = [
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
  "alarm_acknowledged",
  "stall_detected",
  "stall_recovered",
  "limit_reached",
  "reset",
  "session_opened",
  "session_closed",
  "link_refused",
  "self_test",
];
