// Loads the files of a folder of the initramfs in the order of their names (the image builder numbers them).
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "boot.h"
#include "sys.h"

#define MAX_MODULES 64
#define MAX_NAME 64

static char names[MAX_MODULES][MAX_NAME];

void load_modules(const char *folder) {
  int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) {
    if (errno == ENOENT) return;  // a kernel with everything built in
    die(folder, errno);
  }
  int count = 0;
  _Alignas(struct dirent64) char block[4096];
  ssize_t n;
  while ((n = getdents64(dir, block, sizeof block)) > 0) {
    for (ssize_t at = 0; at < n;) {
      struct dirent64 *entry = (struct dirent64 *)(block + at);
      at += entry->d_reclen;
      size_t len = strlen(entry->d_name);
      if (entry->d_name[0] == '.') continue;
      if (len >= MAX_NAME || count == MAX_MODULES) die("too many or too long names of modules", 0);
      int i = count++;
      for (; i > 0 && strcmp(names[i - 1], entry->d_name) > 0; i--) {
        memcpy(names[i], names[i - 1], MAX_NAME);
      }
      memcpy(names[i], entry->d_name, len + 1);
    }
  }
  for (int i = 0; i < count; i++) {
    int fd = openat(dir, names[i], O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(names[i], errno);
    if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST) die(names[i], errno);
    close(fd);
  }
  close(dir);
}
