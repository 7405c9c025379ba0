// File requests. Reads and listings are pumped a piece at a time, as credit and the queue allow.
#ifndef IRONCLAW_FILES_H
#define IRONCLAW_FILES_H

#include "frame.h"
#include "stream.h"

void file_read_start(uint32_t id, const struct file_request *r);
void file_write_start(uint32_t id, const struct file_request *r);
void file_list_start(uint32_t id, const struct file_request *r);

// One piece; true when it could go on at once, false when it waits for credit or room or has ended.
bool file_read_pump(struct stream *s);
bool file_list_pump(struct stream *s);

const char *file_write_data(struct stream *s, const uint8_t *bytes, uint32_t length);
void file_write_end(struct stream *s);

void file_abandon(struct stream *s);  // closes, removes a temporary file, says nothing
void file_fail(struct stream *s, int error, const char *what);  // ERROR, then the same

void file_result(struct stream *s, uint64_t size);  // RESULT and the end

#endif
