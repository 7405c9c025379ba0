// The other way to the host: it connects to a port of the guest's (vsock(7)).
#include <errno.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot.h"
#include "protocol.h"
#include "sys.h"

#define BACKLOG 4

int vsock_listen(void) {
  struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VSOCK_PORT};
  int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
    die("listen on vsock", errno);
  }
  return fd;
}

int accept_host(int listener) {
  union {
    struct sockaddr any;
    struct sockaddr_vm vsock;
  } peer = {.any.sa_family = AF_UNSPEC};
  socklen_t size = sizeof peer;
  int fd = accept4(listener, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return -1;
  // No program in the guest takes the host's place.
  if (peer.any.sa_family == AF_VSOCK && peer.vsock.svm_cid != VMADDR_CID_HOST) {
    close(fd);
    return -1;
  }
  return fd;
}
