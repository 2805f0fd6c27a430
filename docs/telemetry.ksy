# The telemetry of docs/telemetry.md for machines: Kaitai Struct (https://kaitai.io), tested against test/vectors/telemetry.json.
# The root is one frame with its COBS coding undone. What lies encrypted in a sealed frame is `command_text` on the way to the
# pump and `reply_text` on the way from it: decrypt first, then read it by that type. `program_record` is what STAGE carries in
# pieces and READ_PROGRAM gives back in pieces: put together first.
meta:
  id: telemetry
  title: Telemetry of an implantable drug pump, frame version 3
  license: MIT
  endian: le
seq:
  - id: version
    type: u1
    doc: 3. In another version nothing but a query and its answer may be read.
  - id: type
    type: u1
    enum: frame_type
  - id: body
    size: _io.size - 4
    type:
      switch-on: type
      cases:
        'frame_type::pair': pair
        'frame_type::open': open
        'frame_type::sealed': sealed
        'frame_type::query_answer': query_answer
        'frame_type::pair_answer': pair_answer
        'frame_type::open_answer': open_answer
        'frame_type::sealed_answer': sealed
        'frame_type::refused': refused
        _: unread
  - id: crc
    type: u2
    doc: CRC-16/CCITT-FALSE over everything before it.
enums:
  frame_type:
    1: query
    2: pair
    3: open
    4: sealed
    129: query_answer
    130: pair_answer
    131: open_answer
    132: sealed_answer
    133: refused
  # Made from emulator/contract/codes.ts by npm run contract: codes.
  role:
    1: clinician
    2: patient
    3: observer
  command:
    2: interrogate
    3: stage
    4: commit
    5: stop
    6: start
    7: patient_bolus
    8: clinician_bolus
    9: refill
    10: set_clock
    11: acknowledge
    12: self_test
    13: prime
    14: bridge
    15: implant
    16: explant
    17: read_log
    18: read_program
  outcome:
    0: accepted
    1: lockout
    2: per_24h
    3: dose_limit
    4: busy
    5: stopped
    6: alarm
    7: empty
    8: not_programmed
    9: out_of_range
    10: digest
    11: malformed
    12: version
    13: not_authorised
    14: soft_limit
    15: hard_limit
    16: total_doubled
    17: bridge_needed
    18: library
    19: life_cycle
    20: discrepancy
    21: log_unread
    22: no_session
    23: replay
    24: not_authentic
    25: not_paired
    26: tight_limits
  mode:
    0: not_programmed
    1: stopped
    2: minimum
    3: continuous
    4: flex
    5: periodic
    6: priming
    7: bridge
  life:
    0: shelf
    1: implanted
    2: in_service
    3: explanted
  ring:
    0: events
    1: faults
  # End of codes.
