// jail-init PROGRAM ARGUMENT...: starts a program in pid, ipc, uts, cgroup and network namespaces of its own and
// ends as it ends, with 128 and the signal if one killed it. All of it dies with whoever started this: the first
// process of the pid namespace asks for that, as a program that becomes another user loses what it has asked for
// (prctl(2), PR_SET_PDEATHSIG), and the kernel ends a pid namespace with its first process.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "jail-init: %s: %s\n", what, strerror(errno));
  exit(1);
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
  must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
  // Whoever should outlive us may have died before that: then nobody writes to the pipe any more.
  struct pollfd look = {.fd = alive, .events = POLLIN};
  must(poll(&look, 1, 0) == 0, "whoever started it is gone");
  must(sethostname("hypervisor", strlen("hypervisor")) == 0, "sethostname");
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    close(alive);
    execv(program[0], program);
    must(0, program[0]);
  }
  return wait_for(child);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: jail-init PROGRAM ARGUMENT...\n");
    return 64;
  }
  int alive[2];
  must(pipe(alive) == 0, "pipe");
  must(unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET) == 0, "unshare");
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    close(alive[1]);
    return first(alive[0], argv + 1);
  }
  close(alive[0]);
  return wait_for(child);
}
