#include "files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"

void file_abandon(struct stream *s) {
  struct file_job *f = &s->file;
  if (f->temporary && f->dir >= 0) unlinkat(f->dir, f->temporary, 0);
  if (f->fd >= 0) close(f->fd);
  if (f->dir >= 0) close(f->dir);
  free(f->path);
  free(f->temporary);
  *f = (struct file_job){.fd = -1, .dir = -1};
  stream_close(s);
}

void file_fail(struct stream *s, int error, const char *what) {
  out_error(s->id, error, what);
  file_abandon(s);
}

void file_result(struct stream *s, uint64_t size) {
  uint8_t *at = out_begin(20);
  at = put_u64(at, size);
  at = put_u32(at, s->file.mode & 07777);
  put_u64(at, s->file.mtime_ns);
  out_commit(20, s->id, RESULT, 0);
  file_abandon(s);
}
