/**
 * Looks at the host and says what works, what does not, why, and how to fix it. Changes nothing.
 * May use {@code api} and the settings of {@code sandbox}; knows no command line.
 */
@NullMarked
package io.ironclaw.cli.doctor;

import org.jspecify.annotations.NullMarked;
