/** What tests in guests need of the jail's inside. */
@NullMarked
package io.ironclaw.jail;

import org.jspecify.annotations.NullMarked;
