# The hal wire of docs/hal-wire.md for machines: Kaitai Struct (https://kaitai.io), tested against test/vectors/hal-wire.json.
# The root is one frame with its COBS coding undone. A RESULT does not say what it answers: its content is read by the type
# `code_result`, `buffer_result` or `bytes_result`, one after the other, in the order of the calls with a result in the CALL of the same sequence.
meta:
  id: hal_wire
  title: Bench link between a controller and a board, wire version 1
  license: MIT
  endian: le
seq:
  - id: version
    contents: [0xc1]
  - id: type
    type: u1
    enum: frame_type
  - id: sequence
    type: u1
  - id: body
    size: _io.size - 5
    type:
      switch-on: type
      cases:
        'frame_type::hello': hello
        'frame_type::refuse': refuse
        'frame_type::image': image
        'frame_type::ack': nothing
        'frame_type::sense': sense
        'frame_type::act': calls
        'frame_type::call': calls
        'frame_type::result': result
        'frame_type::end': end
        'frame_type::fault': fault
  - id: crc
    type: u2
    doc: CRC-16/CCITT-FALSE over everything before it.
enums:
  frame_type:
    1: hello
    2: refuse
    3: image
    4: ack
    5: sense
    6: act
    7: call
    8: result
    9: end
    10: fault
  role:
    1: board
    2: controller
  verdict:
    0: pass
    1: fail
    2: invalid
    3: interrupted
  # Made from emulator/contract/calls.ts by npm run contract: call codes.
  call_code:
    1: watchdog_kick
    2: motor_pulse
    3: motor_set_power
    4: sounder_set_tone
    5: clock_set_offset
    6: guard_set_limit
    7: guard_rearm
    8: link_receive
    9: link_send
    10: nvm_write
    11: trace_event
    12: trace_publish
    13: crypto_put
    14: crypto_store_key
    15: idle
    16: nvm_write_again
    32: reservoir_level
    33: reservoir_pressure
    34: crypto_random
    35: crypto_seal
    36: crypto_open
    37: crypto_agree
    38: crypto_derive
    39: nvm_read
  # End of call codes.
