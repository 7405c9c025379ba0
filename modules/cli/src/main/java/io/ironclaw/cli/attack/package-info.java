/**
 * Attacks on this host's own VMs, for real: by the root of a guest, and by whoever else uses the
 * host. Each says what it tried and what came of it. A new attack is one more in {@link
 * io.ironclaw.cli.attack.InsideAttacks} or {@link io.ironclaw.cli.attack.AroundAttacks}. May use
 * {@code api} and the settings of {@code sandbox}; knows no command line.
 */
@NullMarked
package io.ironclaw.cli.attack;

import org.jspecify.annotations.NullMarked;
