// The table of open streams: what each runs, and the credit of each channel.
#ifndef IRONCLAW_STREAM_H
#define IRONCLAW_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "protocol.h"

enum stream_kind { STREAM_FREE, STREAM_EXEC, STREAM_READ, STREAM_WRITE, STREAM_LIST, STREAM_LISTEN, STREAM_SOCKET };

// A running command. Output pipes are made ahead for a free stream, so they outlive `kind`.
struct command {
  pid_t pid;  // 0 once reaped
  int listener;  // of its filter; -1: none
  int cgroup;
  bool pty, killed, out_of_time;
  bool input, input_closed, input_watched;  // stdin is a channel; its reader is gone; waiting for room
  bool ended[3];    // END sent (1, 2) or received (0)
  bool bulk[3];     // the last read brought much (1, 2)
  bool watched[3];  // the descriptor is in epoll with interest
  uint32_t left[3];  // after the exit: bytes that were in the pipe then
  uint8_t *in_buffer;  // ring of INITIAL_WINDOW bytes, made when a pipe is full for the first time
  uint32_t in_head, in_length, in_consumed;
  uint64_t started_ns, ended_ns, deadline_ns;
  int status;
  struct rusage usage;
};

struct file_job {
  int fd, dir;
  uint64_t at, most, size;
  uint32_t entries;       // LIST: still to send
  uint64_t total;         // LIST: counted
  bool finished;          // nothing more to read
  uint32_t mode;
  uint64_t mtime_ns;
  uint32_t consumed;      // WRITE: credit to give back
  uint32_t staged, sent;  // LIST: bytes in the staging buffer
  char *path;             // WRITE: target; the temporary name is in `temporary`
  char *temporary;
};

// A listener, or a connection to one; `in` is to the peer, `out` from it.
struct link {
  int fd;
  uint32_t awaited;                 // events that wake us
  bool ended_in, ended_out, deaf;   // END was received, was sent; the peer takes nothing any more
  uint8_t *buffer;                  // made when the peer takes less than comes
  uint32_t head, length, consumed;
};

struct stream {
  uint32_t id;
  enum stream_kind kind;
  uint32_t credit[3];  // [0]: what the host may still send; [1], [2]: what we may
  struct command command;
  struct file_job file;
  struct link link;
};

extern struct stream streams[MAX_STREAMS];
extern uint64_t open_streams;  // bit i: streams[i] is open

void streams_init(void);
struct stream *stream_find(uint32_t id);          // NULL: not open
struct stream *stream_open(uint32_t id, enum stream_kind kind);  // NULL: too many
void stream_close(struct stream *s);
// False when the balance would pass its bound.
bool stream_give(struct stream *s, int channel, uint32_t bytes);

#define for_each_stream(s)                                                         \
  for (uint64_t left_ = open_streams; left_; left_ &= left_ - 1)                   \
    for (struct stream *s = &streams[__builtin_ctzll(left_)], *once_ = s; once_; once_ = NULL)

#endif
