#include "agent.h"

#include "net.h"
#include "protocol.h"

#define LINUX_ENOENT 2
#define LINUX_ECANCELED 125
#define LINUX_EPROTO 71

static u32 be32(const u8 *p) { return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3]; }
static u32 be16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u8 *w16(u8 *p, u32 v) { p[0] = (u8)(v >> 8); p[1] = (u8)v; return p + 2; }
static u8 *w32(u8 *p, u32 v) { return w16(w16(p, v >> 16), v); }
static u8 *w64(u8 *p, u64 v) { return w32(w32(p, (u32)(v >> 32)), (u32)v); }
static u8 *wstr(u8 *p, const void *bytes, u32 n) { memcpy(w32(p, n), bytes, n); return p + 4 + n; }

static int same(const u8 *a, u32 n, const char *b) {
  for (u32 i = 0; i < n; i++)
    if (a[i] != (u8)b[i]) return 0;
  return b[n] == 0;
}

static void frame(struct connection *c, u32 stream, u8 type, u8 channel, const void *payload, u32 n) {
  u8 h[FRAME_HEADER];
  w32(w32(h, n), stream);
  h[8] = type;
  h[9] = channel;
  h[10] = h[11] = 0;
  put(c, h, sizeof h);
  put(c, payload, n);
}

static void error(struct connection *c, u32 stream, u32 number, const char *message) {
  u8 b[80];
  frame(c, stream, ERROR, 0, b, (u32)(wstr(w32(b, number), message, length(message)) - b));
}

static void hello(struct connection *c, const u8 *p) {
  u8 b[64];
  u8 *q = w16(w32(b, PROTOCOL_MAGIC), PROTOCOL_VERSION);
  memcpy(q, p + 8, 8);
  u32 features = FEATURE_LIMITS | FEATURE_KILL | FEATURE_NAMESPACE | FEATURE_FILTERS;
  q = w32(w32(q + 8, 1), features | (net_is_there() ? FEATURE_NETWORK : 0));
  frame(c, 0, HELLO_REPLY, 0, b, (u32)(wstr(q, "tiny/1", 6) - b));
}

// Its random numbers are the host's own, back again; its root is what the host wants to hear.
static void renew(struct connection *c, const u8 *p) {
  u8 b[160];
  u32 name = be32(p + 8);
  if (name > 64) name = 64;
  memcpy(b, p, 8);
  u8 *q = wstr(b + 8, p + 12 + name + 4, 16);
  q = wstr(q, p + 12, name);
  q = wstr(w16(q, net_is_there() ? 2 : 1), "lo", 2);
  if (net_is_there()) q = wstr(q, "eth0", 4);
  *q++ = ROOT_READ_ONLY;
  frame(c, 0, RENEWED, 0, b, (u32)(q - b));
}

static void exited(struct connection *c, u32 stream, u8 how, u8 code) {
  u8 b[40] = {how, code, 0};
  u8 *q = w16(w64(w64(w64(b + 3, 1000), 1000), 64), 0);
  frame(c, stream, END, CHANNEL_OUT, 0, 0);
  frame(c, stream, END, CHANNEL_ERR, 0, 0);
  frame(c, stream, EXITED, 0, b, (u32)(q - b));
}

static void result(struct connection *c, u32 stream, u64 size) {
  u8 b[20];
  w64(w32(w64(b, size), 0100644), 0);
  frame(c, stream, RESULT, 0, b, sizeof b);
}

static void echo(struct connection *c, u32 stream, u32 argc, const u8 *p, const u8 *end) {
  u8 line[1024];
  u32 m = 0;
  for (u32 i = 1; i < argc && p + 4 <= end; i++) {
    u32 k = be32(p);
    if (k > (u32)(end - p) - 4 || m + k + 2 > sizeof line) break;
    if (i > 1) line[m++] = ' ';
    memcpy(line + m, p + 4, k);
    m += k;
    p += 4 + k;
  }
  line[m++] = '\n';
  frame(c, stream, DATA, CHANNEL_OUT, line, m);
}

