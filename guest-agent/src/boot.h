// What PID 1 does between the kernel and the first frame: file systems, modules, root switch, port.
#ifndef IRONCLAW_BOOT_H
#define IRONCLAW_BOOT_H

// Brings the machine up and returns the channel's descriptor (non-blocking, opened once and kept).
// Any failure is fatal: one line on the console, power off.
int boot(void);

// The tmpfs under the overlay, for the scratch limit of RENEW; -1 when the initramfs is the root.
extern int scratch_fd;

// At most two fifths of the memory: a full scratch must be ENOSPC before it is an out-of-memory kill.
unsigned scratch_limit(unsigned mib);

void load_modules(void);                                       // modules.c
void switch_root(const char *device, const char *type, unsigned scratch_mib);  // rootfs.c
int find_port(int uevents);                                    // port_device.c
int open_uevents(void);

#endif
