#include "frame.h"

#include <stdbool.h>
#include <string.h>

struct reader {
  uint8_t *at, *end;
  bool bad;
};

static bool take(struct reader *r, size_t n) {
  if (r->bad || (size_t)(r->end - r->at) < n) {
    r->bad = true;
    return false;
  }
  return true;
}

static uint64_t number(struct reader *r, unsigned size) {
  if (!take(r, size)) return 0;
  uint64_t value = 0;
  while (size--) value = value << 8 | *r->at++;
  return value;
}

static struct text text(struct reader *r) {
  struct text out = {NULL, 0};
  uint32_t length = (uint32_t)number(r, 4);
  if (!take(r, length)) return out;
  out.at = r->at;
  out.length = length;
  r->at += length;
  return out;
}

// A text without NUL, as a C string: moved one byte down onto its length, NUL after it.
static char *string(struct reader *r) {
  struct text t = text(r);
  if (r->bad) return NULL;
  if (memchr(t.at, 0, t.length)) {
    r->bad = true;
    return NULL;
  }
  char *out = (char *)t.at - 1;
  memmove(out, t.at, t.length);
  out[t.length] = 0;
  return out;
}

static bool finished(const struct reader *r) { return !r->bad && r->at == r->end; }

static uint32_t be32(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

const char *decode_header(const uint8_t *b, struct frame *out) {
  out->length = be32(b);
  out->stream = be32(b + 4);
  out->type = b[8];
  out->channel = b[9];
  if (out->length > MAX_PAYLOAD) return "frame longer than 65536 bytes";
  if (out->channel > CHANNEL_ERR) return "channel above 2";
  if (b[10] || b[11]) return "reserved bytes not 0";
  bool connection = false, credit = false;
  switch (out->type) {
    case HELLO:
    case RENEW:
    case PING:
    case SHUTDOWN:
    case CLOCK:
    case FILTER:
    case NETWORK:
    case PROBE:
      connection = true;
      break;
    case CREDIT:
      credit = true;
      break;
    case EXEC:
    case DATA:
    case END:
    case SIGNAL:
    case RESIZE:
    case KILL:
    case READ_FILE:
    case WRITE_FILE:
    case LIST_FILES:
    case LISTEN:
      break;
    default:
      return "unknown frame type";
  }
  if (connection != (out->stream == 0)) return "frame type on the wrong stream";
  if (credit != (out->channel != 0)) return "frame type on the wrong channel";
  return NULL;
}

const char *decode_hello(uint8_t *payload, uint32_t length, struct hello *out) {
  struct reader r = {payload, payload + length, false};
  uint32_t magic = (uint32_t)number(&r, 4);
  out->lowest = (uint16_t)number(&r, 2);
  out->highest = (uint16_t)number(&r, 2);
  out->nonce = number(&r, 8);
  out->offers = (uint32_t)number(&r, 4);
  return finished(&r) && magic == PROTOCOL_MAGIC && out->lowest <= out->highest ? NULL : "bad HELLO";
}

const char *decode_renew(uint8_t *payload, uint32_t length, struct renew *out) {
  struct reader r = {payload, payload + length, false};
  out->clock_ns = number(&r, 8);
  out->hostname = text(&r);
  out->entropy = text(&r);
  out->scratch_mib = (uint32_t)number(&r, 4);
  if (!finished(&r)) return "bad RENEW";
  if (out->hostname.length < 1 || out->hostname.length > 64) return "RENEW: bad hostname length";
  for (uint32_t i = 0; i < out->hostname.length; i++) {
    uint8_t c = out->hostname.at[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return "RENEW: bad hostname";
  }
  if (out->entropy.length < 32 || out->entropy.length > 512) return "RENEW: bad entropy length";
  if (out->clock_ns > INT64_MAX) return "RENEW: bad clock";
  return NULL;
}

const char *decode_exec(uint8_t *payload, uint32_t length, struct exec_request *out) {
  struct reader r = {payload, payload + length, false};
  out->flags = (uint32_t)number(&r, 4);
  out->uid = (uint32_t)number(&r, 4);
  out->gid = (uint32_t)number(&r, 4);
  out->limit_ms = (uint32_t)number(&r, 4);
  out->clock_ns = number(&r, 8);
  out->rows = (uint16_t)number(&r, 2);
  out->columns = (uint16_t)number(&r, 2);
  out->cwd = string(&r);
  out->argc = (uint16_t)number(&r, 2);
  if (r.bad || out->argc < 1 || out->argc > MAX_ARGS) return "EXEC: bad argument count";
  for (int i = 0; i < out->argc && !r.bad; i++) out->argv[i] = string(&r);
  out->argv[out->argc] = NULL;
  out->envc = (uint16_t)number(&r, 2);
  if (r.bad || out->envc > MAX_ARGS) return "EXEC: bad environment count";
  for (int i = 0; i < out->envc && !r.bad; i++) {
    out->envp[i] = string(&r);
    if (!r.bad && !strchr(out->envp[i], '=')) return "EXEC: environment entry without =";
  }
  out->envp[out->envc] = NULL;
  out->filter = (uint8_t)number(&r, 1);
  if (!finished(&r)) return "bad EXEC";
  if (out->filter > MAX_FILTERS) return "EXEC: bad filter";
  if (out->flags & ~(uint32_t)(EXEC_PTY | EXEC_STDIN)) return "EXEC: unknown flags";
  if (out->clock_ns > INT64_MAX) return "EXEC: bad clock";
  if (strlen(out->cwd) > MAX_PATH_BYTES) return "EXEC: cwd too long";
  if (out->uid == UINT32_MAX || out->gid == UINT32_MAX) return "EXEC: bad uid or gid";
  return NULL;
}

const char *decode_filter(uint8_t *payload, uint32_t length, struct filter_request *out) {
  struct reader r = {payload, payload + length, false};
  out->number = (uint8_t)number(&r, 1);
  out->instructions = (uint16_t)number(&r, 2);
  out->program = r.at;
  if (take(&r, 8u * out->instructions)) r.at += 8u * out->instructions;
  if (!finished(&r)) return "bad FILTER";
  if (out->number < 1 || out->number > MAX_FILTERS) return "FILTER: bad number";
  if (out->instructions < 1 || out->instructions > MAX_FILTER) return "FILTER: bad length";
  return NULL;
}

const char *decode_network(uint8_t *payload, uint32_t length, struct network_request *out) {
  struct reader r = {payload, payload + length, false};
  out->mtu = (uint16_t)number(&r, 2);
  out->gateway_mac = r.at;
  if (take(&r, 6)) r.at += 6;
  out->count = (uint16_t)number(&r, 2);
  if (r.bad || out->count > MAX_ADDRESSES) return "NETWORK: bad count";
  for (uint16_t i = 0; i < out->count; i++) {
    struct text own = text(&r);
    uint8_t prefix = (uint8_t)number(&r, 1);
    struct text gateway = text(&r);
    if (r.bad || (own.length != 4 && own.length != 16) || gateway.length != own.length) return "NETWORK: bad address";
    if (prefix > own.length * 8) return "NETWORK: bad prefix";
    if (i && out->addresses[0].length == own.length) return "NETWORK: two addresses of a family";
    out->addresses[i] = (struct address){(uint8_t)own.length, prefix, own.at, gateway.at};
  }
  if (!finished(&r)) return "bad NETWORK";
  if (out->mtu < 1280) return "NETWORK: bad MTU";
  return NULL;
}

const char *decode_probe(uint8_t *payload, uint32_t length, struct probe_request *out) {
  struct reader r = {payload, payload + length, false};
  out->count = (uint16_t)number(&r, 2);
  if (r.bad || out->count < 1 || out->count > MAX_PROBES) return "PROBE: bad count";
  for (uint16_t i = 0; i < out->count; i++) {
    out->frames[i] = text(&r);
    if (r.bad || out->frames[i].length < 14 || out->frames[i].length > MAX_PROBE) return "PROBE: bad frame";
  }
  return finished(&r) ? NULL : "bad PROBE";
}

const char *decode_file(uint8_t type, uint8_t *payload, uint32_t length, struct file_request *out) {
  struct reader r = {payload, payload + length, false};
  *out = (struct file_request){.path = string(&r)};
  if (type == READ_FILE) {
    out->offset = number(&r, 8);
    out->most = number(&r, 8);
  } else if (type == WRITE_FILE) {
    out->mode = (uint32_t)number(&r, 4);
    out->uid = (uint32_t)number(&r, 4);
    out->gid = (uint32_t)number(&r, 4);
    out->flags = (uint8_t)number(&r, 1);
  } else {
    out->entries = (uint32_t)number(&r, 4);
  }
  if (!finished(&r)) return "bad file request";
  size_t n = strlen(out->path);
  if (n < 1 || n > MAX_PATH_BYTES || out->path[0] != '/') return "file request: path not absolute or too long";
  if (out->offset > INT64_MAX) return "READ_FILE: offset too large";
  if (out->mode & ~07777u) return "WRITE_FILE: bad mode";
  if (out->flags & ~(WRITE_PARENTS | WRITE_APPEND)) return "WRITE_FILE: unknown flags";
  if (type == LIST_FILES && (out->entries < 1 || out->entries > MAX_ENTRIES)) return "LIST_FILES: bad entry count";
  return NULL;
}

const char *decode_u8(const uint8_t *payload, uint32_t length, uint8_t *out) {
  if (length != 1) return "payload is not 1 byte";
  *out = payload[0];
  return NULL;
}

const char *decode_u16(const uint8_t *payload, uint32_t length, uint16_t *out) {
  if (length != 2) return "payload is not 2 bytes";
  *out = (uint16_t)(payload[0] << 8 | payload[1]);
  return NULL;
}

const char *decode_u32(const uint8_t *payload, uint32_t length, uint32_t *out) {
  if (length != 4) return "payload is not 4 bytes";
  *out = be32(payload);
  return NULL;
}

const char *decode_u64(const uint8_t *payload, uint32_t length, uint64_t *out) {
  if (length != 8) return "payload is not 8 bytes";
  *out = (uint64_t)be32(payload) << 32 | be32(payload + 4);
  return NULL;
}

const char *decode_size(const uint8_t *payload, uint32_t length, uint16_t *rows, uint16_t *columns) {
  if (length != 4) return "payload is not 4 bytes";
  *rows = (uint16_t)(payload[0] << 8 | payload[1]);
  *columns = (uint16_t)(payload[2] << 8 | payload[3]);
  return NULL;
}

uint8_t *put_u8(uint8_t *at, uint8_t value) {
  *at = value;
  return at + 1;
}

uint8_t *put_u16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return at + 2;
}

uint8_t *put_u32(uint8_t *at, uint32_t value) {
  put_u16(at, (uint16_t)(value >> 16));
  return put_u16(at + 2, (uint16_t)value);
}

uint8_t *put_u64(uint8_t *at, uint64_t value) {
  put_u32(at, (uint32_t)(value >> 32));
  return put_u32(at + 4, (uint32_t)value);
}

uint8_t *put_str(uint8_t *at, const void *bytes, uint32_t length) {
  at = put_u32(at, length);
  memcpy(at, bytes, length);
  return at + length;
}

void put_header(uint8_t *at, uint32_t length, uint32_t stream, uint8_t type, uint8_t channel) {
  at = put_u32(at, length);
  at = put_u32(at, stream);
  at = put_u8(at, type);
  at = put_u8(at, channel);
  put_u16(at, 0);
}
