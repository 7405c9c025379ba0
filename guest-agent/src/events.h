// The one epoll set. Events carry (index of the stream << 8 | what).
#ifndef IRONCLAW_EVENTS_H
#define IRONCLAW_EVENTS_H

#include <stdint.h>
#include <sys/epoll.h>

enum event_source {
  FROM_PORT = 0,
  FROM_OUT = 1,
  FROM_ERR = 2,
  FROM_CHILD = 3,
  TO_INPUT = 4,
  FROM_MEMORY = 5,
  FROM_LISTENER = 6,
  FROM_SOCKET = 7,
  FROM_FILTER = 8,
  FROM_HOST = 9,
};

#define MAX_EVENTS 32

void events_init(void);

// 0 or -1 and errno. `events` 0 keeps the descriptor in the set without interest (a hang-up still wakes).
int watch(int fd, uint32_t events, int index, enum event_source source);
int rewatch(int fd, uint32_t events, int index, enum event_source source);
void unwatch(int fd);

// Waits; -1 ns: for ever. How many of MAX_EVENTS came; 0 also when it was interrupted, with `late` unset.
int events_wait(struct epoll_event *events, int64_t ns, int *late);

#endif
