/**
 * The network device of a machine that has one: a namespace of its own with a tap and a link to the
 * host; what the firewall of both lets pass, written in one transaction each, read back and tried
 * with packets; the resolver that answers allowed names alone; what was denied. Begin with {@link
 * io.ironclaw.network.Slot}. May use {@code vm}, {@code guest}, {@code jail} and {@code host};
 * nothing else of IronClaw calls nft or ip.
 */
@NullMarked
package io.ironclaw.network;

import org.jspecify.annotations.NullMarked;
