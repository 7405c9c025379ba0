// The root of the commands: a read-only image below, a tmpfs above, and the initramfs emptied.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "boot.h"
#include "protocol.h"
#include "sys.h"

static int scratch = -1;  // the tmpfs under the overlay
static unsigned scratch_now;
static int lower = -1, disk = -1;  // the mounted image and its device

static void make_dir(const char *path) {
  if (mkdir(path, 0755) != 0 && errno != EEXIST) die(path, errno);
}

static void move_mount_to(const char *from, const char *to) {
  make_dir(to);
  if (mount(from, to, NULL, MS_MOVE, NULL) != 0) die(to, errno);
}

// Frees the memory of the initramfs. Only names that the image builder puts there.
static void empty_initramfs(void) {
  unlink("/init");
  int dir = open("/modules", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return;
  _Alignas(struct dirent64) char list[8192];
  ssize_t n;
  while ((n = getdents64(dir, list, sizeof list)) > 0) {
    int removed = 0;
    for (ssize_t at = 0; at < n;) {
      struct dirent64 *entry = (struct dirent64 *)(list + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != '.' && unlinkat(dir, entry->d_name, 0) == 0) removed++;
    }
    if (!removed) break;
    lseek(dir, 0, SEEK_SET);
  }
  close(dir);
  rmdir("/modules");
}

// A full scratch must be ENOSPC before it is an out-of-memory kill, and leave room for programs.
static unsigned at_most(unsigned mib) {
  struct sysinfo info;
  if (sysinfo(&info) != 0) return mib;
  uint64_t most = (uint64_t)info.totalram * info.mem_unit * 9 / 20 >> 20;
  return mib > most ? (unsigned)most : mib;
}

bool limit_scratch(unsigned mib) {
  unsigned wanted = at_most(mib);
  if (wanted != mib) {  // what is said is what is given, or nothing
    errno = ERANGE;
    return false;
  }
  // A remount takes 10 ms of an emulated guest's time, and most clones keep what the template has.
  if (scratch < 0 || wanted == scratch_now) return true;
  char path[64], size[32];
  put_number(put_text(path, "/proc/self/fd/"), (uint64_t)scratch);
  put_text(put_number(put_text(size, "size="), wanted), "m");
  if (mount(NULL, path, NULL, MS_REMOUNT | MS_NOATIME | MS_NODEV, size) != 0) return false;
  scratch_now = wanted;
  return true;
}

void switch_root(const char *device, const char *type, unsigned scratch_mib) {
  char text[64];
  scratch_now = at_most(scratch_mib);
  make_dir("/lower");
  make_dir("/scratch");
  make_dir("/newroot");
  if (mount(device, "/lower", type, MS_RDONLY | MS_NOATIME | MS_NODEV, NULL) != 0) die("mount the root image", errno);
  lower = open("/lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  disk = open(device, O_RDONLY | O_CLOEXEC);
  char *at = put_text(text, "mode=0755,size=");
  at = put_number(at, scratch_now);
  put_text(at, "m");
  if (mount("tmpfs", "/scratch", "tmpfs", MS_NOATIME | MS_NODEV, text) != 0) die("mount the scratch tmpfs", errno);
  make_dir("/scratch/upper");
  make_dir("/scratch/work");
  scratch = open("/scratch", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (mount("overlay", "/newroot", "overlay", MS_NOATIME | MS_NODEV,
            "lowerdir=/lower,upperdir=/scratch/upper,workdir=/scratch/work") != 0) {
    die("mount the overlay", errno);
  }
  move_mount_to("/dev", "/newroot/dev");
  move_mount_to("/proc", "/newroot/proc");
  move_mount_to("/sys", "/newroot/sys");
  empty_initramfs();
  if (chdir("/newroot") != 0) die("enter the new root", errno);
  if (mount(".", "/", NULL, MS_MOVE, NULL) != 0) die("move the new root", errno);
  if (chroot(".") != 0 || chdir("/") != 0) die("chroot", errno);
  make_dir("/tmp");
  chmod("/tmp", 01777);
}

int root_access(void) {
  if (scratch < 0) return ROOT_NONE;
  int read_only = 0;
  struct statvfs mounted;
  bool proven = disk >= 0 && ioctl(disk, BLKROGET, &read_only) == 0 && read_only && lower >= 0 &&
                fstatvfs(lower, &mounted) == 0 && mounted.f_flag & ST_RDONLY;
  return proven ? ROOT_READ_ONLY : ROOT_WRITABLE;
}

bool write_etc(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  size_t n = strlen(text);
  bool written = write(fd, text, n) == (ssize_t)n;
  close(fd);
  return written;
}

bool name_host(const char *name) {
  char text[512];
  char *at = put_text(put_text(text, "127.0.0.1 localhost "), name);
  put_text(at, "\n::1 localhost ip6-localhost ip6-loopback\n");
  bool hosts = write_etc("/etc/hosts", text);
  put_text(put_text(text, name), "\n");
  return write_etc("/etc/hostname", text) && hosts;
}
