// LIST_FILES: an entry at a time through a staging buffer, so that one may be split between frames.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "out.h"

#define STAGING 65536u
#define MAX_ENTRY (1 + 4 + 8 + 8 + 4 + 256 + 4 + 4096)

struct listing {
  uint8_t staged[STAGING];
  _Alignas(struct dirent64) char block[8192];
  long block_at, block_length;
};

static char kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return 'd';
    case S_IFLNK:
      return 'l';
    case S_IFCHR:
      return 'c';
    case S_IFBLK:
      return 'b';
    case S_IFIFO:
      return 'p';
    case S_IFSOCK:
      return 's';
    default:
      return '-';
  }
}

void file_list_start(uint32_t id, const struct file_request *r) {
  struct stream *s = stream_open(id, STREAM_LIST);
  if (!s) {
    out_error(id, EMFILE, "64 streams are open");
    return;
  }
  struct file_job *f = &s->file;
  struct stat st;
  f->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (f->dir < 0 || fstat(f->dir, &st) != 0) {
    file_fail(s, errno, NULL);
    return;
  }
  f->path = malloc(sizeof(struct listing));
  if (!f->path) {
    file_fail(s, ENOMEM, NULL);
    return;
  }
  struct listing *l = (struct listing *)(void *)f->path;
  l->block_at = l->block_length = 0;
  f->entries = r->entries;
  f->mode = st.st_mode;
  f->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

static void stage(struct stream *s, struct listing *l, const char *name) {
  struct file_job *f = &s->file;
  if (f->entries == 0) {
    f->total++;  // only counted: as fast as the folder can be read
    return;
  }
  struct stat st;
  if (fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return;  // removed meanwhile
  f->total++;
  f->entries--;
  char target[4096];
  ssize_t length = 0;
  if (S_ISLNK(st.st_mode)) length = readlinkat(f->dir, name, target, sizeof target);
  if (length < 0) length = 0;
  uint8_t *at = l->staged + f->staged, *start = at;
  at = put_u8(at, (uint8_t)kind_of(st.st_mode));
  at = put_u32(at, st.st_mode & 07777);
  at = put_u64(at, (uint64_t)st.st_size);
  at = put_u64(at, (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec);
  at = put_str(at, name, (uint32_t)strnlen(name, 255));
  at = put_str(at, target, (uint32_t)length);
  f->staged += (uint32_t)(at - start);
}

static bool fill(struct stream *s, struct listing *l) {
  struct file_job *f = &s->file;
  while (!f->finished && f->staged + MAX_ENTRY <= STAGING) {
    if (l->block_at == l->block_length) {
      l->block_at = 0;
      l->block_length = getdents64(f->dir, l->block, sizeof l->block);
      if (l->block_length < 0) return false;
      if (l->block_length == 0) {
        f->finished = true;
        break;
      }
    }
    struct dirent64 *entry = (struct dirent64 *)(l->block + l->block_at);
    l->block_at += entry->d_reclen;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    stage(s, l, entry->d_name);
    if (f->entries == 0 && l->block_at == l->block_length) break;  // counting only: a block at a time
  }
  return true;
}

bool file_list_pump(struct stream *s) {
  struct file_job *f = &s->file;
  struct listing *l = (struct listing *)(void *)f->path;
  if (f->sent == f->staged) {
    f->sent = f->staged = 0;
    if (!fill(s, l)) {
      file_fail(s, errno, NULL);
      return false;
    }
  }
  if (f->sent == f->staged) {
    if (!f->finished) return true;
    out_empty(s->id, END, CHANNEL_OUT);
    file_result(s, f->total);
    return false;
  }
  uint32_t n = f->staged - f->sent;
  if (n > out_room()) n = out_room();
  if (n > s->credit[1]) n = s->credit[1];
  if (n == 0) return false;
  memcpy(out_begin(n), l->staged + f->sent, n);
  out_commit(n, s->id, DATA, CHANNEL_OUT);
  s->credit[1] -= n;
  f->sent += n;
  return true;
}
