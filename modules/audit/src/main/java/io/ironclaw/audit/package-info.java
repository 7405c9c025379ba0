/**
 * What has happened, kept: entries of events, in memory for whoever watches and in a log for
 * whoever looks later. Everything is bounded, and what a bound has cost is counted. May use {@code
 * api} and {@code host}.
 *
 * <p>The way of an event: {@link io.ironclaw.audit.Entries} makes entries of it, {@link
 * io.ironclaw.audit.Folding} takes floods together, {@link io.ironclaw.audit.Ring} holds the
 * newest, {@link io.ironclaw.audit.LogWriter} has them written to the {@link
 * io.ironclaw.audit.Log}: a chain of hashes ({@link io.ironclaw.audit.Line}) in files ({@link
 * io.ironclaw.audit.Segments}), signed ({@link io.ironclaw.audit.Checkpoint}) by a {@link
 * io.ironclaw.audit.SigningKey}. {@link io.ironclaw.audit.Verifier} says whether it is whole,
 * {@link io.ironclaw.audit.AuditReader} shows it. docs/audit.md has the format.
 */
@NullMarked
package io.ironclaw.audit;

import org.jspecify.annotations.NullMarked;
