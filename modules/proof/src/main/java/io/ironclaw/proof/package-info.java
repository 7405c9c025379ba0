/**
 * What isolates a machine: one {@link io.ironclaw.proof.Control} for each claim, which reads its
 * effect back, and the judgement between renewal and hand-out. A new item is a new control in
 * {@link io.ironclaw.proof.Proof}'s list. May use {@code vm}, {@code jail} and {@code guest}.
 */
@NullMarked
package io.ironclaw.proof;

import org.jspecify.annotations.NullMarked;
