// Reads `name | hex` lines.
#ifndef IRONCLAW_VECTORS_H
#define IRONCLAW_VECTORS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vector {
  char name[32];
  uint8_t bytes[512];
  uint32_t length;
};

static struct vector vectors[64];
static int vector_count;

static void vectors_read(const char *path) {
  FILE *file = fopen(path, "r");
  char line[2048];
  if (!file) {
    perror(path);
    exit(2);
  }
  while (fgets(line, sizeof line, file)) {
    char *bar = strstr(line, " | ");
    if (line[0] == '#' || !bar) continue;
    struct vector *v = &vectors[vector_count++];
    snprintf(v->name, sizeof v->name, "%.*s", (int)(bar - line), line);
    v->length = 0;
    for (char *hex = bar + 3; hex[0] > ' ' && hex[1] > ' '; hex += 2) {
      unsigned byte;
      sscanf(hex, "%2x", &byte);
      v->bytes[v->length++] = (uint8_t)byte;
    }
  }
  fclose(file);
}

static struct vector *vector_named(const char *name) {
  for (int i = 0; i < vector_count; i++) {
    if (strcmp(vectors[i].name, name) == 0) return &vectors[i];
  }
  fprintf(stderr, "no test vector %s\n", name);
  exit(2);
}

#endif
