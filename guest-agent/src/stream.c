#include "stream.h"

#include <stddef.h>

struct stream streams[MAX_STREAMS];
uint64_t open_streams;

void streams_init(void) {
  for (int i = 0; i < MAX_STREAMS; i++) {
    streams[i].file.fd = streams[i].file.dir = streams[i].link.fd = -1;
  }
}

struct stream *stream_find(uint32_t id) {
  for_each_stream(s) {
    if (s->id == id) return s;
  }
  return NULL;
}

struct stream *stream_open(uint32_t id, enum stream_kind kind) {
  if (open_streams == UINT64_MAX) return NULL;
  int i = __builtin_ctzll(~open_streams);
  struct stream *s = &streams[i];
  open_streams |= 1ull << i;
  s->id = id;
  s->kind = kind;
  s->credit[0] = s->credit[1] = s->credit[2] = INITIAL_WINDOW;
  return s;
}

void stream_close(struct stream *s) {
  s->kind = STREAM_FREE;
  open_streams &= ~(1ull << (s - streams));
}

bool stream_give(struct stream *s, int channel, uint32_t bytes) {
  if (bytes == 0 || bytes > MAX_CREDIT - s->credit[channel]) return false;
  s->credit[channel] += bytes;
  return true;
}
