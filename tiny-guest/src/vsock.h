// The vsock device (virtio 1.2, 5.10): connections of the host to ports of ours.
#ifndef VSOCK_H
#define VSOCK_H

#include "virtio.h"

#define AGENT_PORT 1024
#define ECHO_PORT 7
#define DISCARD_PORT 9

#define FRAME_MOST 16384
struct connection {
  u32 used, host_port, guest_port, peer_alloc, peer_fwd, sent, received, told;
  u32 have, skip;  // bytes of the frame that is being read; bytes of one too large that are still to be dropped
  u64 written;
  u32 write_stream, cat_stream;
  u8 frame[FRAME_MOST + 12];
};

int vsock_setup(const u8 *zero_page);
void vsock_serve(void) __attribute__((noreturn));
// Sends, in packets, what is put; the last when the input that it answers is done.
void put(struct connection *c, const void *bytes, u32 n);

#endif