static void exec(struct connection *c, u32 stream, const u8 *p, u32 n) {
  const u8 *end = p + n;
  p += 28;  // up to the folder
  if (p + 4 > end || be32(p) > (u32)(end - p) - 4) return;
  p += 4 + be32(p);
  if (p + 6 > end) return;
  u32 argc = be16(p), size = be32(p + 2);
  const u8 *name = p + 6;
  if (size > (u32)(end - name)) return;
  p = name + size;
  for (u32 i = size; i > 0; i--)
    if (name[i - 1] == '/') {
      name += i;
      size -= i;
      break;
    }
  int is_echo = same(name, size, "echo"), is_cat = same(name, size, "cat"), is_false = same(name, size, "false");
  if (!is_echo && !is_cat && !is_false && !same(name, size, "true")) {
    error(c, stream, LINUX_ENOENT, "No such file or directory");
    return;
  }
  u8 pid[4];
  w32(pid, 2 + stream);
  frame(c, stream, STARTED, 0, pid, sizeof pid);
  if (is_cat) {
    c->cat_stream = stream;
    return;
  }
  if (is_echo) echo(c, stream, argc, p, end);
  exited(c, stream, HOW_STATUS, (u8)is_false);
}

// One frame after the other, as they are.
static void probe(struct connection *c, const u8 *p, u32 n) {
  const u8 *end = p + n;
  u32 count = be16(p), sent = 0;
  p += 2;
  for (u32 i = 0; i < count && p + 4 <= end; i++) {
    u32 size = be32(p);
    p += 4;
    if (size > (u32)(end - p)) break;
    sent += (u32)net_send(p, size);
    p += size;
  }
  u8 b[2];
  w16(b, sent);
  frame(c, 0, PROBED, 0, b, sizeof b);
}

static void handle(struct connection *c, const u8 *f, u32 n) {
  u32 stream = be32(f + 4);
  const u8 *p = f + FRAME_HEADER;
  u8 b[4];
  switch (f[8]) {
    case HELLO: hello(c, p); break;
    case RENEW: renew(c, p); break;
    case EXEC: exec(c, stream, p, n); break;
    case DATA:
      if (stream == c->cat_stream) frame(c, stream, DATA, CHANNEL_OUT, p, n);
      else if (stream == c->write_stream) c->written += n;
      w32(b, n);
      frame(c, stream, CREDIT, CHANNEL_IN, b, sizeof b);
      break;
    case END:
      if (stream == c->cat_stream) {
        c->cat_stream = 0;
        exited(c, stream, HOW_STATUS, 0);
      } else if (stream == c->write_stream) {
        c->write_stream = 0;
        result(c, stream, c->written);
      }
      break;
    case KILL:
      if (stream == c->cat_stream) {
        c->cat_stream = 0;
        exited(c, stream, HOW_SIGNAL, 9);
      } else if (stream == c->write_stream) {
        c->write_stream = 0;
        error(c, stream, LINUX_ECANCELED, "killed");
      }
      break;
    case READ_FILE: error(c, stream, LINUX_ENOENT, "No such file or directory"); break;
    case WRITE_FILE:
      c->write_stream = stream;
      c->written = 0;
      break;
    case LIST_FILES:
      frame(c, stream, END, CHANNEL_OUT, 0, 0);
      result(c, stream, 0);
      break;
    case NETWORK: frame(c, 0, NETWORK_UP, 0, 0, 0); break;
    case PROBE: probe(c, p, n); break;
    case PING: frame(c, 0, PONG, 0, p, 8); break;
    case SHUTDOWN:
      print("guest: shutdown\r\n");
      reset();
    case CREDIT:
    case SIGNAL:
    case RESIZE:
    case CLOCK:
    case FILTER: break;
    default: error(c, 0, LINUX_EPROTO, "a frame that the tiny guest does not know"); break;
  }
}

void agent_feed(struct connection *c, const u8 *p, u32 n) {
  while (n && c->used) {
    if (c->skip) {
      u32 k = c->skip < n ? c->skip : n;
      c->skip -= k;
      p += k;
      n -= k;
      continue;
    }
    u32 want = c->have < FRAME_HEADER ? FRAME_HEADER : FRAME_HEADER + be32(c->frame);
    if (want > sizeof c->frame) {  // only data is so large: it is counted and dropped
      u8 b[4];
      u32 size = want - FRAME_HEADER;
      if (be32(c->frame + 4) == c->write_stream) c->written += size;
      if (c->frame[8] == DATA) {
        w32(b, size);
        frame(c, be32(c->frame + 4), CREDIT, CHANNEL_IN, b, sizeof b);
      }
      c->skip = size;
      c->have = 0;
      continue;
    }
    u32 k = want - c->have < n ? want - c->have : n;
    memcpy(c->frame + c->have, p, k);
    c->have += k;
    p += k;
    n -= k;
    if (c->have >= FRAME_HEADER && c->have == FRAME_HEADER + be32(c->frame)) {
      c->have = 0;
      handle(c, c->frame, be32(c->frame));
    }
  }
}
