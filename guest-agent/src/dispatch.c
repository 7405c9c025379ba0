#include "dispatch.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "cgroup.h"
#include "exec.h"
#include "files.h"
#include "filter.h"
#include "input.h"
#include "network.h"
#include "out.h"
#include "renew.h"
#include "socket.h"
#include "stream.h"
#include "sys.h"

static bool greeted, renewed, may_open;

static void must(const char *wrong) {
  if (wrong) violation(wrong);
}

void abandon(struct stream *s) {
  if (s->kind == STREAM_EXEC) {
    exec_abandon(s);
  } else if (s->kind == STREAM_LISTEN || s->kind == STREAM_SOCKET) {
    socket_abandon(s);
  } else {
    file_abandon(s);
  }
}

static void on_hello(uint8_t *payload, uint32_t length) {
  struct hello h;
  must(decode_hello(payload, length, &h));
  if (h.lowest > PROTOCOL_VERSION || h.highest < PROTOCOL_VERSION) violation("no common protocol version");
  for_each_stream(s) abandon(s);
  cgroup_kill_all();
  socket_reset();
  greeted = true;
  renewed = false;
  may_open = h.offers & OFFER_GUEST_STREAMS;
  uint32_t text = sizeof AGENT_VERSION - 1;
  uint8_t *at = out_begin(26 + text);
  at = put_u32(at, PROTOCOL_MAGIC);
  at = put_u16(at, PROTOCOL_VERSION);
  at = put_u64(at, h.nonce);
  at = put_u32(at, (uint32_t)getpid());
  at = put_u32(at, cgroup_features() | filter_features() | FEATURE_GUEST_STREAMS | FEATURE_NETWORK);
  put_str(at, AGENT_VERSION, text);
  out_commit(26 + text, 0, HELLO_REPLY, 0);
}

static void on_request(const struct frame *f, uint8_t *payload) {
  static struct exec_request exec;  // 64 KiB of pointers: not for the stack
  struct file_request file;
  uint16_t port = 0;
  if (f->type == EXEC) {
    must(decode_exec(payload, f->length, &exec));
  } else if (f->type == LISTEN) {
    must(decode_u16(payload, f->length, &port));
    if (!may_open) violation("LISTEN of a host that takes no streams");
  } else {
    must(decode_file(f->type, payload, f->length, &file));
  }
  if (f->stream & GUEST_STREAM) violation("request on a number of the guest's");
  if (stream_find(f->stream)) violation("request on an open stream");
  if (!renewed) {
    out_error(f->stream, EPERM, "RENEW comes first");
    return;
  }
  switch (f->type) {
    case EXEC:
      exec_start(f->stream, &exec);
      break;
    case LISTEN:
      socket_listen(f->stream, port);
      break;
    case READ_FILE:
      file_read_start(f->stream, &file);
      break;
    case WRITE_FILE:
      file_write_start(f->stream, &file);
      break;
    default:
      file_list_start(f->stream, &file);
  }
}

static void on_credit(struct stream *s, const struct frame *f, const uint8_t *payload) {
  uint32_t bytes;
  must(decode_u32(payload, f->length, &bytes));
  if (!s) return;
  if (s->kind == STREAM_WRITE || s->kind == STREAM_LISTEN ||
      (f->channel == CHANNEL_ERR && (s->kind != STREAM_EXEC || s->command.pty))) {
    violation("CREDIT for a channel that the stream does not have");
  }
  if (!stream_give(s, f->channel, bytes)) violation("credit is 0 or above 2^30");
  if (s->kind == STREAM_EXEC) exec_resume(s);
  if (s->kind == STREAM_SOCKET) socket_resume(s);
}

static void take_input(struct stream *s, const uint8_t *bytes, uint32_t length) {
  int error = 0;
  must(input_data(s, bytes, length, &error));
  if (error) exec_fail(s, error, "stdin");
}

static void on_stream(const struct frame *f, uint8_t *payload) {
  struct stream *s = stream_find(f->stream);  // NULL: it has ended, the frames crossed
  bool command = s && s->kind == STREAM_EXEC, write = s && s->kind == STREAM_WRITE;
  bool link = s && s->kind == STREAM_SOCKET;
  uint16_t rows, columns;
  uint8_t signal;
  switch (f->type) {
    case DATA:
      if (f->length == 0) violation("empty DATA");
      if (!s) return;
      if (command) {
        take_input(s, payload, f->length);
      } else if (write) {
        must(file_write_data(s, payload, f->length));
      } else if (link) {
        must(socket_data(s, payload, f->length));
      } else {
        violation("DATA on a stream that takes none");
      }
      return;
    case END:
      if (f->length) violation("END with a payload");
      if (!s) return;
      if (command) {
        must(input_end(s));
      } else if (link) {
        must(socket_end(s));
      } else if (write) {
        file_write_end(s);
      } else {
        violation("END on a stream that takes no data");
      }
      return;
    case CREDIT:
      on_credit(s, f, payload);
      return;
    case SIGNAL:
      must(decode_u8(payload, f->length, &signal));
      if (s && !command) violation("SIGNAL on a stream that is no command");
      if (s) must(exec_signal(s, signal));
      return;
    case RESIZE:
      must(decode_size(payload, f->length, &rows, &columns));
      if (s && !command) violation("RESIZE on a stream that is no command");
      if (s) must(exec_resize(s, rows, columns));
      return;
    default:  // KILL
      if (f->length) violation("KILL with a payload");
      if (command) {
        exec_kill(s);
      } else if (link || (s && s->kind == STREAM_LISTEN)) {
        socket_fail(s, ECANCELED, "closed");
      } else if (s) {
        file_fail(s, ECANCELED, "abandoned");
      }
  }
}

void dispatch(const struct frame *f, uint8_t *payload) {
  uint64_t token;
  struct renew r;
  struct filter_request filter;
  struct network_request network;
  struct probe_request probe;
  if (f->type == HELLO) {
    on_hello(payload, f->length);
    return;
  }
  if (!greeted) violation("the first frame is not HELLO");
  switch (f->type) {
    case RENEW:
      must(decode_renew(payload, f->length, &r));
      renewed = renew(&r) || renewed;
      return;
    case PING:
      must(decode_u64(payload, f->length, &token));
      out_u64(0, PONG, token);
      return;
    case CLOCK:
      must(decode_u64(payload, f->length, &token));
      if (token > INT64_MAX) violation("CLOCK: bad clock");
      set_clock(token, 0);
      return;
    case FILTER:
      must(decode_filter(payload, f->length, &filter));
      filter_set(filter.number, filter.program, filter.instructions);
      return;
    case NETWORK:
      must(decode_network(payload, f->length, &network));
      network_set_up(&network);
      return;
    case PROBE:
      must(decode_probe(payload, f->length, &probe));
      network_probe(&probe);
      return;
    case SHUTDOWN:
      if (f->length) violation("SHUTDOWN with a payload");
      for_each_stream(s) abandon(s);
      cgroup_kill_all();
      power_off();
    case EXEC:
    case READ_FILE:
    case WRITE_FILE:
    case LIST_FILES:
    case LISTEN:
      on_request(f, payload);
      return;
    default:
      on_stream(f, payload);
  }
}
