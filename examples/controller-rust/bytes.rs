//! Little-endian integers in byte buffers, the checksums, and COBS.

pub fn put_u16(bytes: &mut [u8], value: u32) {
    bytes[..2].copy_from_slice(&value.to_le_bytes()[..2]);
}

pub fn put_u32(bytes: &mut [u8], value: u32) {
    bytes[..4].copy_from_slice(&value.to_le_bytes());
}

pub fn get_u16(bytes: &[u8]) -> u32 {
    u32::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

pub fn get_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// CRC-16/CCITT-FALSE: "123456789" gives 29B1.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| {
                if crc & 0x8000 != 0 {
                    (crc << 1) ^ 0x1021
                } else {
                    crc << 1
                }
            },
        )
    })
}

/// CRC-32/ISO-HDLC: "123456789" gives CBF43926.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 != 0 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Gives the bytes of a frame as they are on the line: 00, COBS of `frame` and its CRC-16, 00. A frame has at most 252 bytes, so
/// that one block of COBS holds it.
pub fn frame_out(frame: &[u8], mut send: impl FnMut(u8)) {
    let crc = crc16(frame).to_le_bytes();
    let count = frame.len() + 2;
    let at = |i: usize| {
        if i < frame.len() {
            frame[i]
        } else {
            crc[i - frame.len()]
        }
    };
    send(0);
    let mut i = 0;
    loop {
        let end = (i..count).find(|&k| at(k) == 0).unwrap_or(count);
        send((end - i + 1) as u8);
        (i..end).for_each(|k| send(at(k)));
        if end == count {
            break;
        }
        i = end + 1;
    }
    send(0);
}

/// Decodes the bytes between two zeros in place. Gives the length without the CRC, or nothing when they are no frame.
pub fn frame_in(bytes: &mut [u8]) -> Option<usize> {
    let mut from = 0;
    let mut to = 0;
    while from < bytes.len() {
        let code = usize::from(bytes[from]);
        let end = from + code;
        if code == 0 || end > bytes.len() {
            return None;
        }
        from += 1;
        while from < end {
            bytes[to] = bytes[from];
            to += 1;
            from += 1;
        }
        if code < 0xff && end < bytes.len() {
            bytes[to] = 0;
            to += 1;
        }
    }
    let length = to.checked_sub(2)?;
    let crc = get_u16(&bytes[length..to]);
    (u32::from(crc16(&bytes[..length])) == crc).then_some(length)
}
