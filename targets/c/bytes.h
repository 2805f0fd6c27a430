/* Little-endian integers in byte buffers, the checksums, and COBS, which both wires use. Nothing here depends on the meaning of
 * the bytes. The caller owns the buffers and makes them large enough. */

#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

void put_u16(uint8_t *at, uint32_t value);
void put_u32(uint8_t *at, uint32_t value);
uint32_t get_u16(const uint8_t *at);
uint32_t get_u32(const uint8_t *at);
int32_t get_i32(const uint8_t *at);

/* CRC-16/CCITT-FALSE: "123456789" gives 29B1. */
uint16_t crc16(const uint8_t *bytes, size_t count);
/* CRC-32/ISO-HDLC: "123456789" gives CBF43926. */
uint32_t crc32(const uint8_t *bytes, size_t count);

/* Writes a frame as it is on the line: 00, COBS of `bytes` and their CRC-16, 00. `out` needs count + count / 254 + 6 bytes.
 * Returns the length. */
size_t frame_out(const uint8_t *bytes, size_t count, uint8_t *out);

/* Decodes the bytes between two zeros in place. Returns the length without the CRC, or -1 when they are no frame. */
int frame_in(uint8_t *bytes, size_t count);

#endif
