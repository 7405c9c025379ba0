package io.ironclaw.cli.doctor;

import java.util.List;

/** One thing about the host. Looking at it changes nothing. */
@FunctionalInterface
interface Check {
  List<Finding> examine(HostView host) throws InterruptedException;
}
