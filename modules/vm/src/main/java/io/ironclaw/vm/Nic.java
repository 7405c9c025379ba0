package io.ironclaw.vm;

import java.nio.file.Path;

/**
 * The network device of a machine: a tap that was made for it.
 *
 * @param namespace a file that names the network namespace that the tap is in
 * @param tap its name there
 * @param mac what the guest has as its hardware address
 */
public record Nic(Path namespace, String tap, String mac) {}