types:
  nothing: {}
  text:
    seq:
      - { id: length, type: u1 }
      - { id: value, size: length, type: str, encoding: UTF-8 }
  hello:
    seq:
      - { id: session, type: u4 }
      - { id: contract, type: u1 }
      - { id: role, type: u1, enum: role }
      - { id: ports, type: u2 }
      - { id: flags, type: u1 }
      - { id: capacity_ml, type: u1 }
      - { id: external, type: u1 }
      - { id: name, type: text }
      - { id: scenario, type: text }
  refuse:
    seq:
      - { id: code, type: u1 }
      - { id: text, type: text }
  fault:
    seq:
      - { id: text, type: text }
  run:
    seq:
      - { id: address, type: u4 }
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  runs:
    seq:
      - { id: count, type: u1 }
      - { id: run, type: run, repeat: expr, repeat-expr: count }
  image:
    seq:
      - { id: anew, type: u1 }
      - { id: runs, type: runs }
  received:
    seq:
      - { id: place, type: u2 }
      - { id: length, type: u2 }
      - { id: bytes, size: length }
  sense:
    seq:
      - { id: tick, type: u4 }
      - { id: epoch, type: u1 }
      - { id: heard, type: u1 }
      - { id: present, type: u2 }
      # Made from emulator/contract/calls.ts by npm run contract: registers.
      - { id: motion, type: s4, if: present & 1 != 0 }
      - { id: lines, type: u1, if: present & 2 != 0 }
      - { id: minute, type: s4, if: present & 4 != 0 }
      - { id: offset, type: s4, if: present & 8 != 0 }
      - { id: cell_mv, type: u2, if: present & 16 != 0 }
      - { id: temperature_mc, type: s4, if: present & 32 != 0 }
      - { id: limit, type: u2, if: present & 64 != 0 }
      - { id: cause, type: u1, if: present & 128 != 0 }
      - { id: free, type: u2, if: present & 256 != 0 }
      # End of registers.
      - { id: leapt, type: u4, if: present & 512 != 0 }
      - { id: age_ms, type: u2, if: present & 1024 != 0 }
      - { id: received, type: received, if: present & 2048 != 0 }
      - { id: nvm, type: runs, if: present & 4096 != 0 }
  calls:
    seq:
      - { id: tick, type: u4 }
      - { id: epoch, type: u1 }
      - { id: calls, type: call, repeat: eos }
  call:
    seq:
      - { id: code, type: u1, enum: call_code }
      - id: arguments
        type:
          switch-on: code
          cases:
            # Made from emulator/contract/calls.ts by npm run contract: arguments of a call.
            'call_code::motor_set_power': motor_set_power
            'call_code::sounder_set_tone': sounder_set_tone
            'call_code::clock_set_offset': clock_set_offset
            'call_code::guard_set_limit': guard_set_limit
            'call_code::link_receive': link_receive
            'call_code::link_send': link_send
            'call_code::nvm_write': nvm_write
            'call_code::trace_event': trace_event
            'call_code::trace_publish': trace_publish
            'call_code::crypto_put': crypto_put
            'call_code::crypto_store_key': crypto_store_key
            'call_code::idle': idle
            'call_code::nvm_write_again': nvm_write_again
            'call_code::crypto_random': crypto_random
            'call_code::crypto_seal': crypto_seal
            'call_code::crypto_open': crypto_open
            'call_code::crypto_agree': crypto_agree
            'call_code::crypto_derive': crypto_derive
            'call_code::nvm_read': nvm_read
            # End of arguments of a call.
            _: nothing
  # Made from emulator/contract/calls.ts by npm run contract: arguments.
  motor_set_power:
    seq:
      - { id: on, type: u1 }
  sounder_set_tone:
    seq:
      - { id: tone, type: u1 }
  clock_set_offset:
    seq:
      - { id: minutes, type: s4 }
  guard_set_limit:
    seq:
      - { id: pulses_per_hour, type: u2 }
  link_receive:
    seq:
      - { id: count, type: u2 }
  link_send:
    seq:
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  nvm_write:
    seq:
      - { id: address, type: u4 }
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  trace_event:
    seq:
      - { id: code, type: s4 }
      - { id: a, type: s4 }
      - { id: b, type: s4 }
      - { id: c, type: s4 }
  trace_publish:
    seq:
      - { id: channel, type: u1 }
      - { id: value, type: s4 }
  crypto_put:
    seq:
      - { id: index, type: u1 }
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  crypto_store_key:
    seq:
      - { id: slot, type: u1 }
  idle:
    seq:
      - { id: ticks, type: u4 }
  nvm_write_again:
    seq:
      - { id: address, type: u4 }
      - { id: count, type: u2 }
  crypto_random:
    seq:
      - { id: count, type: u1 }
  crypto_seal:
    seq:
      - { id: slot, type: u1 }
      - { id: associated, type: u1 }
      - { id: text, type: u1 }
  crypto_open:
    seq:
      - { id: slot, type: u1 }
      - { id: associated, type: u1 }
      - { id: text, type: u1 }
  crypto_agree:
    seq:
      - { id: slot, type: u1 }
  crypto_derive:
    seq:
      - { id: from_slot, type: u1 }
      - { id: to_slot, type: u1 }
      - { id: salt, type: u1 }
  nvm_read:
    seq:
      - { id: address, type: u4 }
      - { id: count, type: u1 }
  # End of arguments.
  buffer_run:
    seq:
      - { id: index, type: u1 }
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  result:
    seq:
      - { id: content, size-eos: true }
  code_result:
    seq:
      - { id: code, type: u2 }
  bytes_result:
    seq:
      - { id: length, type: u1 }
      - { id: bytes, size: length }
  buffer_result:
    seq:
      - { id: ok, type: u1 }
      - { id: count, type: u1 }
      - { id: run, type: buffer_run, repeat: expr, repeat-expr: count }
  end:
    seq:
      - { id: verdict, type: u1, enum: verdict }
      - { id: ticks, type: u4 }
      - { id: fingerprint, size: 8 }
      - { id: reason, type: text }
