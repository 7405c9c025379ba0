// Preloaded into QEMU before 8.2, for the memory of a clone.
//
// That memory is a file of the template's, mapped privately: what the guest writes goes to pages
// of its own. For such a mapping a file that was opened for reading is enough (mmap(2)), and
// QEMU from 8.2 on opens it so, told to ("readonly=on,rom=off"). Older ones open it for writing all
// the same (backends/hostmem-file.c, softmmu/physmem.c: file_ram_open), so they could not be given
// a file that nobody may write to. This opens it as it is used.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The name that the memory is granted by; a template in the making has another.
static const char MEMORY[] = "memory";

static int open_as_used(const char *path, int flags, int mode) {
  if (strcmp(path, MEMORY) == 0 && (flags & O_ACCMODE) == O_RDWR) {
    flags = (flags & ~O_ACCMODE) | O_RDONLY;
  }
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define FORWARD(name)                              \
  int name(const char *path, int flags, ...);      \
  int name(const char *path, int flags, ...) {     \
    va_list more;                                  \
    va_start(more, flags);                         \
    int mode = va_arg(more, int);                  \
    va_end(more);                                  \
    return open_as_used(path, flags, mode);        \
  }

FORWARD(open)
FORWARD(open64)

// What the C library's headers make of open where a program was built with checks.
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) { return open_as_used(path, flags, 0); }
int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags) { return open_as_used(path, flags, 0); }
