// RENEW: a clone gets its own entropy, clock and name before anything else may run in it.
#ifndef IRONCLAW_RENEW_H
#define IRONCLAW_RENEW_H

#include <stdbool.h>

#include "frame.h"

void renew_init(void);
// Answers RENEWED, or ERROR on stream 0 when a step failed. True when it was done.
bool renew(const struct renew *r);

#endif
