// The commands' own system call filters: programs from the host, and the listeners that count what they refuse.
#ifndef IRONCLAW_FILTER_H
#define IRONCLAW_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/filter.h>

#include "protocol.h"

// Tries one: a child that is refused a call. What works shows in filter_features.
void filter_init(void);
uint32_t filter_features(void);

// Keeps the program of a number, 1 to MAX_FILTERS.
void filter_set(uint8_t number, const uint8_t *program, uint16_t instructions);
const struct sock_fprog *filter_get(uint8_t number);  // NULL: not set

// In the child, last before the program starts: no way to new rights, the filter, its listener sent to the
// agent. 0, or -1 and errno. From here on the child makes only calls that each policy allows.
int filter_enter(const struct sock_fprog *filter);

// What a command under a filter was refused.
struct refused {
  uint16_t count;
  bool more;  // than is counted: survivors, or more than MAX_REFUSED kinds of calls
  struct {
    uint32_t call;
    uint64_t times;
  } calls[MAX_REFUSED];
};

// The listener that a child has just sent, watched; -1: none came, or there are too many.
int filter_listen(void);
void filter_event(int listener);
const struct refused *filter_refused(int listener);
// Its command has ended; what is left of it is answered as long as it lives. -1: nothing.
void filter_release(int listener);

#endif
