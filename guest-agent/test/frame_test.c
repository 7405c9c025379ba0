// The codec against the shared vectors, its bounds, and a fuzz run from a fixed seed.
#include <stdbool.h>

#include "frame.h"

#include "check.h"
#include "vectors.h"

static uint8_t scratch[MAX_PAYLOAD + FRAME_HEADER];

// Header checked and a private, exactly sized copy of the payload (so that ASan sees one byte too many).
static uint8_t *open_vector(const char *name, struct frame *f) {
  struct vector *v = vector_named(name);
  CHECK(decode_header(v->bytes, f) == NULL);
  CHECK(v->length == FRAME_HEADER + f->length);
  uint8_t *payload = malloc(f->length ? f->length : 1);
  memcpy(payload, v->bytes + FRAME_HEADER, f->length);
  return payload;
}

static void requests_of_the_host_decode_to_their_values(void) {
  struct frame f;
  struct hello h;
  uint8_t *p = open_vector("hello", &f);
  CHECK(f.type == HELLO && f.stream == 0);
  CHECK(!decode_hello(p, f.length, &h) && h.lowest == 1 && h.highest == 4 && h.nonce == 0x0123456789abcdefu && h.offers == OFFER_GUEST_STREAMS);
  free(p);

  struct renew r;
  p = open_vector("renew", &f);
  CHECK(!decode_renew(p, f.length, &r) && r.clock_ns == 1795475000123456789u && r.scratch_mib == 256);
  CHECK(r.hostname.length == 7 && !memcmp(r.hostname.at, "vm-7f3a", 7));
  CHECK(r.entropy.length == 32 && r.entropy.at[31] == 31);
  free(p);

  static struct exec_request e;
  p = open_vector("exec", &f);
  CHECK(f.type == EXEC && f.stream == 5);
  CHECK(!decode_exec(p, f.length, &e));
  CHECK(e.filter == 2 && e.flags == EXEC_STDIN && e.uid == 1000 && e.gid == 1001 && e.limit_ms == 30000 && e.clock_ns == 1795475000123456789u);
  CHECK(!strcmp(e.cwd, "/work") && e.argc == 4 && e.envc == 2);
  CHECK(!strcmp(e.argv[0], "sh") && !strcmp(e.argv[2], "printf \"\xc3\xa9\"") && !strcmp(e.argv[3], "") && !e.argv[4]);
  CHECK(!strcmp(e.envp[0], "PATH=/bin") && !strcmp(e.envp[1], "EMPTY=") && !e.envp[2]);
  free(p);
  p = open_vector("exec_pty", &f);
  CHECK(f.stream == 0x7ffffffeu && !decode_exec(p, f.length, &e));
  CHECK(e.flags == (EXEC_PTY | EXEC_STDIN) && e.rows == 24 && e.columns == 80 && !e.cwd[0] && !strcmp(e.argv[0], "bash"));
  free(p);

  struct file_request q;
  p = open_vector("read_file", &f);
  CHECK(!decode_file(f.type, p, f.length, &q) && !strcmp(q.path, "/etc/\xc3\xbc") && q.offset == 1ull << 33 && q.most == 4096);
  free(p);
  p = open_vector("write_file", &f);
  CHECK(!decode_file(f.type, p, f.length, &q) && !strcmp(q.path, "/work/a/b.txt"));
  CHECK(q.mode == 0640 && q.uid == 1000 && q.gid == 1001 && q.flags == (WRITE_PARENTS | WRITE_APPEND));
  free(p);
  p = open_vector("list_files", &f);
  CHECK(!decode_file(f.type, p, f.length, &q) && !strcmp(q.path, "/work") && q.entries == 65536);
  free(p);

  uint32_t u32;
  uint64_t u64;
  uint16_t rows, columns;
  uint8_t u8;
  uint16_t u16;
  p = open_vector("listen", &f);
  CHECK(f.type == LISTEN && !decode_u16(p, f.length, &u16) && u16 == 3128);
  free(p);
  p = open_vector("credit_stdout", &f);
  CHECK(f.channel == 1 && !decode_u32(p, f.length, &u32) && u32 == MAX_CREDIT);
  free(p);
  p = open_vector("credit_stderr", &f);
  CHECK(f.channel == 2 && !decode_u32(p, f.length, &u32) && u32 == 1);
  free(p);
  p = open_vector("signal", &f);
  CHECK(!decode_u8(p, f.length, &u8) && u8 == 15);
  free(p);
  p = open_vector("resize", &f);
  CHECK(!decode_size(p, f.length, &rows, &columns) && rows == 50 && columns == 132);
  free(p);
  p = open_vector("ping", &f);
  CHECK(!decode_u64(p, f.length, &u64) && u64 == 0xfedcba9876543210u);
  free(p);
  p = open_vector("filter", &f);
  struct filter_request filter;
  CHECK(f.stream == 0 && !decode_filter(p, f.length, &filter) && filter.number == 2 && filter.instructions == 2);
  CHECK(filter.program[0] == 0x20 && filter.program[15] == 0x7f);
  p[0] = 5;
  CHECK(decode_filter(p, f.length, &filter));
  p[0] = 0;
  CHECK(decode_filter(p, f.length, &filter));
  free(p);
  p = open_vector("network", &f);
  struct network_request network;
  CHECK(f.stream == 0 && !decode_network(p, f.length, &network) && network.mtu == 1500 && network.count == 2);
  CHECK(network.gateway_mac[5] == 1 && network.addresses[0].length == 4 && network.addresses[0].prefix == 30);
  CHECK(network.addresses[0].own[3] == 14 && network.addresses[0].gateway[3] == 13);
  CHECK(network.addresses[1].length == 16 && network.addresses[1].prefix == 64 && network.addresses[1].gateway[15] == 1);
  p[9] = 3;
  CHECK(decode_network(p, f.length, &network));
  p[9] = 2;
  p[18] = 33;
  CHECK(decode_network(p, f.length, &network));
  p[18] = 30;
  CHECK(decode_network(p, f.length - 1, &network));
  p[0] = 0;
  CHECK(decode_network(p, f.length, &network));
  free(p);
  p = open_vector("probe", &f);
  struct probe_request probe;
  CHECK(f.stream == 0 && !decode_probe(p, f.length, &probe) && probe.count == 2);
  CHECK(probe.frames[0].length == 14 && probe.frames[1].length == 20 && probe.frames[1].at[19] == 19);
  p[1] = 0;
  CHECK(decode_probe(p, f.length, &probe));
  p[1] = 33;
  CHECK(decode_probe(p, f.length, &probe));
  p[1] = 2;
  p[5] = 13;
  CHECK(decode_probe(p, f.length, &probe));
  free(p);
  p = open_vector("clock", &f);
  CHECK(f.type == CLOCK && !decode_u64(p, f.length, &u64) && u64 == 1795475000123456789u);
  free(p);
  const char *empty[] = {"data_stdin", "end_stdin", "kill", "shutdown"};
  for (int i = 0; i < 4; i++) free(open_vector(empty[i], &f));
}

