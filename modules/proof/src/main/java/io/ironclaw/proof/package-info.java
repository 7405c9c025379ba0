/**
 * What isolates a machine: controls, each of which reads the effect of a claim or some back; the
 * judgement between renewal and hand-out, and again on demand; the document that is made of it, and
 * its reader. A new item is an entry of {@link io.ironclaw.api.ProofItem} and a control in {@link
 * io.ironclaw.proof.Proof}'s list. May use {@code image}, {@code vm}, {@code jail} and {@code
 * guest}.
 */
@NullMarked
package io.ironclaw.proof;

import org.jspecify.annotations.NullMarked;
