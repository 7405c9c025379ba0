// WRITE_FILE: to a temporary name in the same folder, fsync, rename; append goes in place.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "out.h"
#include "sys.h"

#define GIVE_BACK (INITIAL_WINDOW / 2)

static int make_parents(char *path, uint32_t uid, uint32_t gid) {
  for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    int made = mkdir(path, 0755);
    int error = errno;
    if (made == 0 && (uid || gid) && chown(path, uid, gid) != 0) return -1;
    *slash = '/';
    if (made != 0 && error != EEXIST) {
      errno = error;
      return -1;
    }
  }
  return 0;
}

static int open_target(struct stream *s, const struct file_request *r) {
  struct file_job *f = &s->file;
  f->path = strdup(r->path);
  if (!f->path) return -1;
  if (f->path[strlen(f->path) - 1] == '/') {
    errno = EISDIR;
    return -1;
  }
  if ((r->flags & WRITE_PARENTS) && make_parents(f->path, r->uid, r->gid) != 0) return -1;
  if (r->flags & WRITE_APPEND) {
    f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->fd >= 0) {
      if ((r->uid || r->gid) && fchown(f->fd, r->uid, r->gid) != 0) return -1;
      return fchmod(f->fd, r->mode);
    }
    if (errno != EEXIST) return -1;
    f->fd = open(f->path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    if (f->fd < 0 || fstat(f->fd, &st) != 0) return -1;
    if (S_ISREG(st.st_mode)) return 0;
    errno = EINVAL;
    return -1;
  }
  char *name = strrchr(f->path, '/');
  *name = 0;
  f->dir = open(name == f->path ? "/" : f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  *name = '/';
  if (f->dir < 0) return -1;
  struct stat st;
  if (fstatat(f->dir, name + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return -1;
  }
  char temporary[64];
  put_number(put_text(put_number(put_text(temporary, ".ironclaw-"), s->id), "-"), monotonic_ns());
  f->fd = openat(f->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (f->fd < 0) return -1;
  f->temporary = strdup(temporary);
  if (!f->temporary) {
    unlinkat(f->dir, temporary, 0);
    return -1;
  }
  if ((r->uid || r->gid) && fchown(f->fd, r->uid, r->gid) != 0) return -1;
  return fchmod(f->fd, r->mode);
}

void file_write_start(uint32_t id, const struct file_request *r) {
  struct stream *s = stream_open(id, STREAM_WRITE);
  if (!s) {
    out_error(id, EMFILE, "64 streams are open");
    return;
  }
  if (open_target(s, r) != 0) file_fail(s, errno, NULL);
}

const char *file_write_data(struct stream *s, const uint8_t *bytes, uint32_t length) {
  struct file_job *f = &s->file;
  if (length > s->credit[0]) return "DATA beyond the credit";
  s->credit[0] -= length;
  for (uint32_t at = 0; at < length;) {
    ssize_t n = write(f->fd, bytes + at, length - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      file_fail(s, errno, NULL);
      return NULL;
    }
    at += (uint32_t)n;
  }
  f->total += length;
  f->consumed += length;
  if (f->consumed >= GIVE_BACK) {
    s->credit[0] += f->consumed;
    out_u32(s->id, CREDIT, CHANNEL_IN, f->consumed);
    f->consumed = 0;
  }
  return NULL;
}

void file_write_end(struct stream *s) {
  struct file_job *f = &s->file;
  struct stat st;
  if (fsync(f->fd) != 0) {
    file_fail(s, errno, "fsync");
    return;
  }
  if (f->temporary) {
    if (renameat(f->dir, f->temporary, f->dir, strrchr(f->path, '/') + 1) != 0) {
      file_fail(s, errno, NULL);
      return;
    }
    free(f->temporary);
    f->temporary = NULL;
  }
  if (fstat(f->fd, &st) != 0) {
    file_fail(s, errno, NULL);
    return;
  }
  f->mode = st.st_mode;
  f->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
  file_result(s, f->total);
}
