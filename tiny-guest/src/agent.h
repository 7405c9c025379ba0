// The guest protocol, as far as this guest has it.
#ifndef AGENT_H
#define AGENT_H

#include "vsock.h"

void agent_feed(struct connection *c, const u8 *bytes, u32 n);

#endif
