// libFuzzer: any bytes from a host are requests within their bounds, or refused. `make fuzz` needs clang.
#include <stdlib.h>
#include <string.h>

#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Each text that is handed on must be all there: the sanitizer reads it to its end.
static size_t touched;

static void touch(const char *text) { touched += strlen(text); }

static void decode(const struct frame *f, uint8_t *p) {
  static struct exec_request e;
  struct hello h;
  struct renew r;
  struct file_request q;
  struct filter_request filter;
  struct network_request network;
  struct probe_request probe;
  uint8_t u8;
  uint16_t u16, rows;
  uint32_t u32;
  uint64_t u64;
  switch (f->type) {
    case HELLO:
      decode_hello(p, f->length, &h);
      break;
    case RENEW:
      if (!decode_renew(p, f->length, &r) && (r.hostname.length > 64 || r.entropy.length > 512)) abort();
      break;
    case EXEC:
      if (decode_exec(p, f->length, &e)) break;
      touch(e.cwd);
      for (int i = 0; i < e.argc; i++) touch(e.argv[i]);
      for (int i = 0; i < e.envc; i++) touch(e.envp[i]);
      if (e.argv[e.argc] || e.envp[e.envc] || e.filter > MAX_FILTERS) abort();
      break;
    case FILTER:
      if (decode_filter(p, f->length, &filter)) break;
      for (unsigned i = 0; i < 8u * filter.instructions; i++) touched += filter.program[i];
      break;
    case NETWORK:
      if (decode_network(p, f->length, &network)) break;
      for (unsigned i = 0; i < 6; i++) touched += network.gateway_mac[i];
      for (unsigned i = 0; i < network.count; i++) {
        for (unsigned j = 0; j < network.addresses[i].length; j++) touched += network.addresses[i].own[j] + network.addresses[i].gateway[j];
      }
      break;
    case PROBE:
      if (decode_probe(p, f->length, &probe)) break;
      for (unsigned i = 0; i < probe.count; i++) {
        for (unsigned j = 0; j < probe.frames[i].length; j++) touched += probe.frames[i].at[j];
      }
      break;
    case READ_FILE:
    case WRITE_FILE:
    case LIST_FILES:
      if (!decode_file(f->type, p, f->length, &q)) touch(q.path);
      break;
    default:
      decode_u8(p, f->length, &u8);
      decode_u16(p, f->length, &u16);
      decode_u32(p, f->length, &u32);
      decode_u64(p, f->length, &u64);
      decode_size(p, f->length, &u16, &rows);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  for (size_t at = 0; size - at >= FRAME_HEADER;) {
    struct frame f;
    if (decode_header(data + at, &f)) break;
    at += FRAME_HEADER;
    if (size - at < f.length) break;
    // In memory of its own size: a byte beyond it is found.
    uint8_t *payload = malloc(f.length ? f.length : 1);
    memcpy(payload, data + at, f.length);
    decode(&f, payload);
    free(payload);
    at += f.length;
  }
  return 0;
}
