// A Firecracker that isn't one, for a test: it listens where it is told to, answers ANSWERS requests with what
// ANSWER says, and then does what END says.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listening(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0) exit(3);
  return fd;
}

int main(int argc, char **argv) {
  const char *api = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--version") == 0) {
      puts("Firecracker v1.12.1");
      return 0;
    }
    if (strcmp(argv[i], "--api-sock") == 0) api = argv[i + 1];
  }
  puts("fake: up");
  fflush(stdout);
  listening("/run/vsock");
  int connection = accept(listening(api), NULL, NULL);
  char request[65536];
  for (int i = 0; i < ANSWERS && read(connection, request, sizeof request) > 0; i++) {
    if (write(connection, ANSWER, strlen(ANSWER)) < 0) return 4;
  }
  if (ANSWERS < 1000) (void)!read(connection, request, sizeof request);
  puts("fake: last words");
  fflush(stdout);
  END;
  for (;;) pause();
}
