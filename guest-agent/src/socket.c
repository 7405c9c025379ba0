#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"
#include "frame.h"
#include "out.h"

#define BACKLOG 16
#define GIVE_BACK (INITIAL_WINDOW / 2)
// What waits for the peer is paid for out of one window; twice that, so that it is seldom moved.
#define BUFFER (2 * INITIAL_WINDOW)

static uint32_t opened;  // streams since the last HELLO

static int index_of(const struct stream *s) { return (int)(s - streams); }

void socket_reset(void) { opened = 0; }

void socket_abandon(struct stream *s) {
  struct link *l = &s->link;
  if (l->buffer) munmap(l->buffer, BUFFER);
  if (l->fd >= 0) close(l->fd);
  *l = (struct link){.fd = -1};
  stream_close(s);
}

void socket_fail(struct stream *s, int error, const char *what) {
  out_error(s->id, error, what);
  socket_abandon(s);
}

void socket_listen(uint32_t id, uint16_t port) {
  struct stream *s = stream_open(id, STREAM_LISTEN);
  if (!s) {
    out_error(id, EMFILE, "64 streams are open");
    return;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int yes = 1;
  s->link = (struct link){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (s->link.fd < 0 || setsockopt(s->link.fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(s->link.fd, (struct sockaddr *)&address, size) != 0 || listen(s->link.fd, BACKLOG) != 0 ||
      getsockname(s->link.fd, (struct sockaddr *)&address, &size) != 0 ||
      watch(s->link.fd, EPOLLIN, index_of(s), FROM_LISTENER) != 0) {
    socket_fail(s, errno, "listen");
    return;
  }
  out_u32(id, STARTED, 0, ntohs(address.sin_port));
}

static int guest_streams(void) {
  int count = 0;
  for_each_stream(s) count += s->kind == STREAM_SOCKET;
  return count;
}

// Waits for `events` and nothing else; for nothing at all, as a hang-up would wake us for ever.
static void await(struct stream *s, uint32_t events) {
  struct link *l = &s->link;
  if (events == l->awaited) return;
  if (!events) {
    unwatch(l->fd);
  } else if (!l->awaited) {
    watch(l->fd, events, index_of(s), FROM_SOCKET);
  } else {
    rewatch(l->fd, events, index_of(s), FROM_SOCKET);
  }
  l->awaited = events;
}

static void await_what_can_be(struct stream *s) {
  struct link *l = &s->link;
  bool readable = !l->ended_out && s->credit[CHANNEL_OUT] && out_room();
  await(s, (readable ? EPOLLIN : 0u) | (l->length ? EPOLLOUT : 0u));
}

void socket_accept(struct stream *listener) {
  int fd = accept4(listener->link.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;  // it has gone again, or there is no descriptor: the peer waits or is told
  struct stream *s = guest_streams() < MAX_GUEST_STREAMS ? stream_open(GUEST_STREAM | ++opened, STREAM_SOCKET) : NULL;
  if (!s) {
    close(fd);
    return;
  }
  s->link = (struct link){.fd = fd};
  out_u32(s->id, OPEN, 0, listener->id);
  await_what_can_be(s);
}

// Both sides have said all: nothing more is sent on this stream, by anybody.
static void close_if_ended(struct stream *s) {
  if (s->link.ended_in && !s->link.length && s->link.ended_out) socket_abandon(s);
}

static void consumed(struct stream *s, uint32_t bytes) {
  struct link *l = &s->link;
  l->consumed += bytes;
  if (l->consumed < GIVE_BACK || l->ended_in) return;
  s->credit[CHANNEL_IN] += l->consumed;
  out_u32(s->id, CREDIT, CHANNEL_IN, l->consumed);
  l->consumed = 0;
}

// How much of it the peer took; all of it when the peer takes nothing any more.
static uint32_t give(struct link *l, const uint8_t *bytes, uint32_t length) {
  if (l->deaf) return length;
  ssize_t n = send(l->fd, bytes, length, MSG_NOSIGNAL);
  if (n >= 0) return (uint32_t)n;
  if (errno == EAGAIN || errno == EINTR) return 0;
  l->deaf = true;
  return length;
}

static void end_output(struct link *l) {
  if (!l->deaf) shutdown(l->fd, SHUT_WR);
}

static void drain(struct stream *s) {
  struct link *l = &s->link;
  uint32_t n = give(l, l->buffer + l->head, l->length);
  l->head += n;
  l->length -= n;
  if (!l->length) l->head = 0;
  consumed(s, n);
  if (!l->length && l->ended_in) end_output(l);
}

static void fill(struct stream *s) {
  struct link *l = &s->link;
  uint32_t most = out_room();
  if (most > MAX_PAYLOAD) most = MAX_PAYLOAD;
  if (most > s->credit[CHANNEL_OUT]) most = s->credit[CHANNEL_OUT];
  if (!most) return;
  ssize_t n = recv(l->fd, out_begin(most), most, 0);
  if (n > 0) {
    out_commit((uint32_t)n, s->id, DATA, CHANNEL_OUT);
    s->credit[CHANNEL_OUT] -= (uint32_t)n;
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    l->ended_out = true;
    out_empty(s->id, END, CHANNEL_OUT);
  }
}

void socket_event(struct stream *s, uint32_t events) {
  if (s->link.length && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) drain(s);
  if (!s->link.ended_out && (events & (EPOLLIN | EPOLLERR | EPOLLHUP))) fill(s);
  await_what_can_be(s);
  close_if_ended(s);
}

void socket_resume(struct stream *s) { await_what_can_be(s); }

const char *socket_data(struct stream *s, const uint8_t *bytes, uint32_t length) {
  struct link *l = &s->link;
  if (l->ended_in) return "DATA after END";
  if (length > s->credit[CHANNEL_IN]) return "DATA beyond the credit";
  s->credit[CHANNEL_IN] -= length;
  uint32_t taken = l->length ? 0 : give(l, bytes, length);
  uint32_t rest = length - taken;
  if (rest && !l->buffer) {
    void *memory = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      socket_fail(s, ENOMEM, "socket");
      return NULL;
    }
    l->buffer = memory;
  }
  if (rest) {
    if (l->head + l->length + rest > BUFFER) {
      memmove(l->buffer, l->buffer + l->head, l->length);
      l->head = 0;
    }
    memcpy(l->buffer + l->head + l->length, bytes + taken, rest);
    l->length += rest;
  }
  consumed(s, taken);
  await_what_can_be(s);
  return NULL;
}

const char *socket_end(struct stream *s) {
  struct link *l = &s->link;
  if (l->ended_in) return "END after END";
  l->ended_in = true;
  if (!l->length) end_output(l);
  close_if_ended(s);
  return NULL;
}