types:
  unread:
    seq:
      - id: rest
        size-eos: true
  pair:
    seq:
      - id: role
        type: u1
        enum: role
      - id: public_key
        size: 32
        doc: X25519 public key of the programmer.
  pair_answer:
    seq:
      - id: outcome
        type: u1
        enum: outcome
      - id: echo
        size: 2
        doc: The last two bytes of the body that is answered, zeros when it is shorter.
      - id: pairing
        type: u1
        if: not _io.eof
      - id: public_key
        size: 32
        if: not _io.eof
        doc: X25519 public key of the pump, fresh for this pairing.
  open:
    seq:
      - id: pairing
        type: u1
      - id: nonce
        size: 16
  open_answer:
    seq:
      - id: outcome
        type: u1
        enum: outcome
      - id: echo
        size: 2
        doc: The last two bytes of the body that is answered, zeros when it is shorter.
      - id: session
        type: u4
        if: not _io.eof
      - id: nonce
        size: 16
        if: not _io.eof
  query_answer:
    seq:
      - id: outcome
        type: u1
        enum: outcome
      - id: frame_version
        type: u1
      - id: controller_version
        type: u2
      - id: library_version
        type: u2
  refused:
    seq:
      - id: outcome
        type: u1
        enum: outcome
      - id: echo
        size: 2
        doc: The last two bytes of the body that is answered, zeros when it is shorter.
  sealed:
    seq:
      - id: session
        type: u4
      - id: counter
        type: u4
      - id: text
        size: _io.size - 16
        doc: Encrypted. Decrypted it is a command_text or a reply_text.
      - id: tag
        size: 8
  command_text:
    doc: What a sealed frame to the pump says.
    seq:
      - id: command
        type: u1
        enum: command
      - id: sequence
        type: u2
      - id: payload
        size-eos: true
        type:
          switch-on: command
          cases:
            # Made from emulator/contract/commands.ts by npm run contract: payload of a command.
            'command::stage': stage
            'command::commit': commit
            'command::clinician_bolus': clinician_bolus
            'command::refill': refill
            'command::set_clock': set_clock
            'command::acknowledge': acknowledge
            'command::prime': prime
            'command::bridge': bridge
            'command::implant': implant
            'command::read_log': read_log
            'command::read_program': read_program
            # End of payload of a command.
            _: unread
  reply_text:
    doc: What a sealed answer says. Whether there is content beyond the outcome depends on command and outcome.
    seq:
      - id: command_and_reply
        type: u1
        doc: The command with 128 added.
      - id: sequence
        type: u2
      - id: outcome
        type: u1
        enum: outcome
      - id: content
        size-eos: true
        if: not _io.eof
        type:
          switch-on: command
          cases:
            # Made from emulator/contract/commands.ts by npm run contract: content of an answer.
            'command::interrogate': status
            'command::stage': stage_reply
            'command::commit': commit_reply
            'command::refill': refill_reply
            'command::read_log': read_log_reply
            'command::read_program': read_program_reply
            # End of content of an answer.
            _: unread
    instances:
      command:
        value: command_and_reply & 127
        enum: command
  # Made from emulator/contract/commands.ts by npm run contract: payloads.
  stage:
    seq:
      - id: offset
        type: u2
        doc: "Where the piece begins in the record."
      - id: piece
        size-eos: true
  commit:
    seq:
      - id: digest
        type: u4
        doc: "Of the staged record."
      - id: confirm
        type: u1
      - id: reason
        type: u1
      - id: total
        type: u4
        doc: "24-hour total in pulses as it was shown; 0 with nothing to confirm."
  clinician_bolus:
    seq:
      - id: pulses
        type: u4
        doc: "Pulses of 250 nL."
      - id: duration_s
        type: u4
  refill:
    seq:
      - id: flags
        type: u1
      - id: aspirated
        type: u4
        doc: "Pulses of 250 nL."
      - id: filled
        type: u4
        doc: "Pulses of 250 nL."
  set_clock:
    seq:
      - id: wall_minute
        type: u4
        doc: "Since 2000-01-01T00:00; not more than 30 days before the first that was set."
  acknowledge:
    seq:
      - id: alarm
        type: u1
        doc: "An alarm that is active."
  prime:
    seq:
      - id: pulses
        type: u4
        doc: "Pulses of 250 nL."
      - id: confirm
        type: u1
        doc: "Needed for more than the recorded path and 10 uL."
  bridge:
    seq:
      - id: old_concentration
        type: u4
        doc: "Concentration still in the path, 0.1 ug/mL."
      - id: pulses
        type: u4
        doc: "Pulses of 250 nL."
  implant:
    seq:
      - id: catheter_mm
        type: u2
      - id: catheter_nl
        type: u4
      - id: flags
        type: u1
  read_log:
    seq:
      - id: ring
        type: u1
        enum: ring
      - id: first
        type: u4
        doc: "Sequence of the first entry that is asked for."
  read_program:
    seq:
      - id: offset
        type: u2
        doc: "Where the piece begins in the record."
  # End of payloads.
  # Made from emulator/contract/commands.ts by npm run contract: answers.
  status:
    seq:
      - id: mode
        type: u1
        enum: mode
      - id: flags
        type: u1
      - id: last_command
        type: u1
        enum: command
        doc: "The last command of this pairing that was executed or denied; 0 when there is none."
      - id: last_outcome
        type: u1
        enum: outcome
        doc: "Its outcome."
      - id: last_sequence
        type: u2
        doc: "Its sequence."
      - id: cell_mv
        type: u2
        doc: "Voltage of the cell."
      - id: rate
        type: u4
        doc: "Basal rate in force, 0.01 uL/day."
      - id: estimate
        type: u4
        doc: "The pump's estimate of the reservoir."
      - id: pulses
        type: u4
        doc: "Pulses since the controller started."
      - id: missed
        type: u4
        doc: "The number of these without proof of motion."
      - id: alarms
        type: u4
        doc: "Bit n is set while alarm n is active."
      - id: minute
        type: u4
        doc: "The pump's minute counter."
      - id: offset
        type: s4
        doc: "Minutes to the wall clock."
      - id: digest
        type: u4
        doc: "Digest of the program in force; 0 when there is none."
      - id: bolus_given
        type: u4
        doc: "Given volume of the last bolus."
      - id: bolus_total
        type: u4
        doc: "Ordered volume of the last bolus."
      - id: requests
        type: u2
        doc: "Patient bolus requests (PTB-5)."
      - id: granted
        type: u2
        doc: "The number of these that were granted."
      - id: denied
        type: u2
        repeat: expr
        repeat-expr: 9
        doc: "The number of these that were denied, by outcome 1 to 9."
      - id: refused_frames
        type: u2
        doc: "Frames refused since the controller started."
      - id: life
        type: u1
        enum: life
      - id: self_test
        type: u2
        doc: "The failures of the last self-test, as in the event `self_test`."
      - id: log
        type: u4
        doc: "Sequence of the last entry of the ring of events."
      - id: faults
        type: u4
        doc: "Sequence of the last entry of the ring of faults."
      - id: supervised
        type: u4
        doc: "The rest of a prime or a bridge."
      - id: total
        type: u4
        doc: "The most that the program in force gives in 24 h."
  stage_reply:
    seq:
      - id: digest
        type: u4
        doc: "Of the whole staged record."
      - id: starts
        type: u1
        if: not _io.eof
        doc: "1: the pump is stopped, and a commit of the record starts it; left out where it does not."
  commit_reply:
    seq:
      - id: total
        type: u4
        doc: "24-hour total of the staged program, in pulses."
      - id: before
        type: u4
        doc: "24-hour total of the program in force, in pulses."
      - id: field
        type: u1
        if: not _io.eof
        doc: "The field that is the reason for a refusal; left out where there is none."
  refill_reply:
    seq:
      - id: expected
        type: u4
        doc: "The volume that should have been left, in pulses."
  read_log_reply:
    seq:
      - id: count
        type: u1
        doc: "How many entries follow."
      - id: entries
        type: log_entry
        repeat: expr
        repeat-expr: count
  read_program_reply:
    seq:
      - id: piece
        size-eos: true
  log_entry:
    seq:
      - id: sequence
        type: u4
        doc: "The first entry of a ring has 1."
      - id: minute
        type: u4
        doc: "Of the pump's own counter."
      - id: wall
        type: u4
        doc: "Minutes of the wall clock since 2000-01-01T00:00."
      - id: a
        type: u4
      - id: b
        type: u4
      - id: code
        type: u1
        doc: "An EVENT_ of hal/trace.ts."
  # End of answers.
  # Made from emulator/contract/record.ts by npm run contract: record.
  program_record:
    seq:
      - id: mode
        type: u1
        enum: mode
      - id: limit_count
        type: u1
        doc: "With 0 the pump derives limits from the program (LIM-5)."
      - id: cap_per_day
        type: u1
        doc: "Patient boluses in 24 h; 0: none."
      - id: drug_count
        type: u1
      - id: rate
        type: u4
        doc: "Of continuous mode, 0.01 uL/day; 0 in the other modes."
      - id: bolus_pulses
        type: u2
        doc: "A patient's bolus."
      - id: bolus_s
        type: u2
        doc: "Its duration."
      - id: lockout_min
        type: u2
        doc: "Minutes between two patient boluses."
      - id: low_pulses
        type: u4
        doc: "Threshold of the alarm low_reservoir, in pulses."
      - id: limits
        type: limit
        repeat: expr
        repeat-expr: 4
      - id: library
        type: u2
        doc: "Version of the drug library."
      - id: refill_days
        type: u2
        doc: "Days from a refill to the next; 0: no date."
      - id: dose_pulses
        type: u2
        doc: "A dose of periodic mode."
      - id: dose_s
        type: u2
        doc: "Its duration."
      - id: dose_every_min
        type: u2
        doc: "Minutes from one dose to the next."
      - id: drugs
        type: drug
        repeat: expr
        repeat-expr: 4
      - id: weekdays
        type: u1
        repeat: expr
        repeat-expr: 7
        doc: "The pattern of each weekday of flex mode, Monday first."
      - id: pattern_count
        type: u1
      - id: patterns
        type: pattern
        repeat: expr
        repeat-expr: 7
  limit:
    seq:
      - id: pulses
        type: u4
      - id: window_min
        type: u2
  drug:
    seq:
      - id: id
        type: u1
        doc: "Of hal/drug-library.ts; 0: unlisted."
      - id: concentration
        type: u4
        doc: "0.1 ug/mL."
  pattern:
    seq:
      - id: step_count
        type: u1
      - id: steps
        type: step
        repeat: expr
        repeat-expr: 13
  step:
    seq:
      - id: minute
        type: u2
        doc: "Of the day."
      - id: rate
        type: u4
        doc: "0.01 uL/day."
  # End of record.
