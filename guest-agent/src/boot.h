// What PID 1 does between the kernel and the first frame: file systems, modules, root switch, port.
#ifndef IRONCLAW_BOOT_H
#define IRONCLAW_BOOT_H

#include <stdbool.h>

// Brings the machine up and sets the channel's descriptor (non-blocking, opened once and kept), or the one that
// the host's connections are accepted on.
// Any failure is fatal: one line on the console, power off.
void boot(int *port, int *listener);

// Sets how much the commands may write to the root file system; false: errno says why it can't be.
bool limit_scratch(unsigned mib);

// Whether the commands' root is on a device that the kernel lets nobody write: ROOT_ of protocol.h.
int root_access(void);

// Makes the VM's own name resolve; false where there is no /etc that can be written.
bool name_host(const char *name);

// Replaces a file of the image's /etc; false where it can't be written.
bool write_etc(const char *path, const char *text);

void load_modules(const char *folder);                                           // modules.c
void switch_root(const char *device, const char *type, unsigned scratch_mib);  // rootfs.c
int find_port(int uevents);                                    // port_device.c
int open_uevents(void);
int vsock_listen(void);         // vsock.c
int accept_host(int listener);  // its connection, or -1

#endif
