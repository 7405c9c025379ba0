// READ_FILE: straight from the file into the queue.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "out.h"

void file_read_start(uint32_t id, const struct file_request *r) {
  struct stream *s = stream_open(id, STREAM_READ);
  if (!s) {
    out_error(id, EMFILE, "64 streams are open");
    return;
  }
  struct file_job *f = &s->file;
  // Non-blocking: a FIFO or device must not hold the agent before its type is known.
  f->fd = open(r->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;
  if (f->fd < 0 || fstat(f->fd, &st) != 0) {
    file_fail(s, errno, NULL);
    return;
  }
  if (!S_ISREG(st.st_mode)) {
    file_fail(s, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, NULL);
    return;
  }
  f->at = r->offset;
  f->most = r->most ? r->most : UINT64_MAX;
  f->size = (uint64_t)st.st_size;
  f->mode = st.st_mode;
  f->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

bool file_read_pump(struct stream *s) {
  struct file_job *f = &s->file;
  uint32_t most = out_room();
  if (most > MAX_PAYLOAD) most = MAX_PAYLOAD;
  if (most > s->credit[1]) most = s->credit[1];
  if (most > f->most) most = (uint32_t)f->most;
  if (most == 0 && f->most != 0) return false;
  ssize_t n = most ? pread(f->fd, out_begin(most), most, (off_t)f->at) : 0;
  if (n < 0) {
    file_fail(s, errno, NULL);
    return false;
  }
  if (n == 0) {
    out_empty(s->id, END, CHANNEL_OUT);
    file_result(s, f->size);
    return false;
  }
  out_commit((uint32_t)n, s->id, DATA, CHANNEL_OUT);
  s->credit[1] -= (uint32_t)n;
  f->at += (uint64_t)n;
  f->most -= (uint64_t)n;
  return true;
}
