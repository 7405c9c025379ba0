// jail-init PARENT FILES CORE FILE_SIZE DATA GROUPS GROUP... PROGRAM ARGUMENT...: starts a program within these limits
// (getrlimit(2), in the units of the shell's ulimit -n -c -f -d), in these control groups (files to write 0 to), in a
// session of its own, and in pid, ipc, uts, cgroup and network namespaces of its own. Ends as it ends, with 128 and
// the signal if one killed it. All of it dies with PARENT, which starts this: the first process of the pid namespace
// asks for that too, as a program that becomes another user loses what it has asked for (prctl(2),
// PR_SET_PDEATHSIG), and the kernel ends a pid namespace with its first process.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define USAGE 64
#define LIMITS 4

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "jail-init: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void die_with_parent(void) { must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl"); }

static void limit(int which, const char *count, unsigned long unit) {
  rlim_t bytes = strtoul(count, NULL, 10) * unit;
  struct rlimit both = {bytes, bytes};
  must(setrlimit(which, &both) == 0, "setrlimit");
}

static void join(const char *group) {
  int fd = open(group, O_WRONLY | O_CLOEXEC);
  must(fd >= 0 && write(fd, "0", 1) == 1, group);
  close(fd);
}

static int wait_for(pid_t wanted) {
  for (;;) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    must(pid >= 0 || errno == EINTR, "waitpid");
    if (pid == wanted) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

static int first(int alive, char **program) {
  die_with_parent();
  // Whoever should outlive us may have died before that: then nobody writes to the pipe any more.
  struct pollfd look = {.fd = alive, .events = POLLIN};
  must(poll(&look, 1, 0) == 0, "whoever started it is gone");
  must(sethostname("hypervisor", strlen("hypervisor")) == 0, "sethostname");
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    char *nothing[] = {NULL};
    close(alive);
    execve(program[0], program, nothing);
    must(0, program[0]);
  }
  return wait_for(child);
}

int main(int argc, char **argv) {
  int groups = argc > 2 + LIMITS ? atoi(argv[2 + LIMITS]) : -1;
  char **program = argv + 3 + LIMITS + groups;
  if (groups < 0 || argc < 4 + LIMITS + groups) {
    fprintf(stderr, "usage: jail-init PARENT FILES CORE FILE_SIZE DATA GROUPS GROUP... PROGRAM ARGUMENT...\n");
    return USAGE;
  }
  die_with_parent();
  must(getppid() == atoi(argv[1]), "whoever should have started it did not");
  must(setsid() >= 0, "setsid");
  limit(RLIMIT_NOFILE, argv[2], 1);
  limit(RLIMIT_CORE, argv[3], 512);
  limit(RLIMIT_FSIZE, argv[4], 512);
  limit(RLIMIT_DATA, argv[5], 1024);
  for (int i = 0; i < groups; i++) join(argv[3 + LIMITS + i]);
  int alive[2];
  must(pipe2(alive, O_CLOEXEC) == 0, "pipe");
  must(unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET) == 0, "unshare");
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    close(alive[1]);
    return first(alive[0], program);
  }
  close(alive[0]);
  return wait_for(child);
}
