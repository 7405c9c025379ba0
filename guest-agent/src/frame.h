// The codec: bytes to checked requests, and fields to bytes. No I/O, no state; every bound is here.
#ifndef IRONCLAW_FRAME_H
#define IRONCLAW_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct frame {
  uint32_t length, stream;
  uint8_t type, channel;
};

struct text {
  uint8_t *at;
  uint32_t length;
};

struct hello {
  uint16_t lowest, highest;
  uint64_t nonce;
  uint32_t offers;  // OFFER_ bits; unknown ones are left alone
};

struct renew {
  uint64_t clock_ns;
  struct text hostname, entropy;
  uint32_t scratch_mib;
};

struct exec_request {
  uint32_t flags, uid, gid, limit_ms;
  uint64_t clock_ns;  // 0: leave the clock as it is
  uint16_t rows, columns, argc, envc;
  const char *cwd;
  char *argv[MAX_ARGS + 1], *envp[MAX_ARGS + 1];
  uint8_t filter;  // 0: none
};

struct filter_request {
  uint8_t number;
  uint16_t instructions;
  const uint8_t *program;
};

struct address {
  uint8_t length, prefix;  // 4 or 16 bytes
  const uint8_t *own, *gateway;
};

struct network_request {
  uint16_t mtu, count;
  const uint8_t *gateway_mac;
  struct address addresses[MAX_ADDRESSES];
};

struct probe_request {
  uint16_t count;
  struct text frames[MAX_PROBES];
};

struct file_request {
  const char *path;
  uint64_t offset, most;
  uint32_t mode, uid, gid, entries;
  uint8_t flags;
};

// NULL when the header is within the bounds, else the name of the bound it breaks.
const char *decode_header(const uint8_t *bytes, struct frame *out);

// Each takes the payload of a frame of that type; NULL, or what is wrong with it. Texts are made NUL
// terminated strings in place (each moves one byte down, onto its own length), so a payload can be
// decoded once.
const char *decode_hello(uint8_t *payload, uint32_t length, struct hello *out);
const char *decode_renew(uint8_t *payload, uint32_t length, struct renew *out);
const char *decode_exec(uint8_t *payload, uint32_t length, struct exec_request *out);
const char *decode_filter(uint8_t *payload, uint32_t length, struct filter_request *out);
const char *decode_network(uint8_t *payload, uint32_t length, struct network_request *out);
const char *decode_probe(uint8_t *payload, uint32_t length, struct probe_request *out);
const char *decode_file(uint8_t type, uint8_t *payload, uint32_t length, struct file_request *out);
const char *decode_u8(const uint8_t *payload, uint32_t length, uint8_t *out);
const char *decode_u16(const uint8_t *payload, uint32_t length, uint16_t *out);
const char *decode_u32(const uint8_t *payload, uint32_t length, uint32_t *out);
const char *decode_u64(const uint8_t *payload, uint32_t length, uint64_t *out);
const char *decode_size(const uint8_t *payload, uint32_t length, uint16_t *rows, uint16_t *columns);

uint8_t *put_u8(uint8_t *at, uint8_t value);
uint8_t *put_u16(uint8_t *at, uint16_t value);
uint8_t *put_u32(uint8_t *at, uint32_t value);
uint8_t *put_u64(uint8_t *at, uint64_t value);
uint8_t *put_str(uint8_t *at, const void *bytes, uint32_t length);
void put_header(uint8_t *at, uint32_t length, uint32_t stream, uint8_t type, uint8_t channel);

#endif
