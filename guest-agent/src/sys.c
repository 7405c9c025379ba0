#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int is_pid1;

char *put_text(char *at, const char *text) {
  size_t n = strlen(text);
  memcpy(at, text, n + 1);
  return at + n;
}

char *put_number(char *at, uint64_t value) {
  char digits[20];
  int n = 0;
  do {
    digits[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  while (n) *at++ = digits[--n];
  *at = 0;
  return at;
}

static size_t line(char *out, size_t size, const char *what, int error) {
  const char *why = error ? strerrordesc_np(error) : NULL;
  const char *parts[] = {"ironclaw-agent: ", what, why ? ": " : "", why ? why : ""};
  size_t n = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    size_t m = strlen(parts[i]);
    if (m > size - 1 - n) m = size - 1 - n;
    memcpy(out + n, parts[i], m);
    n += m;
  }
  out[n++] = '\n';
  return n;
}

void power_off(void) {
  if (!is_pid1) _exit(0);
  sync();
  reboot(RB_POWER_OFF);
  reboot(RB_AUTOBOOT);  // no power-off handler: with -no-reboot the hypervisor still ends
  for (;;) pause();
}

void die(const char *what, int error) {
  char text[512];
  size_t n = line(text, sizeof text, what, error);
  int fd = is_pid1 ? open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC) : 2;
  if (fd >= 0 && write(fd, text, n) < 0 && is_pid1) fd = -1;  // nowhere left to say it
  if (!is_pid1) _exit(1);
  power_off();
}

void note(const char *what) {
  char text[512];
  size_t n = line(text, sizeof text, what, 0);
  int fd = is_pid1 ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC) : 2;
  if (fd < 0) return;
  if (write(fd, text, n) < 0) n = 0;
  if (is_pid1) close(fd);
}

int write_text_at(int dir, const char *path, const char *text) {
  int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return n < 0 ? -1 : 0;
}

int write_text(const char *path, const char *text) { return write_text_at(AT_FDCWD, path, text); }

long read_text(const char *path, char *buffer, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = read(fd, buffer, size - 1);
  int error = errno;
  close(fd);
  errno = error;
  if (n < 0) return -1;
  if (n > 0 && buffer[n - 1] == '\n') n--;
  buffer[n] = 0;
  return n;
}

void set_clock(uint64_t wall_ns, uint64_t slack_ns) {
  struct timespec now;
  if (!is_pid1 || clock_gettime(CLOCK_REALTIME, &now) != 0) return;
  uint64_t is = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  if ((is > wall_ns ? is - wall_ns : wall_ns - is) <= slack_ns) return;
  now.tv_sec = (time_t)(wall_ns / 1000000000u);
  now.tv_nsec = (long)(wall_ns % 1000000000u);
  if (clock_settime(CLOCK_REALTIME, &now) != 0) note("the clock can't be set");
}

uint64_t monotonic_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
