#include "vsock.h"

#include "agent.h"

struct header { u64 src_cid, dst_cid; u32 src_port, dst_port, len; u16 type, op; u32 flags, buf_alloc, fwd_cnt; } __attribute__((packed));
enum { OP_REQUEST = 1, OP_RESPONSE, OP_RST, OP_SHUTDOWN, OP_RW, OP_CREDIT_UPDATE, OP_CREDIT_REQUEST };
enum { RX, TX, EVENTS };
#define HOST_CID 2
#define PACKET 4096
#define WINDOW 65536u
#define CONNECTIONS 8

static struct device device;
static struct queue rx, tx, events;
static struct { struct header h; u8 data[PACKET]; } __attribute__((packed)) in[QUEUE], out;
static u8 event[QUEUE][8];
static u64 cid;
static struct connection connections[CONNECTIONS];
static u32 pending;  // bytes in out.data that are not sent yet

static void transmit(u32 host_port, u32 guest_port, u16 op, u32 n, u32 received) {
  out.h = (struct header){cid, HOST_CID, guest_port, host_port, n, 1, op, 0, WINDOW, received};
  virtio_send(&device, TX, &tx, &out, sizeof out.h + n);
}

static void send_op(struct connection *c, u16 op) {
  c->told = c->received;
  transmit(c->host_port, c->guest_port, op, 0, c->received);
}

static void drop(struct connection *c) {
  send_op(c, OP_RST);
  c->used = 0;
}

static void flush(struct connection *c) {
  u32 n = pending;
  pending = 0;
  if (!n || !c->used) return;
  if (c->peer_alloc - (c->sent - c->peer_fwd) < n) {
    print("guest: out of credit\r\n");
    drop(c);
    return;
  }
  c->sent += n;
  c->told = c->received;
  transmit(c->host_port, c->guest_port, OP_RW, n, c->received);
}

void put(struct connection *c, const void *bytes, u32 n) {
  while (n) {
    u32 part = PACKET - pending < n ? PACKET - pending : n;
    memcpy(out.data + pending, bytes, part);
    pending += part;
    bytes = (const u8 *)bytes + part;
    n -= part;
    if (pending == PACKET) flush(c);
  }
}

static void accept(struct connection *c, const struct header *h) {
  u32 p = h->dst_port;
  if (!c || (p != AGENT_PORT && p != ECHO_PORT && p != DISCARD_PORT)) {
    transmit(h->src_port, p, OP_RST, 0, 0);
    return;
  }
  memset(c, 0, sizeof *c - sizeof c->frame);
  c->used = 1;
  c->host_port = h->src_port;
  c->guest_port = p;
  send_op(c, OP_RESPONSE);
}

static void packet(const struct header *h, const u8 *data) {
  struct connection *c = 0, *spare = 0;
  for (int i = 0; i < CONNECTIONS; i++)
    if (!connections[i].used) spare = &connections[i];
    else if (connections[i].host_port == h->src_port && connections[i].guest_port == h->dst_port) c = &connections[i];
  if (h->op == OP_REQUEST) {
    // A clone of Firecracker 1.12 gives the same port numbers again.
    accept(c ? c : spare, h);
    c = c ? c : spare;
    if (c) {
      c->peer_alloc = h->buf_alloc;
      c->peer_fwd = h->fwd_cnt;
    }
    return;
  }
  if (!c) {
    if (h->op != OP_RST) transmit(h->src_port, h->dst_port, OP_RST, 0, 0);
    return;
  }
  c->peer_alloc = h->buf_alloc;
  c->peer_fwd = h->fwd_cnt;
  switch (h->op) {
    case OP_RW:
      c->received += h->len;
      if (c->guest_port == AGENT_PORT) agent_feed(c, data, h->len);
      else if (c->guest_port == ECHO_PORT) put(c, data, h->len);
      flush(c);
      if (c->used && c->received - c->told > WINDOW / 2) send_op(c, OP_CREDIT_UPDATE);
      break;
    case OP_SHUTDOWN: drop(c); break;
    case OP_RST: c->used = 0; break;
    case OP_CREDIT_REQUEST: send_op(c, OP_CREDIT_UPDATE); break;
    default: break;
  }
}

int vsock_setup(const u8 *zero_page) {
  if (!virtio_find(zero_page, VIRTIO_VSOCK, &device)) return 0;
  interrupts_of(device.pin);
  virtio_begin(&device);
  virtio_queue(&device, RX, &rx);
  virtio_queue(&device, TX, &tx);
  virtio_queue(&device, EVENTS, &events);
  cid = virtio_config(&device, 0);
  for (u16 i = 0; i < QUEUE; i++) {
    rx.d[i].addr = (u64)&in[i];
    rx.d[i].len = sizeof in[i];
    events.d[i].addr = (u64)event[i];
    events.d[i].len = sizeof event[i];
    rx.d[i].flags = events.d[i].flags = 2;  // the device writes them
  }
  virtio_ready(&device);
  for (u16 i = 0; i < QUEUE; i++) {
    virtio_give(&device, RX, &rx, i);
    virtio_give(&device, EVENTS, &events, i);
  }
  print("guest: ready, cid ");
  print_hex(cid);
  print("\r\n");
  return 1;
}

void vsock_serve(void) {
  for (;;) {
    while (!virtio_has(&rx) && !virtio_has(&events)) sleep_until_interrupt();
    if (virtio_has(&events)) {  // the transport was reset by a snapshot: no connection is left; before any packet
      virtio_give(&device, EVENTS, &events, virtio_next(&events));
      for (int i = 0; i < CONNECTIONS; i++) connections[i].used = 0;
      print("guest: transport reset\r\n");
      continue;
    }
    u16 buffer = virtio_next(&rx);
    packet(&in[buffer].h, in[buffer].data);
    virtio_give(&device, RX, &rx, buffer);
  }
}
