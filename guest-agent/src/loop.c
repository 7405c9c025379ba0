#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "cgroup.h"
#include "dispatch.h"
#include "events.h"
#include "exec.h"
#include "input.h"
#include "files.h"
#include "filter.h"
#include "out.h"
#include "socket.h"
#include "stream.h"
#include "sys.h"

// STARTED waits this long for the frames of a command that ends at once, to leave in one write.
#define LINGER_NS 3000000u

static int port, listener, children;
static int turn;         // of two hosts, one after the other, the later one's events
static bool port_full;   // EPOLLOUT is asked for
static bool paused;      // the output queue is crowded: no more requests
static bool memory_full; // the commands have met their limit lately
static bool hung_up;     // no host: the port is edge triggered, or its hang-up would wake us for ever
static uint8_t input[2 * (MAX_PAYLOAD + FRAME_HEADER)];
static uint32_t input_length;

static void watch_port(void) {
  if (port >= 0) rewatch(port, (paused ? 0 : EPOLLIN) | (port_full ? EPOLLOUT : 0) | (hung_up ? EPOLLET : 0), turn, FROM_PORT);
}

static void flush(void) {
  bool full = !out_flush();
  if (full == port_full) return;
  port_full = full;
  watch_port();
}

static void take_frames(void) {
  uint32_t at = 0;
  while (input_length - at >= FRAME_HEADER && !out_crowded()) {
    struct frame f;
    const char *wrong = decode_header(input + at, &f);
    if (wrong) violation(wrong);
    if (input_length - at < FRAME_HEADER + f.length) break;
    dispatch(&f, input + at + FRAME_HEADER);
    at += FRAME_HEADER + f.length;
  }
  input_length -= at;
  if (at && input_length) memmove(input, input + at, input_length);
}

static void host_gone(void) {
  if (!is_pid1 && listener < 0) {
    for_each_stream(s) {
      abandon(s);
    }
    _exit(0);
  }
  input_length = 0;  // half a frame of a host that is gone
  if (listener >= 0) {
    // The next one connects anew.
    unwatch(port);
    close(port);
    port = -1;
    port_full = false;
    out_reset(port);
    return;
  }
  out_reset(port);
  if (hung_up) return;
  hung_up = true;
  watch_port();
}

static void read_port(uint32_t events) {
  if (paused) {
    if (events & EPOLLHUP) host_gone();
    return;
  }
  ssize_t n = read(port, input + input_length, sizeof input - input_length);
  if (n > 0) {
    if (hung_up) {
      hung_up = false;
      watch_port();
    }
    // The driver gives a page at a time.
    do {
      input_length += (uint32_t)n;
    } while (input_length < sizeof input && (n = read(port, input + input_length, sizeof input - input_length)) > 0);
    take_frames();
  } else if (n == 0 || (events & (EPOLLHUP | EPOLLERR))) {
    host_gone();
  } else if (errno != EAGAIN && errno != EINTR) {
    if (!is_pid1 && listener < 0) die("read from the channel", errno);
    host_gone();
  } else if (hung_up) {
    hung_up = false;
    watch_port();
  }
}

static void take_host(void) {
  int fd = accept_host(listener);
  if (fd < 0) return;
  // Of a snapshot there may be one left that nobody hung up on.
  if (port >= 0) host_gone();
  port = fd;
  turn = !turn;
  out_reset(port);
  if (watch(port, paused ? 0 : EPOLLIN, turn, FROM_PORT) != 0) die("watch the host", errno);
}

static void reap(void) {
  struct signalfd_siginfo info;
  (void)!read(children, &info, sizeof info);
  struct rusage usage;
  int status;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) exec_exited(pid, status, &usage);
}

