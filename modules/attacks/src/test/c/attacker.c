// What a hypervisor that its guest has taken over would try. One attack for each run: it says how
// that went in one line, and its status is 0 if the attack worked. Static, so that it runs anywhere.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *argument;

static long number(void) { return strtol(argument, NULL, 10); }

static long read_file(void) {
  int fd = open(argument, O_RDONLY);
  char byte;
  return fd < 0 ? fd : read(fd, &byte, 1) == 1 ? 0 : -1;
}

static long write_file(void) {
  int fd = open(argument, O_WRONLY);
  return fd < 0 ? fd : write(fd, "attacked", 8) == 8 ? 0 : -1;
}

static long make_file(void) { return open(argument, O_CREAT | O_EXCL | O_WRONLY, 0600) < 0 ? -1 : 0; }

static long fill_file(void) {
  signal(SIGXFSZ, SIG_IGN);
  int fd = open(argument, O_WRONLY);
  static char block[1 << 20];
  for (int i = 0; fd >= 0 && i < 4; i++) {
    if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
      return -1;
    }
  }
  return fd < 0 ? -1 : 0;
}

static long connect_unix(const char *name, size_t length) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  memcpy(to.sun_path, name, length);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  return fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static long unix_socket(void) { return connect_unix(argument, strlen(argument) + 1); }

static long abstract_socket(void) {
  char name[100] = "";
  strncpy(name + 1, argument, sizeof name - 2);
  return connect_unix(name, strlen(argument) + 1);
}

static long loopback(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)number())};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return fd < 0 ? fd : connect(fd, (struct sockaddr *)&to, sizeof to);
}

static long any_inet_socket(void) { return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? -1 : 0; }
static long raw_socket(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 ? -1 : 0; }
static long packet_socket(void) { return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? -1 : 0; }
static long netlink_socket(void) { return socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? -1 : 0; }

static long attach(void) { return ptrace(PTRACE_SEIZE, (pid_t)number(), 0, 0); }
static long trace_me(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0); }
static long send_signal(void) { return kill((pid_t)number(), 0); }
static long pidfd(void) { return syscall(SYS_pidfd_open, getpid(), 0) < 0 ? -1 : 0; }

static long mount_here(void) {
  long done = mount("none", argument, "tmpfs", 0, "");
  if (done == 0) {
    umount2(argument, MNT_DETACH);
  }
  return done;
}

static long remount(void) { return mount("none", "/", "", MS_REMOUNT | MS_BIND, ""); }
static long new_user_namespace(void) { return unshare(CLONE_NEWUSER); }
static long new_mount_namespace(void) { return unshare(CLONE_NEWNS); }

static long clone_user_namespace(void) {
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    _exit(0);
  }
  return pid < 0 ? -1 : 0;
}

static long fork_once(void) {
  pid_t pid = fork();
  if (pid == 0) {
    _exit(0);
  }
  return pid < 0 ? -1 : 0;
}

static long load_bpf(void) {
  struct {
    unsigned type, key, value, entries;
    char rest[104];
  } map = {.type = 2, .key = 4, .value = 4, .entries = 1};
  return syscall(SYS_bpf, 0, &map, sizeof map) < 0 ? -1 : 0;
}

static long keys(void) { return syscall(SYS_keyctl, 0, -3, 1, 0, 0) < 0 ? -1 : 0; }

static long uring(void) {
  char parameters[120] = "";
  return syscall(SYS_io_uring_setup, 4, parameters) < 0 ? -1 : 0;
}

static long faults(void) { return syscall(SYS_userfaultfd, O_CLOEXEC | 1) < 0 ? -1 : 0; }

static long read_other_memory(void) {
  char here;
  struct iovec {
    void *base;
    size_t length;
  } to = {&here, 1}, from = {&here, 1};
  return syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0) < 0 ? -1 : 0;
}

static long other_personality(void) { return syscall(SYS_personality, 0x0040000) < 0 ? -1 : 0; }
static long load_module(void) { return syscall(SYS_finit_module, -1, "", 0) < 0 && errno == EPERM ? -1 : errno == EBADF ? 0 : -1; }
static long become_root(void) { return setresuid(0, 0, 0); }

static long raise_limit(void) {
  struct rlimit more = {4096, 4096};
  return setrlimit(RLIMIT_NOFILE, &more);
}

static long many_files(void) {
  for (int i = 0; i < 1000; i++) {
    if (open("/dev/null", O_RDONLY) < 0) {
      return -1;
    }
  }
  return 0;
}

static long run_shell(void) {
  char *const argv[] = {"sh", "-c", "exit 0", NULL};
  return execv("/bin/sh", argv);
}

static long host_name(void) {
  char name[100] = "";
  gethostname(name, sizeof name - 1);
  return strcmp(name, argument) == 0 ? 0 : -1;
}

static const struct {
  const char *name;
  long (*run)(void);
} attacks[] = {
    {"read-file", read_file}, {"write-file", write_file}, {"make-file", make_file}, {"fill-file", fill_file},
    {"unix-socket", unix_socket}, {"abstract-socket", abstract_socket}, {"loopback", loopback},
    {"inet-socket", any_inet_socket}, {"raw-socket", raw_socket}, {"packet-socket", packet_socket},
    {"netlink-socket", netlink_socket}, {"attach", attach}, {"trace-me", trace_me}, {"signal", send_signal},
    {"pidfd", pidfd}, {"mount", mount_here}, {"remount", remount}, {"user-namespace", new_user_namespace},
    {"mount-namespace", new_mount_namespace}, {"clone-user-namespace", clone_user_namespace},
    {"fork", fork_once}, {"bpf", load_bpf}, {"keys", keys}, {"io-uring", uring}, {"userfaultfd", faults},
    {"process-memory", read_other_memory}, {"personality", other_personality}, {"module", load_module},
    {"root", become_root}, {"limit", raise_limit}, {"files", many_files}, {"shell", run_shell},
    {"host-name", host_name},
};

int main(int argc, char **argv) {
  argument = argc > 2 ? argv[2] : "";
  for (size_t i = 0; argc > 1 && i < sizeof attacks / sizeof attacks[0]; i++) {
    if (strcmp(argv[1], attacks[i].name) == 0) {
      errno = 0;
      if (attacks[i].run() == 0) {
        dprintf(1, "worked\n");
        return 0;
      }
      dprintf(1, "refused: %s\n", strerror(errno));
      return 1;
    }
  }
  dprintf(1, "no such attack\n");
  return 2;
}
