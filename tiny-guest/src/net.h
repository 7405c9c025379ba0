// The network device (virtio 1.2, 5.1), as far as to send frames: nothing is received.
#ifndef NET_H
#define NET_H

#include "virtio.h"

// False where the machine has none.
int net_setup(const u8 *zero_page);
int net_is_there(void);
// At most 1,514 bytes; false if they are more.
int net_send(const u8 *bytes, u32 n);

#endif
