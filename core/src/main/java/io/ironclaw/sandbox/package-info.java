/**
 * The public API: open a sandbox from a spec, run commands, move files, close. Wires the parts
 * together; may use every package of this module. Nothing below may use it.
 */
@NullMarked
package io.ironclaw.sandbox;

import org.jspecify.annotations.NullMarked;
