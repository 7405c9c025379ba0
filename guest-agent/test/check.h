// The smallest test kit: one line per broken expectation, exit status 1 when there was one.
#ifndef IRONCLAW_CHECK_H
#define IRONCLAW_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks, broken;

#define CHECK(condition)                                                        \
  do {                                                                          \
    checks++;                                                                   \
    if (!(condition)) {                                                         \
      broken++;                                                                 \
      fprintf(stderr, "%s:%d: %s: not %s\n", __FILE__, __LINE__, __func__, #condition); \
    }                                                                           \
  } while (0)

static inline int report(const char *name) {
  printf("%s: %d checks, %d broken\n", name, checks, broken);
  return broken ? 1 : 0;
}

#endif
