#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "sys.h"

// Frames that are not DATA: below 1 KiB each, bounded by the streams and by out_crowded.
#define RESERVE 131072u
#define CROWDED (MAX_UNSENT + RESERVE / 2)
#define SIZE (MAX_UNSENT + RESERVE)

static uint8_t queue[SIZE];
static uint32_t head, tail;
static bool urgent, starved;
static int port;
// Bytes in the transit pipe; they belong before queue[moving_at].
static uint32_t moving, moving_at;
static int transit[2];

void out_init(void) {
  if (pipe2(transit, O_CLOEXEC) != 0) die("pipe", errno);
}

static void drop_moving(void) {
  while (moving) {
    ssize_t n = read(transit[0], queue, moving < SIZE ? moving : SIZE);
    if (n <= 0 && errno != EINTR) die("transit pipe", errno);
    if (n > 0) moving -= (uint32_t)n;
  }
}

void out_reset(int fd) {
  head = tail = 0;
  if (moving) drop_moving();
  urgent = false;
  port = fd;
}

uint32_t out_room(void) {
  uint32_t unsent = tail - head + FRAME_HEADER;
  if (unsent < MAX_UNSENT && !moving) return MAX_UNSENT - unsent;
  starved = true;
  return 0;
}

static void compact(void) {
  memmove(queue, queue + head, tail - head);
  moving_at -= head;
  tail -= head;
  head = 0;
}

uint8_t *out_begin(uint32_t most) {
  if (SIZE - tail < FRAME_HEADER + most) {
    compact();
    if (SIZE - tail < FRAME_HEADER + most) die("output queue overflow", 0);
  }
  return queue + tail + FRAME_HEADER;
}

void out_commit(uint32_t length, uint32_t stream, uint8_t type, uint8_t channel) {
  put_header(queue + tail, length, stream, type, channel);
  tail += FRAME_HEADER + length;
  if (type != STARTED) urgent = true;
}

// The driver's splice sends a whole pipe or overruns its own table (virtio_console.c, port_fops_splice_write:
// it makes an entry for each page in the pipe and ends the list at the last one). So the pages go through
// a pipe of our own that holds one payload and nothing else.
ssize_t out_move(int pipe, uint32_t most, uint32_t stream, uint8_t channel) {
  out_begin(0);
  ssize_t n = splice(pipe, NULL, transit[1], NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n <= 0) return n;
  put_header(queue + tail, (uint32_t)n, stream, DATA, channel);
  tail += FRAME_HEADER;
  moving = (uint32_t)n;
  moving_at = tail;
  urgent = true;
  return n;
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
  size_t n = what ? strlen(what) : 0;
  if (n > 400) n = 400;
  if (n) memcpy(text, what, n);
  for (size_t i = 0; i < n; i++) {  // a name from the guest need not be UTF-8; the message must be
    if ((unsigned char)text[i] >= 0x80 || (unsigned char)text[i] < 0x20) text[i] = '?';
  }
  text[n] = 0;
  const char *why = error ? strerrordesc_np(error) : NULL;
  if (why) n = (size_t)(put_text(put_text(text + n, n ? ": " : ""), why) - text);
  if (n == 0) n = (size_t)(put_number(put_text(text, "error "), (uint64_t)error) - text);
  uint8_t *start = out_begin(8 + (uint32_t)n);
  put_str(put_u32(start, (uint32_t)error), text, (uint32_t)n);
  out_commit(8 + (uint32_t)n, stream, ERROR, 0);
}

bool out_urgent(void) { return urgent; }
bool out_pending(void) { return head != tail || moving; }
bool out_starved(void) {
  if (!starved || out_room() < MAX_UNSENT / 2) return false;
  starved = false;
  return true;
}

bool out_crowded(void) { return tail - head > CROWDED; }

static ssize_t write_some(void) {
  uint32_t end = moving ? moving_at : tail;
  if (head != end) {
    ssize_t n = write(port, queue + head, end - head);
    if (n > 0) head += (uint32_t)n;
    return n;
  }
  ssize_t n = splice(transit[0], NULL, port, NULL, moving, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n == 0) die("the channel lost output", 0);
  if (n > 0) moving -= (uint32_t)n;
  return n;
}

bool out_flush(void) {
  while (head != tail || moving) {
    if (write_some() > 0 || errno == EINTR) continue;
    if (errno == EAGAIN) return false;
    if (!is_pid1 && port >= 0 && errno != EPIPE && errno != ECONNRESET) die("write to the channel", errno);
    if (moving) drop_moving();  // no host: it starts again with HELLO
    break;
  }
  head = tail = 0;
  urgent = false;
  return true;
}

void violation(const char *what) {
  out_error(0, EPROTO, what);
  out_flush();
  die(what, EPROTO);
}
