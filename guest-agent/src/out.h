// The queue of unsent frames. One static buffer; frames are built in place and leave in one write.
#ifndef IRONCLAW_OUT_H
#define IRONCLAW_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void out_init(void);
void out_reset(int fd);

// How many payload bytes of DATA fit now (0 when 256 KiB are unsent or pages are on their way); short frames always fit.
uint32_t out_room(void);

// Room for one payload of at most `most` bytes; out_commit makes the frame, or drops it unseen if never called.
uint8_t *out_begin(uint32_t most);
void out_commit(uint32_t length, uint32_t stream, uint8_t type, uint8_t channel);

// Moves what is in a pipe, at most `most` bytes and only when out_room has room, into a DATA frame without
// copying it. Returns how much; 0 or -1: nothing.
ssize_t out_move(int pipe, uint32_t most, uint32_t stream, uint8_t channel);

void out_empty(uint32_t stream, uint8_t type, uint8_t channel);
void out_u32(uint32_t stream, uint8_t type, uint8_t channel, uint32_t value);
void out_u64(uint32_t stream, uint8_t type, uint64_t value);
// ERROR: errno and `what: why`.
// `what` is NULL where the request has named it: the message is the reason alone.
void out_error(uint32_t stream, int error, const char *what);

// The host broke a rule: ERROR on stream 0, then the end of the connection, and of the VM.
_Noreturn void violation(const char *what);

// STARTED may wait a little for the frames that follow it; anything else makes the queue urgent.
bool out_urgent(void);
bool out_pending(void);
bool out_starved(void);  // once after a full queue has room again: paused commands may go on
bool out_crowded(void);  // so much is unsent that no more requests may be taken
// Writes what the port takes. False when some is left and the port is full.
bool out_flush(void);

#endif
