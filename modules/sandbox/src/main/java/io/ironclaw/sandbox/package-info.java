/**
 * IronClaw on this host: wires images, hypervisor, templates and machines together behind the
 * public API. May use every room below it; alone knows the drivers.
 */
@NullMarked
package io.ironclaw.sandbox;

import org.jspecify.annotations.NullMarked;
