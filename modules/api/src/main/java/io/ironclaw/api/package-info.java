/**
 * What programs and adapters use of IronClaw: open sandboxes, run commands in them, move files; the
 * specifications, outcomes, events and errors of that. Its signatures name only types of this
 * package and of the JDK. Uses nothing of the other rooms; to change it is to change every caller.
 */
@NullMarked
package io.ironclaw.api;

import org.jspecify.annotations.NullMarked;
