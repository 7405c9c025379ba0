/**
 * The command line: one class for each command, and what they share. May use {@code api}, {@code
 * mcp}, {@code sandbox} to start one, {@code host} for signals, picocli and JLine; nothing depends
 * on it.
 *
 * <p>{@code exec} is on the way of every tool call that a script makes, so its start-up counts: it
 * loads neither JLine nor JSON nor MCP classes, and no command but itself.
 */
@NullMarked
package io.ironclaw.cli;

import org.jspecify.annotations.NullMarked;
