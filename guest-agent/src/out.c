#include "out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "sys.h"

// Frames that are not DATA: at most a few hundred bytes each, bounded by the streams and by out_crowded.
#define RESERVE 65536u
#define CROWDED (MAX_UNSENT + RESERVE / 2)
#define SIZE (MAX_UNSENT + RESERVE)

static uint8_t queue[SIZE];
static uint32_t head, tail;
static bool urgent, starved;
static int port;

void out_reset(int fd) {
  head = tail = 0;
  urgent = false;
  port = fd;
}

uint32_t out_room(void) {
  uint32_t unsent = tail - head + FRAME_HEADER;
  if (unsent < MAX_UNSENT) return MAX_UNSENT - unsent;
  starved = true;
  return 0;
}

uint8_t *out_begin(uint32_t most) {
  if (SIZE - tail < FRAME_HEADER + most) {
    memmove(queue, queue + head, tail - head);
    tail -= head;
    head = 0;
    if (SIZE - tail < FRAME_HEADER + most) die("output queue overflow", 0);
  }
  return queue + tail + FRAME_HEADER;
}

void out_commit(uint32_t length, uint32_t stream, uint8_t type, uint8_t channel) {
  put_header(queue + tail, length, stream, type, channel);
  tail += FRAME_HEADER + length;
  if (type != STARTED) urgent = true;
}

void out_empty(uint32_t stream, uint8_t type, uint8_t channel) {
  out_begin(0);
  out_commit(0, stream, type, channel);
}

void out_u32(uint32_t stream, uint8_t type, uint8_t channel, uint32_t value) {
  put_u32(out_begin(4), value);
  out_commit(4, stream, type, channel);
}

void out_u64(uint32_t stream, uint8_t type, uint64_t value) {
  put_u64(out_begin(8), value);
  out_commit(8, stream, type, 0);
}

void out_error(uint32_t stream, int error, const char *what) {
  char text[512];
  size_t n = strlen(what);
  if (n > 400) n = 400;
  memcpy(text, what, n);
  for (size_t i = 0; i < n; i++) {  // a name from the guest need not be UTF-8; the message must be
    if ((unsigned char)text[i] >= 0x80 || (unsigned char)text[i] < 0x20) text[i] = '?';
  }
  text[n] = 0;
  const char *why = error ? strerrordesc_np(error) : NULL;
  if (why) n = (size_t)(put_text(put_text(text + n, ": "), why) - text);
  uint8_t *start = out_begin(8 + (uint32_t)n);
  put_str(put_u32(start, (uint32_t)error), text, (uint32_t)n);
  out_commit(8 + (uint32_t)n, stream, ERROR, 0);
}

bool out_urgent(void) { return urgent; }
bool out_pending(void) { return head != tail; }
bool out_starved(void) {
  if (!starved || out_room() < MAX_UNSENT / 2) return false;
  starved = false;
  return true;
}

bool out_crowded(void) { return tail - head > CROWDED; }

bool out_flush(void) {
  while (head != tail) {
    ssize_t n = write(port, queue + head, tail - head);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return false;
      if (is_pid1) {  // no host: it starts again with HELLO
        head = tail = 0;
        break;
      }
      die("write to the channel", errno);
    }
    head += (uint32_t)n;
  }
  head = tail = 0;
  urgent = false;
  return true;
}
