#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"
#include "protocol.h"
#include "sys.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// The child runs on its own stack in the agent's memory while the agent is suspended (CLONE_VM | CLONE_VFORK):
// it may only make system calls and write to `struct spawn` and the buffers here.
static _Alignas(16) char child_stack[32768];
static char candidate[MAX_PATH_BYTES + 256 + 2];

static int fail(struct spawn *s, const char *what) {
  s->error = errno;
  s->failed = what;
  return 127;
}

static int exec_in_path(struct spawn *s) {
  const char *name = s->argv[0], *path = DEFAULT_PATH;
  size_t length = strlen(name);
  for (char **e = s->envp; *e; e++) {
    if (strncmp(*e, "PATH=", 5) == 0) path = *e + 5;
  }
  int error = ENOENT;
  if (length == 0 || length > 255) {
    errno = length ? ENAMETOOLONG : ENOENT;
    return -1;
  }
  for (;;) {
    size_t n = strcspn(path, ":");
    if (n <= MAX_PATH_BYTES) {
      memcpy(candidate, path, n);
      if (n) candidate[n++] = '/';
      memcpy(candidate + n, name, length + 1);
      execve(candidate, s->argv, s->envp);
      if (errno == EACCES) {
        error = EACCES;
      } else if (errno != ENOENT && errno != ENOTDIR) {
        return -1;
      }
    }
    path += strcspn(path, ":");
    if (*path++ == 0) break;
  }
  errno = error;
  return -1;
}

// Without a folder that was asked for: the user's own, and where that is not to be had, the root.
static int enter(const struct spawn *s) {
  if (s->cwd[0]) return chdir(s->cwd);
  for (char **e = s->envp; *e; e++) {
    if (strncmp(*e, "HOME=", 5) == 0 && chdir(*e + 5) == 0) return 0;
  }
  return chdir("/");
}

static int child(void *argument) {
  struct spawn *s = argument;
  static const uint64_t none;
  if (setsid() < 0) return fail(s, "setsid");
  if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none) != 0) return fail(s, "sigprocmask");
  if (s->in != 0 && dup2(s->in, 0) < 0) return fail(s, "stdin");
  if (dup2(s->out, 1) < 0) return fail(s, "stdout");
  if (dup2(s->err, 2) < 0) return fail(s, "stderr");
  // In a view of the hierarchy that has its own group at the top: there is no way up.
  if (s->cgroup >= 0 && unshare(CLONE_NEWCGROUP) != 0) return fail(s, "cgroup namespace");
  if (s->terminal && ioctl(0, TIOCSCTTY, 0) != 0) return fail(s, "controlling terminal");
  if (s->uid || s->gid) {
    if (syscall(SYS_setgroups, 0, NULL) != 0) return fail(s, "setgroups");
    if (syscall(SYS_setresgid, s->gid, s->gid, s->gid) != 0) return fail(s, "setgid");
    if (syscall(SYS_setresuid, s->uid, s->uid, s->uid) != 0) return fail(s, "setuid");
  }
  if (enter(s) != 0) {
    s->folder = true;
    return fail(s, s->cwd);
  }
  // Last: what stands above makes calls that a filter may refuse, and nobody would answer them yet.
  if (s->filter && filter_enter(s->filter) != 0) return fail(s, "seccomp filter");
  if (is_pid1) {
    // After the listener, whose number may be above it.
    static const struct rlimit files = {1024, 524288};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) return fail(s, "open files");
  }
  if (strchr(s->argv[0], '/')) {
    execve(s->argv[0], s->argv, s->envp);
  } else {
    exec_in_path(s);
  }
  return fail(s, NULL);  // the host knows what it asked for
}

#ifdef __x86_64__
// clone3 with a stack of its own: only assembly may run between the call and the child's function.
static long clone3_call(struct clone_args *arguments, int (*function)(void *), void *argument) {
  long result;
  register int (*r8)(void *) __asm__("r8") = function;
  register void *r9 __asm__("r9") = argument;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r9, %%rdi\n\t"
      "call *%%r8\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(r8), "r"(r9), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory", "cc");
  return result;
}

static pid_t start(struct spawn *s) {
  struct clone_args arguments = {
      .flags = CLONE_VM | CLONE_VFORK | (s->cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
      .exit_signal = SIGCHLD,
      .stack = (uintptr_t)child_stack,
      .stack_size = sizeof child_stack,
      .cgroup = (unsigned)(s->cgroup >= 0 ? s->cgroup : 0),
  };
  long pid = clone3_call(&arguments, child, s);
  if (pid >= 0) return (pid_t)pid;
  errno = (int)-pid;
  return -1;
}
#else
static int child_into_cgroup(void *argument) {
  struct spawn *s = argument;
  if (s->cgroup >= 0 && write_text_at(s->cgroup, "cgroup.procs", "0") != 0) return fail(s, "cgroup");
  return child(s);
}

static pid_t start(struct spawn *s) {
  return clone(child_into_cgroup, child_stack + sizeof child_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, s);
}
#endif

pid_t spawn(struct spawn *s) {
  s->failed = NULL;
  s->error = 0;
  pid_t pid = start(s);
  if (pid < 0) {
    s->error = errno;
    s->failed = "clone";
  }
  return s->error ? -1 : pid;
}
