/**
 * Looks at the host and says what works, what does not, why, and how to fix it. Changes nothing.
 * May use the settings and the hypervisor's probes of the core; knows no command line.
 */
@NullMarked
package io.ironclaw.cli.doctor;

import org.jspecify.annotations.NullMarked;
