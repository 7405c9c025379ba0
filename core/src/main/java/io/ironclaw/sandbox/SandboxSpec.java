package io.ironclaw.sandbox;

import io.ironclaw.image.ImageRef;
import io.ironclaw.vm.VmConfig;
import io.ironclaw.vm.VmId;

/** What to open a sandbox from. */
public record SandboxSpec(VmId id, ImageRef image, VmConfig config) {}