static void handle(const struct epoll_event *e) {
  int source = (int)(e->data.u32 & 0xff);
  // Of a filter it is the index of its listener, of which there are more.
  struct stream *s = source == FROM_FILTER ? NULL : &streams[e->data.u32 >> 8];
  switch (source) {
    case FROM_PORT:
      if (port >= 0 && (int)(e->data.u32 >> 8) == turn && e->events & ~(uint32_t)EPOLLOUT) read_port(e->events);
      break;
    case FROM_HOST:
      take_host();
      break;
    case FROM_CHILD:
      reap();
      break;
    case FROM_MEMORY:
      memory_full = true;
      break;
    case FROM_FILTER:
      filter_event((int)(e->data.u32 >> 8));
      break;
    case FROM_LISTENER:
      if (s->kind == STREAM_LISTEN) socket_accept(s);
      break;
    case FROM_SOCKET:
      if (s->kind == STREAM_SOCKET) socket_event(s, e->events);
      break;
    case TO_INPUT:
      if (s->kind == STREAM_EXEC) input_writable(s);
      break;
    default:
      if (s->kind != STREAM_EXEC) break;  // closed earlier in this round
      if (e->events & EPOLLOUT) input_writable(s);
      if (e->events & ~(uint32_t)EPOLLOUT) exec_readable(s, source);
  }
}

// One piece for every file stream that can go on; true when one could go on again.
static bool pump_files(void) {
  bool more = false;
  for_each_stream(s) {
    if (s->kind == STREAM_READ) more |= file_read_pump(s);
    else if (s->kind == STREAM_LIST) more |= file_list_pump(s);
  }
  return more;
}

// -1: for ever; else how long until the next time limit or the end of STARTED's wait, in ns.
static int64_t patience(bool busy) {
  if (busy) return 0;
  bool linger = out_pending() && !port_full;
  uint64_t next = 0, now = 0;
  if (open_streams || memory_full) now = monotonic_ns();
  if (open_streams) next = exec_deadlines(now);
  if (memory_full) {
    uint64_t look = cgroup_watch_memory(now);
    memory_full = look != 0;
    if (look && (!next || now + look < next)) next = now + look;
  }
  if (linger && (!next || next - now > LINGER_NS)) return LINGER_NS;
  return next ? (int64_t)(next - now) : -1;
}

void loop(int channel, int accepts) {
  port = channel;
  listener = accepts;
  out_reset(port);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigaddset(&blocked, SIGPIPE);  // blocked, not ignored: the commands' mask is cleared in one call
  sigprocmask(SIG_SETMASK, &blocked, NULL);
  sigdelset(&blocked, SIGPIPE);
  children = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children < 0 || watch(children, EPOLLIN, 0, FROM_CHILD) != 0) die("signalfd", errno);
  if (port >= 0 && watch(port, EPOLLIN, 0, FROM_PORT) != 0) die("watch the channel", errno);
  if (listener >= 0 && watch(listener, EPOLLIN, 0, FROM_HOST) != 0) die("watch for the host", errno);
  int memory = cgroup_memory_events();
  if (memory >= 0 && watch(memory, EPOLLPRI, 0, FROM_MEMORY) != 0) die("watch the memory", errno);
  for (;;) {
    bool busy = open_streams ? pump_files() : false;
    if (out_urgent() && !port_full) flush();
    while (out_starved()) {
      for_each_stream(s) {
        if (s->kind == STREAM_EXEC) exec_resume(s);
        else if (s->kind == STREAM_SOCKET) socket_resume(s);
      }
      if (out_urgent() && !port_full) flush();
    }
    if (paused != out_crowded()) {
      paused = !paused;
      if (!paused) take_frames();
      watch_port();
    }
    exec_prepare();
    int64_t wait = patience(busy);
    struct epoll_event events[MAX_EVENTS];
    int late;
    int n = events_wait(events, wait, &late);
    if (late && out_pending() && !port_full) flush();
    for (int i = 0; i < n; i++) {
      if ((events[i].data.u32 & 0xff) == FROM_PORT && (events[i].events & EPOLLOUT)) flush();
      handle(&events[i]);
    }
  }
}
