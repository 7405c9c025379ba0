/**
 * The Firecracker driver behind the hypervisor port: its API, the machine behind it, its vsock
 * channel, templates by snapshots. May use {@code vm}, {@code guest}, {@code image}, {@code jail}
 * and {@code host}; nothing outside this package knows Firecracker's API.
 */
@NullMarked
package io.ironclaw.vm.firecracker;

import org.jspecify.annotations.NullMarked;
