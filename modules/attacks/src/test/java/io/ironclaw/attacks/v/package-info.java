/** Attacks on the machine and the hypervisor's process. */
@NullMarked
package io.ironclaw.attacks.v;

import org.jspecify.annotations.NullMarked;
