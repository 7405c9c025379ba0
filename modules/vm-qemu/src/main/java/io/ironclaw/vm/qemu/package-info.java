/**
 * The QEMU driver behind the hypervisor port: command lines, QMP, templates by migration. May use
 * {@code vm}, {@code guest}, {@code image} and {@code host}; nothing outside this package knows
 * QMP.
 */
@NullMarked
package io.ironclaw.vm.qemu;

import org.jspecify.annotations.NullMarked;
