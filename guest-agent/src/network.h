// The network device: set up with what the host says, and tried with frames that it gives.
#ifndef IRONCLAW_NETWORK_H
#define IRONCLAW_NETWORK_H

#include "frame.h"

void network_set_up(const struct network_request *request);
void network_probe(const struct probe_request *request);

#endif