static void same(const char *name, uint8_t *end, uint32_t stream, uint8_t type, uint8_t channel) {
  struct vector *v = vector_named(name);
  uint32_t length = (uint32_t)(end - scratch) - FRAME_HEADER;
  put_header(scratch, length, stream, type, channel);
  CHECK(v->length == length + FRAME_HEADER);
  CHECK(v->length == length + FRAME_HEADER && memcmp(v->bytes, scratch, v->length) == 0);
}

static void frames_of_the_guest_encode_to_the_vectors(void) {
  uint8_t *p = scratch + FRAME_HEADER;
  same("open", put_u32(p, 7), GUEST_STREAM | 1, OPEN, 0);
  same("started", put_u32(p, 4711), 5, STARTED, 0);
  same("hello_reply", put_str(put_u32(put_u32(put_u64(put_u16(put_u32(p, PROTOCOL_MAGIC), PROTOCOL_VERSION), 0x0123456789abcdefu), 1), 31), "0.1.0", 5), 0, HELLO_REPLY, 0);
  uint8_t *at = put_u64(put_u64(put_u64(put_u8(put_u8(put_u8(p, 0), 7), 0), 1234567), 89012), 3456);
  same("exited_status", put_u64(put_u32(put_u64(put_u32(put_u16(at, 2), 165), 3), 246), 1ull << 33), 5, EXITED, 0);
  same("result", put_u64(put_u32(put_u64(p, 1ull << 34), 0644), 1795475000123456789u), 8, RESULT, 0);
  same("error", put_str(put_u32(p, 2), "No such file or directory", 25), 11, ERROR, 0);
  same("pong", put_u64(p, 0xfedcba9876543210u), 0, PONG, 0);
  same("credit_stdin", put_u32(p, 65536), 5, CREDIT, 0);
  same("end_stderr", p, 5, END, 2);
}

