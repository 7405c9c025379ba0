// Listeners in the guest, and the streams that the guest opens: one for each connection to them.
#ifndef IRONCLAW_SOCKET_H
#define IRONCLAW_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

void socket_listen(uint32_t id, uint16_t port);  // LISTEN: STARTED with the port, or ERROR
void socket_accept(struct stream *s);            // somebody connects: OPEN

void socket_event(struct stream *s, uint32_t events);
void socket_resume(struct stream *s);  // credit or room came back
// Each returns NULL or the name of the rule that the frame breaks.
const char *socket_data(struct stream *s, const uint8_t *bytes, uint32_t length);
const char *socket_end(struct stream *s);

void socket_fail(struct stream *s, int error, const char *what);  // ends it with ERROR
void socket_abandon(struct stream *s);                            // HELLO: close, say nothing
void socket_reset(void);                                          // HELLO: numbers begin anew

#endif
