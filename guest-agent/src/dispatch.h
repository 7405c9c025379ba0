// One checked frame to the part that does it. The rules of the connection (HELLO, RENEW first) are here.
#ifndef IRONCLAW_DISPATCH_H
#define IRONCLAW_DISPATCH_H

#include "frame.h"

void dispatch(const struct frame *f, uint8_t *payload);

struct stream;
void abandon(struct stream *s);  // ends it, and says nothing

#endif
