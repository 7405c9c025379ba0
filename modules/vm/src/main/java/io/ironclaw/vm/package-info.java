/**
 * Machines: their folders, the sources that they come from, templates with their recipe, and the
 * hypervisor port that drivers implement. Retries, deadlines and warm-up are here, so that every
 * driver has the same. May use {@code guest}, {@code image} and {@code jail}; knows no driver.
 */
@NullMarked
package io.ironclaw.vm;

import org.jspecify.annotations.NullMarked;
