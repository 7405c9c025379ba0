package io.ironclaw.guest;

import java.time.Duration;

/**
 * The guest's confirmation that it is renewed.
 *
 * @param clockError guest's clock less the host's, read when the answer came
 * @param randomSample 16 bytes of the guest's generator after the reseed, in hex
 * @param agentVersion the agent's version, for messages
 */
public record Renewed(
    Duration clockError, String randomSample, String hostname, String agentVersion) {}
