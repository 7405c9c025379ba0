/**
 * What the other rooms need of the host: private folders, named locks, stamps and manifests of
 * files, bounded logs, bounded runs of programs. May use {@code api}.
 */
@NullMarked
package io.ironclaw.host;

import org.jspecify.annotations.NullMarked;
