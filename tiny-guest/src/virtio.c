#include "virtio.h"

#define MAGIC 0x74726976

static u32 get(struct device *device, u32 at) { return *(volatile u32 *)(device->mmio + at); }
static void set(struct device *device, u32 at, u32 value) { *(volatile u32 *)(device->mmio + at) = value; }

static const char *after(const char *text, const char *key) {
  while (*key)
    if (*text++ != *key++) return 0;
  return text;
}

int virtio_find(const u8 *zero_page, u32 kind, struct device *found) {
  const char *s = (const char *)(u64) * (const u32 *)(zero_page + 0x228);
  for (; *s; s++) {
    const char *rest = after(s, "virtio_mmio.device=4K@0x");
    if (!rest) continue;
    u64 at = 0;
    u32 pin = 0;
    for (;; rest++) {
      if (*rest >= '0' && *rest <= '9') at = at * 16 + (u64)(*rest - '0');
      else if (*rest >= 'a' && *rest <= 'f') at = at * 16 + (u64)(*rest - 'a' + 10);
      else break;
    }
    if (*rest != ':' || at >> 30 != 3) continue;
    while (*++rest >= '0' && *rest <= '9') pin = pin * 10 + (u32)(*rest - '0');
    map(at);
    *found = (struct device){(volatile u8 *)at, pin};
    if (get(found, 0) == MAGIC && get(found, 8) == kind) return 1;
  }
  return 0;
}

void virtio_begin(struct device *device) {
  set(device, 0x70, 0);
  set(device, 0x70, 1);
  set(device, 0x70, 3);
  set(device, 0x24, 0);
  set(device, 0x20, 0);
  set(device, 0x24, 1);
  set(device, 0x20, 1);
  set(device, 0x70, 11);
}

void virtio_queue(struct device *device, u32 number, struct queue *queue) {
  u64 parts[3] = {(u64)queue->d, (u64)&queue->a, (u64)&queue->u};
  set(device, 0x30, number);
  set(device, 0x38, QUEUE);
  for (u32 i = 0; i < 3; i++) {
    set(device, 0x80 + 16 * i, (u32)parts[i]);
    set(device, 0x84 + 16 * i, (u32)(parts[i] >> 32));
  }
  set(device, 0x44, 1);
}

void virtio_ready(struct device *device) { set(device, 0x70, 15); }
void virtio_notify(struct device *device, u32 queue) { set(device, 0x50, queue); }
u32 virtio_config(struct device *device, u32 at) { return get(device, 0x100 + at); }

void virtio_send(struct device *device, u32 number, struct queue *queue, const void *bytes, u32 n) {
  queue->d[0].addr = (u64)bytes;
  queue->d[0].len = n;
  queue->d[0].flags = 0;
  virtio_give(device, number, queue, 0);
  while (!virtio_has(queue)) __asm__ volatile("pause");
  queue->seen++;
}

int virtio_has(const struct queue *queue) { return *(volatile const u16 *)&queue->u.idx != queue->seen; }
u16 virtio_next(struct queue *queue) { return (u16)queue->u.ring[queue->seen++ % QUEUE].id; }

void virtio_give(struct device *device, u32 number, struct queue *queue, u16 buffer) {
  queue->a.ring[queue->a.idx % QUEUE] = buffer;
  fence();
  queue->a.idx++;
  fence();
  virtio_notify(device, number);
}
