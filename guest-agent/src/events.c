#include "events.h"

#include <errno.h>
#include <time.h>

#include "sys.h"

static int set;

void events_init(void) {
  set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) die("epoll", errno);
}

static int control(int operation, int fd, uint32_t events, int index, enum event_source source) {
  struct epoll_event event = {.events = events, .data.u32 = (uint32_t)index << 8 | source};
  return epoll_ctl(set, operation, fd, &event);
}

int watch(int fd, uint32_t events, int index, enum event_source source) {
  return control(EPOLL_CTL_ADD, fd, events, index, source);
}

int rewatch(int fd, uint32_t events, int index, enum event_source source) {
  return control(EPOLL_CTL_MOD, fd, events, index, source);
}

void unwatch(int fd) { control(EPOLL_CTL_DEL, fd, 0, 0, FROM_PORT); }

int events_wait(struct epoll_event *events, int64_t ns, int *late) {
  struct timespec time = {ns / 1000000000, ns % 1000000000};
  int n = epoll_pwait2(set, events, MAX_EVENTS, ns < 0 ? NULL : &time, NULL);
  if (n < 0 && errno != EINTR) die("epoll", errno);
  *late = n == 0;
  return n < 0 ? 0 : n;
}
