/**
 * What an agent does, whatever protocol it comes by: a {@link io.ironclaw.tool.ToolCall} goes
 * through the interceptors of a {@link io.ironclaw.tool.Session} into its sandbox. Cancellation and
 * the bound on calls in flight are here, too. Adapters parse calls and tell results; they add no
 * meaning. May use {@code api}.
 */
@NullMarked
package io.ironclaw.tool;

import org.jspecify.annotations.NullMarked;
