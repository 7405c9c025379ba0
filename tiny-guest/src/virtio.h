// virtio over MMIO (virtio 1.2, 4.2), split queues, no features but VERSION_1.
#ifndef VIRTIO_H
#define VIRTIO_H

#include "machine.h"

#define QUEUE 16
#define VIRTIO_NET 1
#define VIRTIO_VSOCK 19

struct queue {
  struct { u64 addr; u32 len; u16 flags, next; } d[QUEUE] __attribute__((aligned(16)));
  struct { u16 flags, idx, ring[QUEUE], event; } a __attribute__((aligned(4)));
  struct { u16 flags, idx; struct { u32 id, len; } ring[QUEUE]; u16 event; } u __attribute__((aligned(4)));
  u16 seen;
} __attribute__((aligned(64)));

struct device { volatile u8 *mmio; u32 pin; };

// Looks for one of a kind among "virtio_mmio.device=4K@0xADDRESS:PIN" of the kernel command line.
int virtio_find(const u8 *zero_page, u32 kind, struct device *found);

void virtio_begin(struct device *device);
void virtio_queue(struct device *device, u32 number, struct queue *queue);
void virtio_ready(struct device *device);
void virtio_notify(struct device *device, u32 queue);
u32 virtio_config(struct device *device, u32 at);

// Sends one buffer and waits until the device has taken it.
void virtio_send(struct device *device, u32 number, struct queue *queue, const void *bytes, u32 n);
// Whether the device has used a buffer of the queue that was not looked at.
int virtio_has(const struct queue *queue);
// The next used buffer, and what gives it back.
u16 virtio_next(struct queue *queue);
void virtio_give(struct device *device, u32 number, struct queue *queue, u16 buffer);

#endif
