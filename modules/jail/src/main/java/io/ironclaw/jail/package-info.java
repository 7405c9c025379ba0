/**
 * How a hypervisor's process is started and confined; nothing starts one any other way. May use
 * {@code host} and {@code api}.
 */
@NullMarked
package io.ironclaw.jail;

import org.jspecify.annotations.NullMarked;
