// Standard input of a command: frames in, a pipe or pty out, credit back as the command reads.
#ifndef IRONCLAW_INPUT_H
#define IRONCLAW_INPUT_H

#include "stream.h"

// Each returns NULL or the name of the rule that the frame breaks. `error`: the command can't go on.
const char *input_data(struct stream *s, const uint8_t *bytes, uint32_t length, int *error);
const char *input_end(struct stream *s);
void input_writable(struct stream *s);
void input_release(struct stream *s);

#endif