static bool header_ok(uint32_t length, uint32_t stream, uint8_t type, uint8_t channel, uint8_t reserved) {
  uint8_t b[FRAME_HEADER];
  struct frame f;
  put_header(b, length, stream, type, channel);
  b[11] = reserved;
  return decode_header(b, &f) == NULL;
}

static void headers_beyond_a_bound_are_refused(void) {
  CHECK(header_ok(MAX_PAYLOAD, 1, DATA, 0, 0));
  CHECK(!header_ok(MAX_PAYLOAD + 1, 1, DATA, 0, 0));
  CHECK(!header_ok(0xffffffffu, 1, DATA, 0, 0));
  CHECK(!header_ok(0, 1, DATA, 3, 0));
  CHECK(!header_ok(0, 1, DATA, 1, 0));
  CHECK(!header_ok(0, 1, DATA, 0, 1));
  CHECK(!header_ok(0, 0, DATA, 0, 0));
  CHECK(!header_ok(0, 1, HELLO, 0, 0));
  CHECK(!header_ok(4, 1, CREDIT, 0, 0));
  int known = 0;
  for (int type = 0; type < 256; type++) known += header_ok(0, 0, (uint8_t)type, 0, 0) || header_ok(0, 1, (uint8_t)type, type == CREDIT, 0);
  CHECK(known == 19);
  CHECK(!header_ok(0, 1, EXITED, 0, 0));
}

static const char *decode_any(uint8_t type, uint8_t *p, uint32_t n) {
  static struct exec_request e;
  struct hello h;
  struct renew r;
  struct file_request q;
  struct filter_request f;
  switch (type) {
    case FILTER:
      return decode_filter(p, n, &f);
    case HELLO:
      return decode_hello(p, n, &h);
    case RENEW:
      return decode_renew(p, n, &r);
    case EXEC:
      return decode_exec(p, n, &e);
    default:
      return decode_file(type, p, n, &q);
  }
}

static const char *const structured[] = {"hello", "renew", "exec", "exec_pty", "filter", "read_file", "write_file", "list_files"};
#define STRUCTURED (int)(sizeof structured / sizeof *structured)

static void every_shorter_or_longer_payload_is_refused(void) {
  for (int i = 0; i < STRUCTURED; i++) {
    struct vector *v = vector_named(structured[i]);
    uint32_t n = v->length - FRAME_HEADER;
    for (uint32_t cut = 0; cut <= n + 1; cut++) {
      uint8_t *p = calloc(1, cut ? cut : 1);
      memcpy(p, v->bytes + FRAME_HEADER, cut < n ? cut : n);
      CHECK((decode_any(v->bytes[8], p, cut) == NULL) == (cut == n));
      free(p);
    }
  }
}

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t dice(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static void mutated_payloads_never_reach_outside(void) {
  int accepted = 0;
  for (int round = 0; round < 300000; round++) {
    struct vector *v = vector_named(structured[dice() % STRUCTURED]);
    uint32_t n = v->length - FRAME_HEADER;
    uint32_t size = dice() % 4 ? n : dice() % (n + 8);
    uint8_t *p = malloc(size ? size : 1);
    for (uint32_t i = 0; i < size; i++) p[i] = i < n ? v->bytes[FRAME_HEADER + i] : (uint8_t)dice();
    for (uint32_t k = dice() % 4; k && size; k--) p[dice() % size] = dice() % 2 ? (uint8_t)dice() : 0xff;
    accepted += decode_any(v->bytes[8], p, size) == NULL;
    free(p);
  }
  CHECK(accepted > 1000 && accepted < 290000);
}

int main(int argc, char **argv) {
  vectors_read(argc > 1 ? argv[1] : "test/vectors.txt");
  requests_of_the_host_decode_to_their_values();
  frames_of_the_guest_encode_to_the_vectors();
  headers_beyond_a_bound_are_refused();
  every_shorter_or_longer_payload_is_refused();
  mutated_payloads_never_reach_outside();
  return report("frame_test");
}
