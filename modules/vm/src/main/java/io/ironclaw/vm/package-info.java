/**
 * What a VM is: its id, its checked configuration, its life cycle, templates, and the hypervisor
 * port that drivers implement. May use {@code host}, {@code image} and {@code guest}; knows no
 * driver.
 */
@NullMarked
package io.ironclaw.vm;

import org.jspecify.annotations.NullMarked;
