#include "input.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "events.h"
#include "out.h"
#include "pipes.h"

#define GIVE_BACK (INITIAL_WINDOW / 2)
#define END_OF_TRANSMISSION 4

static int index_of(const struct stream *s) { return (int)(s - streams); }

static int descriptor(const struct stream *s) {
  return pipes[index_of(s)].ours[s->command.pty ? CHANNEL_OUT : CHANNEL_IN];
}

static void consumed(struct stream *s, uint32_t bytes) {
  struct command *c = &s->command;
  c->in_consumed += bytes;
  if (c->in_consumed < GIVE_BACK) return;
  s->credit[0] += c->in_consumed;
  out_u32(s->id, CREDIT, CHANNEL_IN, c->in_consumed);
  c->in_consumed = 0;
}

static void wait_for_room(struct stream *s, bool on) {
  struct command *c = &s->command;
  if (c->input_watched == on) return;
  c->input_watched = on;
  if (c->pty) {
    rewatch(descriptor(s), (c->watched[1] ? EPOLLIN : 0) | (on ? EPOLLOUT : 0), index_of(s), FROM_OUT);
  } else if (on) {
    watch(descriptor(s), EPOLLOUT, index_of(s), TO_INPUT);
  } else {
    unwatch(descriptor(s));
  }
}

// How much of it the command's stdin took; all of it when nobody reads any more.
static uint32_t give(struct stream *s, struct iovec *parts, int count) {
  struct command *c = &s->command;
  uint32_t total = (uint32_t)(parts[0].iov_len + (count > 1 ? parts[1].iov_len : 0));
  if (c->input_closed) return total;
  ssize_t n = writev(descriptor(s), parts, count);
  if (n >= 0) return (uint32_t)n;
  if (errno == EAGAIN || errno == EINTR) return 0;
  c->input_closed = true;
  return total;
}

static void close_input(struct stream *s) {
  struct command *c = &s->command;
  wait_for_room(s, false);
  if (c->pty) {
    char end = END_OF_TRANSMISSION;
    if (write(descriptor(s), &end, 1) < 0) c->input_closed = true;
  } else {
    pipes_close_input(index_of(s));
    c->input_closed = true;
  }
}

const char *input_data(struct stream *s, const uint8_t *bytes, uint32_t length, int *error) {
  struct command *c = &s->command;
  if (!c->input) return "DATA for a command without stdin";
  if (c->ended[0]) return "DATA after END";
  if (length > s->credit[0]) return "DATA beyond the credit";
  s->credit[0] -= length;
  uint32_t taken = 0;
  if (c->in_length == 0) {
    struct iovec part = {(void *)bytes, length};
    taken = give(s, &part, 1);
    consumed(s, taken);
  }
  uint32_t rest = length - taken;
  if (rest == 0) return NULL;
  if (!c->in_buffer) {
    void *memory = mmap(NULL, INITIAL_WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      *error = ENOMEM;
      return NULL;
    }
    c->in_buffer = memory;
  }
  // Fits: what is buffered was paid for out of one window.
  uint32_t tail = (c->in_head + c->in_length) % INITIAL_WINDOW;
  uint32_t first = rest < INITIAL_WINDOW - tail ? rest : INITIAL_WINDOW - tail;
  memcpy(c->in_buffer + tail, bytes + taken, first);
  memcpy(c->in_buffer, bytes + taken + first, rest - first);
  c->in_length += rest;
  wait_for_room(s, true);
  return NULL;
}

void input_writable(struct stream *s) {
  struct command *c = &s->command;
  while (c->in_length) {
    uint32_t first = INITIAL_WINDOW - c->in_head < c->in_length ? INITIAL_WINDOW - c->in_head : c->in_length;
    struct iovec parts[2] = {{c->in_buffer + c->in_head, first}, {c->in_buffer, c->in_length - first}};
    uint32_t n = give(s, parts, c->in_length > first ? 2 : 1);
    if (n == 0) return;
    c->in_head = (c->in_head + n) % INITIAL_WINDOW;
    c->in_length -= n;
    consumed(s, n);
  }
  wait_for_room(s, false);
  if (c->ended[0]) close_input(s);
}

const char *input_end(struct stream *s) {
  struct command *c = &s->command;
  if (!c->input) return "END for a command without stdin";
  if (c->ended[0]) return "END after END";
  c->ended[0] = true;
  if (c->in_length == 0) close_input(s);
  return NULL;
}

void input_release(struct stream *s) {
  struct command *c = &s->command;
  if (c->in_buffer) munmap(c->in_buffer, INITIAL_WINDOW);
  c->in_buffer = NULL;
  c->in_length = c->in_head = c->in_consumed = 0;
}
