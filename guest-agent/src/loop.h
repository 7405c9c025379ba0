// The one epoll set. Events carry (index of the stream << 8 | what).
#ifndef IRONCLAW_LOOP_H
#define IRONCLAW_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum event_source { FROM_PORT = 0, FROM_OUT = 1, FROM_ERR = 2, FROM_CHILD = 3, TO_INPUT = 4, FROM_MEMORY = 5 };

// 0 or -1 and errno. `events` 0 keeps the descriptor in the set without interest (a hang-up still wakes).
int watch(int fd, uint32_t events, int index, enum event_source source);
int rewatch(int fd, uint32_t events, int index, enum event_source source);

void unwatch(int fd);

void loop_init(void);
_Noreturn void loop(int port);
// Ends the connection: ERROR on stream 0, then the VM.
_Noreturn void violation(const char *what);

#endif
